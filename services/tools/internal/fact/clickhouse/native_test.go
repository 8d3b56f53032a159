package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
)

// Over ClickHouse's own protocol. The schema here keeps to what a server of 2018
// has: where no other one can be had, that one shows that connections, batches,
// cancelling and reconnecting work over it. The suites run over HTTP.

// native opens a store, without preparing it, on a server that is reached by way
// of a gate.
func native(t *testing.T) (*Store, *gate) {
	t.Helper()
	scheme, rest, _ := strings.Cut(testkit.ClickHouseNative(t), "://")
	host, path, _ := strings.Cut(rest, "/")
	g := newGate(t, host)
	s, err := Open(scheme+"://"+g.listener.Addr().String()+"/"+path, Patient())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, g
}

// gate passes connections on until they are cut.
type gate struct {
	listener net.Listener
	mu       sync.Mutex
	open     []net.Conn
}

func newGate(t *testing.T, to string) *gate {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l}
	t.Cleanup(func() { _ = l.Close(); g.cut() })
	go func() {
		for in, err := l.Accept(); err == nil; in, err = l.Accept() {
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			g.mu.Lock()
			g.open = append(g.open, in, out)
			g.mu.Unlock()
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
	return g
}

func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.open {
		_ = c.Close()
	}
	g.open = nil
}

func numbers(ctx context.Context, s *Store, statement string) ([]uint64, error) {
	return query(ctx, s.pool, func(r driver.Rows) (n uint64, err error) {
		err = r.Scan(&n)
		return n, err
	}, statement)
}

func TestNativeBatch(t *testing.T) {
	s, _ := native(t)
	table := testkit.Name()
	err := s.pool.exec(t.Context(), `CREATE TABLE `+table+` (k String, v String, at Int64, number UInt64, gone UInt8) ENGINE = ReplacingMergeTree(number) ORDER BY k`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.pool.exec(context.WithoutCancel(t.Context()), `DROP TABLE `+table) }()
	b := block{table: table, columns: []column{{"k", text}, {"v", text}, {"at", "Int64"}, {"number", "UInt64"}, {"gone", "UInt8"}}}
	for number := range 3 {
		b.rows = nil
		for n := range 1000 {
			b.rows = append(b.rows, []any{fmt.Sprintf("k%d\x00\xff", n), "it's", int64(-n), uint64(2 - number), uint8(0)})
		}
		err := tell(t.Context(), s.pool, func(ctx context.Context, c conn) error { return send(ctx, c, b) })
		if err != nil {
			t.Fatal(err)
		}
	}
	found, err := numbers(t.Context(), s, `SELECT number FROM `+table+` FINAL WHERE v = 'it\'s'`)
	if err != nil || len(found) != 1000 || found[0] != 2 || found[999] != 2 {
		t.Errorf("%d rows, %v", len(found), err)
	}
}

func TestNativePool(t *testing.T) {
	s, _ := native(t)
	var all sync.WaitGroup
	for range 24 {
		all.Go(func() {
			if n, err := numbers(t.Context(), s, `SELECT count() FROM (SELECT * FROM system.numbers LIMIT 1000)`); err != nil || n[0] != 1000 {
				t.Errorf("%v, %v", n, err)
			}
		})
	}
	all.Wait()
	if open := s.pool.conn.(interface{ Stats() driver.Stats }).Stats(); open.Open != 0 || open.Idle == 0 || open.Idle > connections {
		t.Errorf("%+v", open)
	}
}

func TestNativeCancel(t *testing.T) {
	s, _ := native(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := numbers(ctx, s, `SELECT count() FROM system.numbers WHERE number = 1`)
	var failed *connection.Error
	if took := time.Since(began); !errors.As(err, &failed) || failed.Class != connection.Timeout || took > 5*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("after a query that was cancelled: %v", err)
	}
}

// The server was started again, or a load balancer dropped what was idle.
func TestNativeReconnect(t *testing.T) {
	s, g := native(t)
	for range 5 {
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.cut()
	}
}

func TestReconnect(t *testing.T) {
	_, rest, _ := strings.Cut(testkit.ClickHouse(t), "://")
	host, path, _ := strings.Cut(rest, "/")
	g := newGate(t, host)
	s, err := Open("http://"+g.listener.Addr().String()+"/"+path, Patient())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for range 5 {
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.cut()
	}
}

// A server that closed what was idle just as a request was written was told to be away.
func TestAClosedIdleConnectionIsStale(t *testing.T) {
	err := &url.Error{Op: "Post", URL: "http://127.0.0.1:8123", Err: errors.New("http: server closed idle connection")}
	if !stale(fmt.Errorf("ping: %w", err)) {
		t.Error("it is not stale")
	}
	if stale(errors.New("refused")) || stale(nil) {
		t.Error("whatever fails is stale")
	}
}

func TestNativeFailures(t *testing.T) {
	s, g := native(t)
	host := g.listener.Addr().String()
	for address, want := range map[string]connection.Class{
		"clickhouse://default:not-a-secret@" + host + "/default": connection.Auth,
		"clickhouse://nobody@" + host + "/default":               connection.Auth,
		"clickhouse://" + host + "/nowhere":                      connection.MissingDatabase,
	} {
		wrong, err := Open(address, Patient())
		if err != nil {
			t.Fatal(err)
		}
		err = wrong.Ping(t.Context())
		var failed *connection.Error
		if !errors.As(err, &failed) || failed.Class != want || strings.Contains(err.Error(), "not-a-secret") {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
		_ = wrong.Close()
	}
	if err := s.checkServer(t.Context()); err != nil && !strings.Contains(err.Error(), oldest+" or newer") {
		t.Error(err)
	}
}

func TestOldServerIsRefused(t *testing.T) {
	for told, want := range map[string]bool{"18.16.1": true, "25.7.9.1": true, "25.8.1.1": false, "26.1.0.1": false, "100.1": false, "?": true} {
		if got := (version{told}).before(oldest); got != want {
			t.Errorf("%s: %v", told, got)
		}
	}
}

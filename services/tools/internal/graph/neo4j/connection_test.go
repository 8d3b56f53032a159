package neo4j_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/neo4j"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// guess is a password that is nobody's.
const guess = "a-wrong-guess"

// questions are all ways to ask a store.
func questions(s *neo4j.Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Prepare":  func(ctx context.Context) error { return second(s.Prepare(ctx)) },
		"Write":    func(ctx context.Context) error { return s.Write(ctx, sink.Writing{Rows: rows(1, 1)}) },
		"Sweep":    func(ctx context.Context) error { return s.Sweep(ctx, 1) },
		"Ping":     s.Ping,
		"Linked":   func(ctx context.Context) error { return second(s.Linked(ctx, []string{"a"}, 1)) },
		"Entities": func(ctx context.Context) error { return second(s.Entities(ctx, []string{"a"})) },
		"Scan": func(ctx context.Context) error {
			_, _, err := s.Scan(ctx, s.Tables()[0], "", 1)
			return err
		},
	}
}

// wantClass asks in some ways, without any in all of them, and compares how each fails.
func wantClass(t *testing.T, s *neo4j.Store, class connection.Class, setting, host string, only ...string) {
	t.Helper()
	var wg sync.WaitGroup
	defer wg.Wait()
	for name, ask := range questions(s) {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		wg.Go(func() {
			begun := time.Now()
			err := ask(t.Context())
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%s took %s", name, took)
			}
			var failed *connection.Error
			for again := 0; again < 3 && class != connection.Timeout && errors.As(err, &failed) && failed.Class == connection.Timeout; again++ {
				err = ask(t.Context()) // A busy machine let the driver's second for connecting pass.
			}
			if !errors.As(err, &failed) || failed.Class != class || failed.Setting != setting || failed.Host != host {
				t.Errorf("%s: %v; want %s: %s: %s", name, err, setting, host, class)
			}
			if err != nil && strings.Contains(err.Error(), guess) || errors.Is(err, sink.ErrRow) {
				t.Errorf("%s says what it must not: %v", name, err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	certificate, key := testkit.Certificate(t, 1)
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	secure := &tls.Config{Certificates: []tls.Certificate{pair}}
	closed := listen(t, func(net.Conn) {})
	for _, tc := range []struct {
		name, scheme, host string
		class              connection.Class
	}{
		{"no such host", "bolt", "nowhere.invalid:7687", connection.DNS},
		{"no such router", "neo4j", "nowhere.invalid:7687", connection.DNS},
		{"nobody listens", "bolt", unused(t), connection.Refused},
		{"no router listens", "neo4j", unused(t), connection.Refused},
		{"somebody listens and says nothing", "bolt", listen(t, hold), connection.Timeout},
		{"a router says nothing", "neo4j", listen(t, hold), connection.Timeout},
		{"somebody hangs up", "bolt", closed, connection.Away},
		{"no TLS there", "bolt+s", listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }), connection.TLS},
		{"hangs up at TLS", "neo4j+s", closed, connection.TLS},
		{"a certificate that nobody vouches for", "bolt+s", listen(t, func(c net.Conn) { _ = tls.Server(c, secure).Handshake() }), connection.TLS},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, err := neo4j.Open(tc.scheme+"://"+tc.host, "neo4j", guess, neo4j.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			wantClass(t, s, tc.class, "NEO4J_URI", tc.host, "Ping", "Write")
		})
	}
}

// A server that takes connections and then hangs keeps nobody waiting.
func TestEveryMethodComesBack(t *testing.T) {
	host := listen(t, hold)
	s, err := neo4j.Open("bolt://"+host, "neo4j", guess, neo4j.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	wantClass(t, s, connection.Timeout, "NEO4J_URI", host)
}

func TestRefusedByTheServer(t *testing.T) {
	address := testkit.Neo4j(t)
	wait(t, reopen(t, address))
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	for _, scheme := range []string{"bolt", "neo4j"} {
		// Not the user of the others: after three wrong guesses the server lets one wait.
		s, err := neo4j.Open(scheme+"://"+u.Host, "nobody", guess, neo4j.Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantClass(t, s, connection.Auth, "NEO4J_USER and NEO4J_PASSWORD", u.Host)
		elsewhere, err := neo4j.Open(scheme+"://"+u.Host+"/nowhere", u.User.Username(), password, neo4j.Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantClass(t, elsewhere, connection.MissingDatabase, "NEO4J_URI", u.Host)
		if err := errors.Join(s.Close(), elsewhere.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefusesWhatCantBeRight(t *testing.T) {
	for uri, want := range map[string]string{
		"":                                 "not of the form",
		"localhost:7687":                   "not of the form",
		"bolt://":                          "not of the form",
		"http://localhost:7474":            "scheme http is not supported",
		"bolt://neo4j:" + guess + "@host":  "user and password are in NEO4J_USER",
		"bolt://neo4j:" + guess + "@ho st": "not of the form",
	} {
		_, err := neo4j.Open(uri, "neo4j", guess, neo4j.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), "NEO4J_URI: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), guess) {
			t.Errorf("%q: %v, want %q", uri, err, want)
		}
	}
}

// listen answers each connection with serve, then ends it.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				serve(c)
				_ = c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// hold reads until the other side gives up.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// unused is an address where nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

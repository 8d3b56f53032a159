package clickhouse_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/clickhouse"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

const password = "not-a-secret"

// wantClass asks a store and compares why it fails. The error names the setting
// and the host, and never the password.
func wantClass(t *testing.T, address string, want connection.Class) {
	t.Helper()
	s := reopen(t, address)
	err := s.Ping(t.Context())
	var failed *connection.Error
	if !errors.As(err, &failed) || failed.Class != want {
		t.Fatalf("%v, want class %s", err, want)
	}
	_, host, _ := strings.Cut(address, "://")
	host = host[strings.LastIndex(host, "@")+1:]
	host, _, _ = strings.Cut(host, "/")
	if text := err.Error(); !strings.HasPrefix(text, "CLICKHOUSE_URL: "+host+": ") || strings.Contains(text, password) {
		t.Errorf("%s", text)
	}
}

// with puts user, password and database into a server's address.
func with(address, database string) string {
	scheme, host, _ := strings.Cut(address, "://")
	host, _, _ = strings.Cut(host, "/")
	return scheme + "://us:" + password + "@" + host + "/" + database
}

func TestUnknownHost(t *testing.T) {
	wantClass(t, "http://us:"+password+"@nowhere.invalid:8123/d", connection.DNS)
	wantClass(t, "clickhouse://us:"+password+"@nowhere.invalid:9000/d", connection.DNS)
}

// A parameter that the driver refuses is named, and no secret is shown.
func TestARefusedParameterIsNamed(t *testing.T) {
	for address, want := range map[string]string{
		"clickhouse://us:not-a-secret@h:9000/d?secure=maybe":        "CLICKHOUSE_URL: h:9000: secure=maybe is not one that ClickHouse's driver takes: mend it, or leave it out",
		"http://us:not-a-secret@h:8123/d?dial_timeout=abc&secure=0": "CLICKHOUSE_URL: h:8123: dial_timeout=abc is not one that ClickHouse's driver takes: mend it, or leave it out",
		"clickhouse://us:not-a-secret@h:port/d?secure=maybe":        "CLICKHOUSE_URL: want ",
	} {
		_, err := clickhouse.Open(address, clickhouse.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	wantClass(t, with("http://"+l.Addr().String(), "d"), connection.Refused)
	wantClass(t, with("clickhouse://"+l.Addr().String(), "d"), connection.Refused)
}

func TestWrongTLS(t *testing.T) {
	secured := httptest.NewTLSServer(http.NotFoundHandler())
	defer secured.Close()
	wantClass(t, with(secured.URL, "d"), connection.TLS) // Whose certificate nobody signed.
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	wantClass(t, strings.Replace(with(plain.URL, "d"), "http", "https", 1), connection.TLS)
	wantClass(t, strings.Replace(with(plain.URL, "d?secure=true"), "http", "clickhouse", 1), connection.TLS)

	// What OpenSSL answers to who speaks without TLS: a fatal alert.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			_, _ = c.Read(make([]byte, 1))
			_, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 70})
		}
	}()
	wantClass(t, with("clickhouse://"+l.Addr().String(), "d"), connection.TLS)
}

func TestWrongPassword(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-ClickHouse-Exception-Code", "516")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("Code: 516. DB::Exception: us: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)"))
	}))
	defer server.Close()
	wantClass(t, with(server.URL, "d"), connection.Auth)
}

func TestMissingDatabase(t *testing.T) {
	address := testkit.ClickHouse(t)
	wantClass(t, address+"_nowhere", connection.MissingDatabase)
}

// A server that takes connections and says nothing, as a stopped process does.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, scheme := range []string{"http", "clickhouse"} {
		s, err := clickhouse.Open(with(scheme+"://"+l.Addr().String(), "d"), clickhouse.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for what, ask := range map[string]func(context.Context) error{
			"Ping":     s.Ping,
			"Prepare":  func(ctx context.Context) error { _, err := s.Prepare(ctx); return err },
			"Write":    func(ctx context.Context) error { return s.Write(ctx, observing(1, observed("a", "v"))) },
			"Sweep":    func(ctx context.Context) error { return s.Sweep(ctx, 1) },
			"Timeline": func(ctx context.Context) error { _, err := s.Timeline(ctx, "a", 1); return err },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			began := time.Now()
			err := ask(ctx)
			cancel()
			var failed *connection.Error
			if took := time.Since(began); took > 900*time.Millisecond || !errors.As(err, &failed) || failed.Class != connection.Timeout {
				t.Errorf("%s over %s took %v: %v", what, scheme, took, err)
			}
		}
		began := time.Now()
		if err := s.Ping(t.Context()); err == nil || time.Since(began) > 6*time.Second {
			t.Errorf("without a deadline over %s: %v after %v", scheme, err, time.Since(began))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhoGivesUpIsTold(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Select(ctx, fact.Query{Limit: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestNoAddress(t *testing.T) {
	for _, address := range []string{"", "localhost:9000", "postgres://us:" + password + "@h/d", "http://us:" + password + "@:8123", "http://us:" + password + "%zz@h", "://" + password} {
		_, err := clickhouse.Open(address, clickhouse.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), clickhouse.Setting) || strings.Contains(err.Error(), password) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// Rows that the server refuses for their own sake are told apart from a server
// that is away: others can be written.
func TestRefusedRow(t *testing.T) {
	s := open(t)
	if err := s.Exec(t.Context(), `ALTER TABLE observation MODIFY COLUMN value Enum8('' = 0, 'harmless' = 1)`); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), observing(1, observed("a", "poison"))); !errors.Is(err, sink.ErrRow) {
		t.Errorf("%v, want an error of the rows", err)
	}
	if m, err := s.Prepare(t.Context()); err != nil || m != (sink.Mark{}) {
		t.Errorf("a batch that was refused left the mark %+v, %v", m, err)
	}
	if err := s.Write(t.Context(), observing(2, observed("a", "harmless"))); err != nil {
		t.Error(err)
	}
	if err := s.Exec(t.Context(), `DROP TABLE observation`); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), observing(3, observed("a", "harmless"))); err == nil || errors.Is(err, sink.ErrRow) {
		t.Errorf("without the table: %v, want an error that is not the rows'", err)
	}
}

func observed(subject, value string) fact.Observed {
	return fact.Observed{Subject: subject, Name: "name", SubKey: "1", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Value: value, Authn: ledger.Signature}
}

func observing(number uint64, rows ...fact.Observed) sink.Writing {
	return sink.Writing{Mark: sink.Mark{Ledger: "a", Number: number}, Rows: ledger.Rows{Observations: rows}}
}

package service_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

// pair are the files of a certificate.
type pair struct{ cert, key string }

func newPair(t *testing.T) pair {
	dir := t.TempDir()
	return pair{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p pair) open(log *slog.Logger) (*service.KeyPair, error) {
	return service.OpenKeyPair("X_CERT_FILE", p.cert, "X_KEY_FILE", p.key, log)
}

func TestOpenKeyPair(t *testing.T) {
	cert, key := testkit.Certificate(t, 1)
	_, another := testkit.Certificate(t, 2)
	for _, tc := range []struct {
		name      string
		cert, key []byte // nil for no file
		want      []string
	}{
		{"good", cert, key, nil},
		{"no certificate", nil, key, []string{"X_CERT_FILE", "cert.pem", "no such file"}},
		{"no key", cert, nil, []string{"X_KEY_FILE", "key.pem", "no such file"}},
		{"another key", cert, another, []string{"X_CERT_FILE=", "cert.pem", "X_KEY_FILE=", "key.pem", "PEM"}},
		{"swapped", key, cert, []string{"X_CERT_FILE=", "PEM"}},
		{"empty", []byte{}, key, []string{"X_CERT_FILE=", "PEM"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPair(t)
			if tc.cert != nil {
				write(t, p.cert, tc.cert)
			}
			if tc.key != nil {
				write(t, p.key, tc.key)
			}
			_, err := p.open(slog.New(slog.DiscardHandler))
			if (err == nil) != (tc.want == nil) {
				t.Fatalf("error %v", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v lacks %q", err, want)
				}
			}
		})
	}
}

// tlsServer serves the pair on a listener in memory until the test ends.
func tlsServer(t *testing.T, p pair, log *slog.Logger, options ...service.Option) *testkit.Pipes {
	t.Helper()
	keys, err := p.open(log)
	if err != nil {
		t.Fatal(err)
	}
	ln := testkit.NewPipes()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	go func() { served <- service.Serve(ctx, ln, h, log, append(options, service.TLS(keys))...) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return ln
}

// serial is the number of the certificate that a client is shown.
func serial(t *testing.T, ln *testkit.Pipes) int64 {
	t.Helper()
	conn := dialTLS(t, ln, &tls.Config{})
	defer func() { _ = conn.Close() }()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func dialTLS(t *testing.T, ln *testkit.Pipes, cfg *tls.Config) *tls.Conn {
	t.Helper()
	raw, err := ln.Dial()
	if err != nil {
		t.Fatal(err)
	}
	cfg.InsecureSkipVerify = true
	conn := tls.Client(raw, cfg)
	if err := conn.Handshake(); err != nil {
		_ = raw.Close()
		t.Fatal(err)
	}
	return conn
}

// lines is a log that is read while it is written.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// A pair is replaced on a live listener, and one that is no pair changes nothing.
func TestKeyPairRotates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lines
		log := slog.New(slog.NewTextHandler(&out, nil))
		p := newPair(t)
		first, firstKey := testkit.Certificate(t, 1)
		second, secondKey := testkit.Certificate(t, 2)
		write(t, p.cert, first)
		write(t, p.key, firstKey)
		ln := tlsServer(t, p, log)
		expect := func(when string, want int64, complaints int) {
			t.Helper()
			<-time.After(10 * time.Second)
			synctest.Wait()
			if got := serial(t, ln); got != want {
				t.Errorf("%s: certificate %d, want %d", when, got, want)
			}
			if got := strings.Count(out.String(), "certificate not loaded"); got != complaints {
				t.Errorf("%s: complained %d times, want %d:\n%s", when, got, complaints, out.String())
			}
		}
		expect("at first", 1, 0)
		write(t, p.cert, second)
		expect("half of a new pair", 1, 1)
		write(t, p.key, secondKey)
		expect("a new pair", 2, 1)
		write(t, p.key, []byte("garbage"))
		expect("a broken key", 2, 2)
		if err := os.Remove(p.cert); err != nil {
			t.Fatal(err)
		}
		expect("no file", 2, 3)
		write(t, p.cert, first)
		write(t, p.key, firstKey)
		expect("the old pair again", 1, 3)
	})
}

package service_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
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

// A pair is replaced on a live listener, and one that is no pair changes nothing.
func TestKeyPairRotates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
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

func TestTLSProtocols(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		cert, key := testkit.Certificate(t, 1)
		write(t, p.cert, cert)
		write(t, p.key, key)
		ln := tlsServer(t, p, slog.New(slog.DiscardHandler), service.Strangers(10*time.Second))
		for _, tc := range []struct {
			http2 bool
			want  string
		}{{false, "HTTP/1.1"}, {true, "HTTP/2.0"}} {
			transport := &http.Transport{
				DialContext:       func(context.Context, string, string) (net.Conn, error) { return ln.Dial() },
				TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
				ForceAttemptHTTP2: tc.http2,
			}
			resp, err := (&http.Client{Transport: transport}).Get("https://example.com/")
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if string(b) != tc.want {
				t.Errorf("%s, want %s", b, tc.want)
			}
			transport.CloseIdleConnections()
		}
		raw, err := ln.Dial()
		if err != nil {
			t.Fatal(err)
		}
		old := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		if err := old.Handshake(); err == nil {
			t.Error("TLS 1.1 was taken")
		}
		_ = raw.Close()
	})
}

// Clients of TLS and of HTTP/2 that stop in the middle are gone as any other.
func TestSlowTLS(t *testing.T) {
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for _, tc := range []struct {
		name, protocol string
		send           string // once the handshake is done; none without a protocol
	}{
		{"no handshake", "", ""},
		{"no request", "http/1.1", ""},
		{"half a header", "http/1.1", "GET / HTTP/1.1\r\nX"},
		{"no preface", "h2", ""},
		{"no settings", "h2", preface},
		{"silent after its settings", "h2", preface + settings},
		{"half a frame", "h2", preface + settings + "\x00\xff"},
		// HEADERS of stream 1 without END_HEADERS, and no CONTINUATION.
		{"half of its headers", "h2", preface + settings + "\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t)
				cert, key := testkit.Certificate(t, 1)
				write(t, p.cert, cert)
				write(t, p.key, key)
				ln := tlsServer(t, p, slog.New(slog.DiscardHandler), service.Strangers(10*time.Second))
				start := time.Now()
				var conn net.Conn
				if tc.protocol == "" {
					conn, _ = ln.Dial()
				} else {
					tlsConn := dialTLS(t, ln, &tls.Config{NextProtos: []string{tc.protocol}})
					if got := tlsConn.ConnectionState().NegotiatedProtocol; got != tc.protocol {
						t.Fatalf("negotiated %q", got)
					}
					conn = tlsConn
				}
				defer func() { _ = conn.Close() }()
				go func() { _, _ = io.WriteString(conn, tc.send) }()
				_, _ = io.Copy(io.Discard, conn)
				// A second more is HTTP/2's for its last words.
				if took := time.Since(start); took > 11*time.Second {
					t.Errorf("gone after %v", took)
				}
			})
		})
	}
}

package ingress_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

// bubble serves ingress by its own Run, with the settings' defaults of time, to
// a test in bubble time.
func bubble(t *testing.T, test func(t *testing.T, dial func() net.Conn), change ...func(*testing.T, *ingress.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := config("http://127.0.0.1:1")
		cfg.Deadline = 8500 * time.Millisecond
		for _, f := range change {
			f(t, &cfg)
		}
		srv, err := ingress.New(cfg, ingress.Options{Log: slog.New(slog.DiscardHandler), Now: time.Now, Version: "v0.0.0-test"})
		if err != nil {
			t.Fatal(err)
		}
		ln := testkit.NewPipes()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- srv.Run(ctx, ln) }()
		test(t, func() net.Conn {
			conn, err := ln.Dial()
			if err != nil {
				t.Fatal(err)
			}
			return conn
		})
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

const uploadHeader = "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"

// Whatever a client leaves undone, its connection is gone after 10 s, and where
// it could be told so, it was told why, at once.
func TestSlowClients(t *testing.T) {
	for _, tc := range []struct {
		name string
		send string // at once; then a byte a second if drip
		drip bool
		code int           // 0: no answer is due
		told time.Duration // the answer comes by then
		gone time.Duration // and the connection is closed by then
	}{
		{"sends nothing", "", false, 0, 0, 10 * time.Second},
		{"half a request line", "POST /webho", false, 0, 0, 10 * time.Second},
		{"half a header", "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-", true, 0, 0, 10 * time.Second},
		{"no body", uploadHeader, false, 408, 8500 * time.Millisecond, 9 * time.Second},
		{"body a byte a second", uploadHeader, true, 408, 8500 * time.Millisecond, 9 * time.Second},
		{"chunk never ends", strings.Replace(uploadHeader, "Content-Length: 1000", "Transfer-Encoding: chunked", 1) + "ff\r\nx", true, 408, 8500 * time.Millisecond, 9 * time.Second},
		{"chunked, no chunk", strings.Replace(uploadHeader, "Content-Length: 1000", "Transfer-Encoding: chunked", 1), false, 408, 8500 * time.Millisecond, 9 * time.Second},
		{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false, 400, 0, 500 * time.Millisecond},

		// Refused before the body: it is not waited for.
		{"no such path", strings.Replace(uploadHeader, "/webhooks/github", "/hooks", 1), true, 404, 0, 500 * time.Millisecond},
		{"no such source", strings.Replace(uploadHeader, "github", "gitlab", 1), false, 404, 0, 500 * time.Millisecond},
		{"method", strings.Replace(uploadHeader, "POST", "PUT", 1), true, 405, 0, 500 * time.Millisecond},
		{"body to a page", strings.Replace(uploadHeader, "POST /webhooks/github", "GET /livez", 1), false, 200, 0, 500 * time.Millisecond},
		{"source without a secret", strings.Replace(uploadHeader, "github", "notion", 1), false, 503, 0, 500 * time.Millisecond},
		{"content type", strings.Replace(uploadHeader, "application/json", "text/plain", 1), false, 415, 0, 500 * time.Millisecond},
		{"too large", strings.Replace(uploadHeader, "1000", "26214401", 1), false, 413, 0, 500 * time.Millisecond},
		{"too large, expected", strings.Replace(uploadHeader, "1000", "26214401\r\nExpect: 100-continue", 1), false, 413, 0, 500 * time.Millisecond},
		{"no length, refused", strings.Replace(strings.Replace(uploadHeader, "Content-Length: 1000", "Transfer-Encoding: chunked", 1), "github", "x", 1), false, 404, 0, 500 * time.Millisecond},
		{"a page without a body", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", false, 200, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, dial func() net.Conn) {
				start := time.Now()
				conn := dial()
				var sending sync.WaitGroup
				defer sending.Wait()
				defer func() { _ = conn.Close() }()
				sending.Go(func() { trickle(conn, tc.send, tc.drip) })
				reader := bufio.NewReader(conn)
				if tc.code != 0 {
					resp, err := http.ReadResponse(reader, nil)
					if err != nil {
						t.Fatal(err)
					}
					if resp.StatusCode != tc.code || !resp.Close || time.Since(start) > tc.told {
						t.Errorf("%d after %v, closed %v; want %d after %v and closed", resp.StatusCode, time.Since(start), resp.Close, tc.code, tc.told)
					}
					_, _ = io.Copy(io.Discard, resp.Body)
				}
				_, _ = io.Copy(io.Discard, reader)
				if took := time.Since(start); took > tc.gone {
					t.Errorf("gone after %v, want %v", took, tc.gone)
				}
			})
		})
	}
}

// trickle sends, and then a byte a second until the other side is gone.
func trickle(conn net.Conn, send string, drip bool) {
	_, err := io.WriteString(conn, send)
	for drip && err == nil {
		<-time.After(time.Second)
		_, err = io.WriteString(conn, "x")
	}
}

// A client that does not take its answer: a pipe holds nothing of it.
func TestAnswerNotTaken(t *testing.T) {
	bubble(t, func(t *testing.T, dial func() net.Conn) {
		start := time.Now()
		conn := dial()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		// The other end is closed once writing to it fails.
		for {
			if _, err := conn.Write([]byte("x")); err != nil {
				break
			}
			<-time.After(100 * time.Millisecond)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("gone after %v", took)
		}
	})
}

// speakTLS gives ingress a certificate.
func speakTLS(t *testing.T, cfg *ingress.Config) {
	t.Helper()
	dir := t.TempDir()
	cfg.TLSCertFile, cfg.TLSKeyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cert, key := testkit.Certificate(t, 1)
	for file, data := range map[string][]byte{cfg.TLSCertFile: cert, cfg.TLSKeyFile: key} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// HTTP/2 is bounded as HTTP/1.1 is.
func TestSlowHTTP2(t *testing.T) {
	for _, tc := range []struct {
		name, path string
		code       int
		told       time.Duration
	}{
		{"no body", "/webhooks/github", 408, 8500 * time.Millisecond},
		{"refused", "/webhooks/gitlab", 404, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, dial func() net.Conn) {
				transport := &http.Transport{
					DialContext:       func(context.Context, string, string) (net.Conn, error) { return dial(), nil },
					TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
					ForceAttemptHTTP2: true,
				}
				defer transport.CloseIdleConnections()
				never, end := io.Pipe()
				defer func() { _ = end.Close() }()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.com"+tc.path, never)
				if err != nil {
					t.Fatal(err)
				}
				req.ContentLength = 1000
				req.Header.Set("Content-Type", "application/json")
				start := time.Now()
				resp, err := transport.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = resp.Body.Close() }()
				if took := time.Since(start); resp.ProtoMajor != 2 || resp.StatusCode != tc.code || took != tc.told {
					t.Errorf("%s %d after %v, want %d after %v", resp.Proto, resp.StatusCode, took, tc.code, tc.told)
				}
			}, speakTLS)
		})
	}
}

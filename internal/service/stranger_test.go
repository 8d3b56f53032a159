package service_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

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

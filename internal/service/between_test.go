package service_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

// issued writes a certificate of its own for hosts and returns its files.
func issued(t *testing.T, until time.Time, hosts ...string) pair {
	t.Helper()
	p := newPair(t)
	cert, key := testkit.CertificateUntil(t, 1, until, hosts...)
	write(t, p.cert, cert)
	write(t, p.key, key)
	return p
}

// serving serves as the services do among themselves, with TLS where there is a
// pair, and returns host:port.
func serving(t *testing.T, p *pair, h http.Handler) string {
	t.Helper()
	var keys *service.KeyPair
	if p != nil {
		var err error
		if keys, err = service.OpenOwn(p.cert, p.key, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- service.Serve(ctx, ln, h, slog.New(slog.DiscardHandler), service.TLS(keys)) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

func pool(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := x509.NewCertPool()
	all.AppendCertsFromPEM(pem)
	return all
}

// Each way in which two services can't reach one another is an error with the
// setting, the class and the remedy, by RPC and in /readyz.
func TestTroubleBetweenServices(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	soon := time.Now().Add(time.Hour)
	good, other, expired := issued(t, soon, "127.0.0.1"), issued(t, soon, "127.0.0.1"), issued(t, time.Now().Add(-time.Minute), "127.0.0.1")
	elsewhere := issued(t, soon, "agent.example")
	secure, late, misnamed := serving(t, &good, answer), serving(t, &expired, answer), serving(t, &elsewhere, answer)
	plain := serving(t, nil, answer)
	for _, tc := range []struct {
		name, url, ca string
		want          []string
	}{
		{"good", "https://" + secure, good.cert, nil},
		{"plain", "http://" + plain, "", nil},
		{"another authority", "https://" + secure, other.cert, []string{"(tls)", "unknown authority", "SERVICE_CA_FILE here", "SERVICE_TLS_CERT_FILE there"}},
		{"no authority of ours", "https://" + secure, "", []string{"(tls)", "SERVICE_CA_FILE here"}},
		{"expired", "https://" + late, expired.cert, []string{"(tls)", "expired", "replace the files of SERVICE_TLS_CERT_FILE"}},
		{"for another host", "https://" + misnamed, elsewhere.cert, []string{"(tls)", "127.0.0.1", "must be for the host in AGENT_URL"}},
		{"plain HTTP to TLS", "http://" + secure, good.cert, []string{"(tls)", "write https:// in AGENT_URL"}},
		{"TLS to plain HTTP", "https://" + plain, good.cert, []string{"(tls)", "write http:// in AGENT_URL, or set SERVICE_TLS_CERT_FILE"}},
		{"no such host", "https://switchyard.invalid:1", good.cert, []string{"(dns)", "correct the host in AGENT_URL"}},
		{"nobody listens", "http://127.0.0.1:1", "", []string{"(refused)", "start it there"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client, err := rpc.NewTrustingHTTPClient(tc.ca)
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			call := connect.NewClient[emptypb.Empty, emptypb.Empty](client, tc.url+"/x.Y/Z", connect.WithProtoJSON(), rpc.Peer("AGENT_URL", tc.url))
			_, err = call.CallUnary(t.Context(), connect.NewRequest(&emptypb.Empty{}))
			peer := service.Peer(t.Context(), client, "agent", "AGENT_URL", tc.url)
			if tc.want == nil {
				if connect.CodeOf(err) == connect.CodeUnavailable || peer.State != "ok" {
					t.Fatalf("%v, %+v", err, peer)
				}
				return
			}
			if fault.ReasonOf(err) != fault.Unavailable || peer.State != "unreachable" {
				t.Errorf("%v, %+v", err, peer)
			}
			for _, want := range append(tc.want, "AGENT_URL="+tc.url+" can't be reached") {
				if !strings.Contains(fault.Detail(err), want) || !strings.Contains(peer.Detail, want) {
					t.Errorf("%q is not in\n%s\nand\n%s", want, fault.Detail(err), peer.Detail)
				}
			}
		})
	}
}

// Another server's 400 over HTTP/1.0 is passed on whole.
func TestBadRequestOfAnother(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 1024))
		_, _ = io.WriteString(conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent something else, and a good deal of it.")
		_ = conn.Close()
	}()
	client := rpc.NewHTTPClient()
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "Client sent something else, and a good deal of it." {
		t.Errorf("%q, %v", body, err)
	}
}

func TestServesBothProtocolsOverTLS(t *testing.T) {
	p := issued(t, time.Now().Add(time.Hour), "127.0.0.1")
	at := serving(t, &p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	for version, want := range map[int]string{1: "HTTP/1.1", 2: "HTTP/2.0"} {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(version == 1)
		protocols.SetHTTP2(version == 2)
		transport := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: pool(t, p.cert)}}
		resp, err := (&http.Client{Transport: transport}).Get("https://" + at)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		transport.CloseIdleConnections()
		if string(body) != want {
			t.Errorf("served %s, want %s", body, want)
		}
	}
}

func TestFilesOfTLSAreNamed(t *testing.T) {
	p := issued(t, time.Now().Add(time.Hour), "127.0.0.1")
	for name, tc := range map[string]struct{ cert, key, want string }{
		"half": {p.cert, "", "set both, or neither"}, "other half": {"", p.key, "set both, or neither"}, "swapped": {p.key, p.cert, "SERVICE_TLS_CERT_FILE="},
	} {
		if _, err := service.OpenOwn(tc.cert, tc.key, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if keys, err := service.OpenOwn("", "", slog.New(slog.DiscardHandler)); keys != nil || err != nil {
		t.Errorf("neither: %v, %v", keys, err)
	}
	for name, file := range map[string]string{"no file": filepath.Join(t.TempDir(), "none"), "a key": p.key} {
		if _, err := rpc.NewTrustingHTTPClient(file); err == nil || !strings.Contains(err.Error(), "SERVICE_CA_FILE") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

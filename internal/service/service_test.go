package service_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/service"
)

func TestListenNeedsTokenBeyondLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		if ln, err := service.Listen("AGENT_LISTEN", addr, ""); err == nil {
			_ = ln.Close()
			t.Errorf("%s without a token: listened", addr)
		} else if !strings.Contains(err.Error(), "AGENT_LISTEN") || !strings.Contains(err.Error(), "SERVICE_TOKEN") {
			t.Errorf("%s: the error names no setting: %v", addr, err)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0"} {
		ln, err := service.Listen("AGENT_LISTEN", addr, "")
		if err != nil {
			t.Fatalf("%s: %v", addr, err)
		}
		_ = ln.Close()
	}
	if _, err := service.Listen("AGENT_LISTEN", "8001", "t"); err == nil {
		t.Error("an address without a host was taken")
	}
}

func TestHandler(t *testing.T) {
	state := "ok"
	h := service.New(service.Options{
		Token:  "right",
		Mounts: []service.Mount{{Path: "/x.Y/", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") })}},
		Ready: func(context.Context) []service.Dependency {
			return []service.Dependency{{Name: "ledger", State: state}}
		},
	})
	srv := httptest.NewServer(h)
	defer srv.Close()
	for _, tc := range []struct {
		name, path, token, state string
		code                     int
	}{
		{"no token", "/x.Y/Z", "", "ok", http.StatusUnauthorized},
		{"wrong token", "/x.Y/Z", "wrong", "ok", http.StatusUnauthorized},
		{"right token", "/x.Y/Z", "right", "ok", http.StatusOK},
		{"live", "/livez", "", "down", http.StatusOK},
		{"ready", "/readyz", "", "ok", http.StatusOK},
		{"not ready", "/readyz", "", "down", http.StatusServiceUnavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			state = tc.state
			method := http.MethodPost
			if strings.HasSuffix(tc.path, "z") {
				method = http.MethodGet
			}
			req, _ := http.NewRequestWithContext(t.Context(), method, srv.URL+tc.path, strings.NewReader("{}"))
			req.Header.Set("Content-Type", "application/json")
			if tc.token != "" {
				req.Header.Set("Authorization", "Bearer "+tc.token)
			}
			resp, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != tc.code {
				t.Fatalf("code %d, want %d", resp.StatusCode, tc.code)
			}
		})
	}
}

// A request in flight when the service is told to go is answered.
func TestServeDrains(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(in)
		<-service.Draining(r.Context())
		_, _ = io.WriteString(w, "finished")
	})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- service.Serve(ctx, ln, h, slog.New(slog.DiscardHandler)) }()
	go func() { <-in; cancel() }()
	resp, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if b, _ := io.ReadAll(resp.Body); string(b) != "finished" {
		t.Fatalf("got %q", b)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
}

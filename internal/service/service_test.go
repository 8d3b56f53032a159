package service_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

func TestListenNeedsTokenBeyondLoopback(t *testing.T) {
	none := scope.Tokens{scope.Ingress: {}, scope.Operator: {}, scope.Service: {}}
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		if ln, err := service.Listen("AGENT_LISTEN", addr, none); err == nil {
			_ = ln.Close()
			t.Errorf("%s without a token: listened", addr)
		} else if !strings.Contains(err.Error(), "AGENT_LISTEN") || !strings.Contains(err.Error(), "set INGRESS_TOKEN, OPERATOR_TOKEN or SERVICE_TOKEN") {
			t.Errorf("%s: the error names no setting: %v", addr, err)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0"} {
		ln, err := service.Listen("AGENT_LISTEN", addr, none)
		if err != nil {
			t.Fatalf("%s: %v", addr, err)
		}
		_ = ln.Close()
	}
	// A file of a token that is not there yet is a token: New refuses to start without it.
	for _, one := range []config.Setting{{Value: "t"}, {File: "/none"}} {
		ln, err := service.Listen("AGENT_LISTEN", "0.0.0.0:0", scope.Tokens{scope.Operator: one, scope.Service: {}})
		if err != nil {
			t.Fatal(err)
		}
		_ = ln.Close()
	}
	if _, err := service.Listen("AGENT_LISTEN", "8001", none); err == nil {
		t.Error("an address without a host was taken")
	}
}

// Of a port that is taken, only dev said what to do.
func TestListenSaysWhatToDoAboutAPortInUse(t *testing.T) {
	taken, err := service.Listen("AGENT_LISTEN", "127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	ln, err := service.Listen("AGENT_LISTEN", taken.Addr().String(), nil)
	if err == nil {
		_ = ln.Close()
		t.Fatal("two listen on one port")
	}
	for _, want := range []string{"AGENT_LISTEN", taken.Addr().String(), "another program listens there"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %s", err, want)
		}
	}
}

func TestHandler(t *testing.T) {
	state := "ok"
	h := service.New(service.Options{
		Guard:  testkit.Guard(t, "right"),
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
		says                     string
	}{
		{"no token", "/x.Y/Z", "", "ok", http.StatusUnauthorized, "token_missing: send `Authorization: Bearer …`"},
		{"wrong token", "/x.Y/Z", "wrong", "ok", http.StatusUnauthorized, "token_missing: the bearer token is not this service's SERVICE_TOKEN"},
		{"right token", "/x.Y/Z", "right", "ok", http.StatusOK, "in"},
		{"live", "/livez", "", "down", http.StatusOK, "ok"},
		{"ready", "/readyz", "", "ok", http.StatusOK, "ok"},
		{"not ready", "/readyz", "", "down", http.StatusServiceUnavailable, "not_ready"},
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
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != tc.code || !strings.Contains(string(body), tc.says) {
				t.Fatalf("code %d, want %d; it says %s, want %s", resp.StatusCode, tc.code, body, tc.says)
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

// faulty fails its first Accept, as a process does that is out of files.
type faulty struct {
	net.Listener
	once sync.Once
}

type outOfFiles struct{}

func (outOfFiles) Error() string   { return "too many open files" }
func (outOfFiles) Temporary() bool { return true }
func (outOfFiles) Timeout() bool   { return false }

func (f *faulty) Accept() (net.Conn, error) {
	var err error
	f.once.Do(func() { err = outOfFiles{} })
	if err != nil {
		return nil, err
	}
	return f.Listener.Accept()
}

// What net/http says of our own faults is an error, and what it says of clients is not.
func TestServeLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := testkit.NewPipes()
		var out lines
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") })
		p := newPair(t)
		cert, key := testkit.Certificate(t, 1)
		write(t, p.cert, cert)
		write(t, p.key, key)
		keys, err := p.open(log)
		if err != nil {
			t.Fatal(err)
		}
		go func() { served <- service.Serve(ctx, &faulty{Listener: ln}, h, log, service.TLS(keys)) }()
		for _, send := range []string{"no TLS\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
			var conn net.Conn
			if conn, err = ln.Dial(); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(send, "GET") {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			}
			if _, err := io.WriteString(conn, send); err != nil {
				t.Log(err) // it is the log that counts
			}
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
		cancel()
		if err := <-served; err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`level=ERROR .*Accept error: too many open files`, `level=ERROR .*panic serving .*a bug`, `level=DEBUG .*TLS handshake error`} {
			if !regexp.MustCompile(want).MatchString(out.String()) {
				t.Errorf("nothing like %q in\n%s", want, out.String())
			}
		}
	})
}

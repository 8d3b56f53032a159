package scope_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
)

// side is a service's file of a token.
type side struct {
	t    *testing.T
	file string
}

func newSide(t *testing.T, content string) side {
	s := side{t, filepath.Join(t.TempDir(), "token")}
	s.write(content)
	return s
}

// write replaces the content in place, as an editor does.
func (s side) write(content string) {
	if err := os.WriteFile(s.file, []byte(content+"\n"), 0o600); err != nil {
		s.t.Error(err)
	}
}

func (s side) setting(r scope.Role) config.Setting {
	b, err := os.ReadFile(s.file)
	if err != nil {
		s.t.Fatal(err)
	}
	return config.Setting{Name: r.Setting(), Value: string(b), File: s.file}
}

// Tokens are replaced by the steps of docs/security.md while requests go, and
// none is refused: each role's, in one file for both sides and in two.
func TestReplacingATokenRefusesNobody(t *testing.T) {
	for _, role := range scope.Roles() {
		for _, shared := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/shared=%v", role, shared), func(t *testing.T) {
				t.Parallel()
				takes := newSide(t, "token-old")
				shows := takes
				if !shared {
					shows = newSide(t, "token-old")
				}
				l := startLoad(t, role, takes, shows)
				if shared {
					takes.write("token-new")
				} else {
					takes.write("token-old\ntoken-new")
					shows.write("token-new")
				}
				l.until("the new token is shown", func() bool { return l.last.Load() == "Bearer token-new" })
				takes.write("token-new")
				l.until("requests went on", l.more(100))
				l.stop()
				if refused := l.refused.Load(); refused != 0 {
					t.Errorf("%d of %d requests were refused: %v", refused, l.asked.Load(), l.answer.Load())
				}
				t.Logf("%d requests, %d refused", l.asked.Load(), l.refused.Load())
			})
		}
	}
}

// load are callers who show a token over real HTTP to a service that takes it.
type load struct {
	t              *testing.T
	asked, refused atomic.Int64
	last, answer   atomic.Value
	cancel         context.CancelFunc
	wg             sync.WaitGroup
}

func startLoad(t *testing.T, role scope.Role, takes, shows side) *load {
	t.Helper()
	g := guard(t, scope.Tokens{role: takes.setting(role)})
	shown, err := scope.NewShown(role, shows.setting(role), config.Setting{}, time.Now, quiet())
	if err != nil {
		t.Fatal(err)
	}
	l := &load{t: t}
	l.last.Store("")
	procedure := scope.Reflection // every role's
	h := g.Wrap(procedure, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { l.last.Store(r.Header.Get("Authorization")) }))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l.cancel = cancel
	l.wg.Go(func() {
		if err := service.Serve(ctx, ln, h, quiet(), service.Secrets(g.Secrets())); err != nil {
			t.Error(err)
		}
	})
	l.wg.Go(func() { credential.Watch(ctx, shown.Secrets()) })
	client := rpc.NewHTTPClient()
	for range 4 {
		l.wg.Go(func() {
			for ctx.Err() == nil {
				l.ask(ctx, client, "http://"+ln.Addr().String(), shown.Token())
			}
		})
	}
	t.Cleanup(client.CloseIdleConnections)
	return l
}

func (l *load) ask(ctx context.Context, client *http.Client, url, token string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		l.t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		if ctx.Err() == nil {
			l.t.Error(err)
		}
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	l.asked.Add(1)
	if resp.StatusCode != http.StatusOK {
		l.refused.Add(1)
		l.answer.Store(resp.Status + " to " + token)
	}
}

func (l *load) more(n int64) func() bool {
	from := l.asked.Load()
	return func() bool { return l.asked.Load() >= from+n }
}

// until waits, at most 20 s.
func (l *load) until(what string, is func() bool) {
	l.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(20 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-end:
			l.t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func (l *load) stop() {
	l.cancel()
	l.wg.Wait()
}

// A token that was replaced ends: 30 s after it left its file.
func TestAReplacedTokenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		takes := newSide(t, "first")
		g := guard(t, scope.Tokens{scope.Reader: takes.setting(scope.Reader)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { credential.Watch(ctx, g.Secrets()); close(done) }()
		in := func(token string) bool {
			w := new(recorder)
			r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			g.Wrap(scope.Reflection, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { w.in = true })).ServeHTTP(w, r)
			return w.in
		}
		takes.write("second")
		if !in("second") {
			t.Error("the new token is not taken at once")
		}
		<-time.After(credential.Grace - time.Millisecond)
		if !in("first") {
			t.Error("the old one is not taken within its grace")
		}
		<-time.After(2 * time.Second)
		if in("first") || !in("second") {
			t.Error("the old one is taken for ever, or the new one is not")
		}
		cancel()
		<-done
	})
}

// recorder is a ResponseWriter without a connection.
type recorder struct {
	in bool
	h  http.Header
}

func (r *recorder) Header() http.Header {
	if r.h == nil {
		r.h = http.Header{}
	}
	return r.h
}
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(int)             {}

package ingress_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	settings "github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

// rotated is a secrets file and the secrets that senders may use.
type rotated struct {
	t    *testing.T
	path string
	// As a sender has it that changes over right after the file did.
	newest atomic.Pointer[string]
}

// gently is what an operator does: old and new together, and then new alone.
func (f *rotated) gently(from, to string) {
	f.put(from + "," + to)
	f.newest.Store(&to)
	f.put(to + "\n")
}

func (f *rotated) put(content string) {
	if err := os.WriteFile(f.path, []byte(content), 0o600); err != nil {
		f.t.Error(err)
	}
}

// abruptly is what a secret manager does: another file under the same name.
func (f *rotated) abruptly(to string) {
	if err := os.WriteFile(f.path+".new", []byte(to), 0o600); err != nil {
		f.t.Error(err)
	}
	if err := os.Rename(f.path+".new", f.path); err != nil {
		f.t.Error(err)
	}
	f.newest.Store(&to)
}

// 1,000 requests a second while the secret is replaced every 100 ms, each signed
// with the newest secret or the one before: none is refused.
func TestRotation(t *testing.T) {
	const rate, seconds, workers = 1000, 3, 16
	file := &rotated{t: t, path: filepath.Join(t.TempDir(), "secret")}
	name := func(i int) string { return "the secret of rotation " + string(rune('a'+i%26)) + string(rune('a'+i/26)) }
	first := name(0)
	file.put(first)
	file.newest.Store(&first)
	cfg := config(startAgent(t).url)
	cfg.GitHubSecret = settings.Setting{Value: first, File: file.path}
	cfg.MaxInFlight = 1024
	addr, _ := serve(t, cfg)
	url := "http://" + addr + "/webhooks/github"

	ticks := make(chan struct{}, rate*seconds)
	var sent, refused atomic.Int64
	var senders sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	began := time.Now()
	for range workers {
		senders.Go(func() {
			before := *file.newest.Load()
			for n := 0; ; n++ {
				if _, more := <-ticks; !more {
					return
				}
				secret := *file.newest.Load()
				if n%2 == 1 {
					secret, before = before, secret
				}
				if code := post(t, client, url, secret); code != http.StatusOK {
					refused.Add(1)
					t.Errorf("%d for %q", code, secret)
				}
				sent.Add(1)
			}
		})
	}
	pace(ticks, rate, seconds, func(i int) {
		from, to := name(i), name(i+1)
		if i%2 == 0 {
			file.gently(from, to)
		} else {
			file.abruptly(to)
		}
	})
	senders.Wait()
	took := time.Since(began)
	t.Logf("%d requests in %v (%.0f/s) over %d rotations, %d refused", sent.Load(), took.Round(time.Millisecond), float64(sent.Load())/took.Seconds(), seconds*10, refused.Load())
	if sent.Load() != rate*seconds {
		t.Errorf("%d requests were sent", sent.Load())
	}
}

// pace gives rate ticks a second, evenly, and calls rotate every 100 ms.
func pace(ticks chan<- struct{}, rate, seconds int, rotate func(i int)) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	defer close(ticks)
	for i := range seconds * 100 {
		<-tick.C
		for range rate / 100 {
			ticks <- struct{}{}
		}
		if i%10 == 5 {
			rotate(i / 10)
		}
	}
}

func post(t *testing.T, client *http.Client, url, secret string) int {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader([]byte(ping)))
	if err != nil {
		t.Error(err)
		return 0
	}
	req.Header = github.Headers([]byte(secret), "ping", "g", []byte(ping))
	resp, err := client.Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

// lines is a log, line by line.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// A change of the file is seen although no request asks for it: a secret that
// left the file must not be good for ever.
func TestServerFollowsItsFiles(t *testing.T) {
	file := &rotated{t: t, path: filepath.Join(t.TempDir(), "secret")}
	file.put("the secret of the day")
	cfg := config(startAgent(t).url)
	cfg.GitHubSecret = settings.Setting{Value: "the secret of the day", File: file.path}
	log := make(lines, 100)
	addr, _ := serveLogged(t, cfg, slog.NewTextHandler(log, nil))
	url := "http://" + addr
	file.abruptly("the secret of tomorrow")
	for line := ""; !strings.Contains(line, "secrets read again"); {
		select {
		case line = <-log:
		case <-time.After(10 * time.Second):
			t.Fatal("nobody looked at the file")
		}
		if strings.Contains(line, "secret of") {
			t.Error(line)
		}
	}
	for secret, want := range map[string]int{"the secret of tomorrow": 200, "the secret of the day": 200, "the secret of nobody": 401} {
		if got := post(t, http.DefaultClient, url+"/webhooks/github", secret); got != want {
			t.Errorf("%d for %s", got, secret)
		}
	}
}

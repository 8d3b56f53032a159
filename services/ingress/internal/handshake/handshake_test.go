package handshake_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/handshake"
)

const token = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"

func clock() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func body(token string) []byte { return fmt.Appendf(nil, `{"verification_token":%q}`, token) }

// world is a window with its files and its log.
type world struct {
	window  *handshake.Window
	secrets *credential.Set
	file    string
	until   string
	log     bytes.Buffer
}

// open makes a window that is open for a minute, kept in a file.
func open(t *testing.T) *world {
	t.Helper()
	w := &world{file: filepath.Join(t.TempDir(), "secret"), until: filepath.Join(t.TempDir(), "until")}
	write(t, w.until, "2026-03-01T12:01:00Z\n")
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	w.secrets = credential.New(config.Setting{Name: "NOTION_WEBHOOK_SECRET", File: w.file}, clock, log)
	w.window = handshake.New(config.Setting{Name: "NOTION_HANDSHAKE_UNTIL", File: w.until}, w.secrets, clock, log)
	return w
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) accept(t *testing.T, body []byte, want bool) {
	t.Helper()
	got, err := w.window.Accept(body)
	if err != nil || got != want {
		t.Errorf("Accept(%s) = %v, %v", body, got, err)
	}
}

func TestAccept(t *testing.T) {
	w := open(t)
	if !w.window.Open() {
		t.Fatal("the window is not open")
	}
	w.accept(t, body(token), true)
	b, err := os.ReadFile(w.file)
	if err != nil || string(b) != token+"\n" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	if info, err := os.Stat(w.file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if !w.secrets.Match(func(all [][]byte) bool { return credential.Equal(all, token) }) {
		t.Error("the token is not active")
	}
	if strings.Contains(w.log.String(), token) {
		t.Error("a token that has a file was logged")
	}
	if w.window.Open() {
		t.Error("the window is open over an active token")
	}
	w.accept(t, body(token+"x"), false)
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(w.file), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestClosed(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, w *world){
		"the time has come":       func(t *testing.T, w *world) { write(t, w.until, "2026-03-01T12:00:00Z") },
		"no time":                 func(t *testing.T, w *world) { write(t, w.until, "soon") },
		"empty":                   func(t *testing.T, w *world) { write(t, w.until, "") },
		"no file":                 func(t *testing.T, w *world) { _ = os.Remove(w.until) },
		"over a token":            func(t *testing.T, w *world) { write(t, w.file, "a secret that is set") },
		"over what can't be read": func(t *testing.T, w *world) { _ = os.Mkdir(w.file, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			change(t, w)
			if w.window.Open() {
				t.Error("open")
			}
			w.accept(t, body(token), false)
		})
	}
}

// The operator asks for another token: one comes in the place of the one before,
// which stays good for a while, and then no more.
func TestReplace(t *testing.T) {
	w := open(t)
	write(t, w.file, "the one before")
	w.secrets.Refresh()
	if w.window.Open() {
		t.Fatal("open over an active token")
	}
	write(t, w.until, "2026-03-01T12:01:00Z "+handshake.Replace+"\n")
	w.accept(t, body(token), true)
	if got := string(bytes.Join(w.secrets.Secrets(), []byte(","))); got != token+",the one before" {
		t.Errorf("good are %s", got)
	}
	w.accept(t, body(token+"2"), false)
	// Nor in a process beside this one, which sees that the file is newer.
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(w.file, later, later); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	other := credential.New(config.Setting{Name: "NOTION_WEBHOOK_SECRET", File: w.file}, clock, log)
	if handshake.New(config.Setting{File: w.until}, other, clock, log).Open() {
		t.Error("open beside")
	}
}

// Whoever rewrites the file of an active token empties it for a moment, and a
// stranger's token was taken in that moment.
func TestAFileThatIsRewrittenHoldsItsToken(t *testing.T) {
	w := open(t)
	write(t, w.file, "the one before")
	w.secrets.Refresh()
	write(t, w.file, "")
	w.accept(t, body(token), false)
	if err := os.Remove(w.file); err != nil {
		t.Fatal(err)
	}
	w.accept(t, body(token), false)
}

func TestAnEmptyFileHoldsNoToken(t *testing.T) {
	w := open(t)
	write(t, w.file, "\n")
	w.accept(t, body(token), true)
}

func TestWithoutAFile(t *testing.T) {
	var log bytes.Buffer
	secrets := credential.New(config.Setting{Name: "NOTION_WEBHOOK_SECRET"}, clock, slog.New(slog.DiscardHandler))
	until := config.Setting{Name: "NOTION_HANDSHAKE_UNTIL", Value: "2026-03-01T13:01:00+01:00"}
	w := &world{window: handshake.New(until, secrets, clock, slog.New(slog.NewTextHandler(&log, nil)))}
	w.accept(t, body(token), true)
	w.accept(t, body(token), false)
	if !credential.Equal(secrets.Secrets(), token) || strings.Count(log.String(), token) != 1 {
		t.Errorf("good are %s; log: %s", secrets.Secrets(), log.String())
	}
}

func TestOtherBodies(t *testing.T) {
	w := open(t)
	for _, b := range []string{
		"", "null", "[]", `"` + token + `"`, `{}`, `{"verification_token":1}`, `{"verification_token":null}`, `{"id":"x","type":"page.created"}`,
		string(body("x" + token)), string(body("secret_")), string(body("secret_short")), string(body(token + "\n")), string(body(token + " a")),
		string(body(token + "é")), string(body("secret_" + strings.Repeat("a", 201))), string(body(token)) + "x",
		`{"verification_token":"` + token + `","pad":"` + strings.Repeat("x", handshake.MaxBody) + `"}`,
	} {
		w.accept(t, []byte(b), false)
	}
	if _, err := os.Stat(w.file); err == nil {
		t.Error("something was written")
	}
}

func TestUnwritable(t *testing.T) {
	w := open(t)
	if err := os.Remove(filepath.Dir(w.file)); err != nil {
		t.Fatal(err)
	}
	if ok, err := w.window.Accept(body(token)); ok || err == nil || !strings.Contains(err.Error(), "NOTION_WEBHOOK_SECRET_FILE="+w.file) || strings.Contains(err.Error(), token) {
		t.Errorf("%v, %v", ok, err)
	}
}

// Of many at once, in two processes, one is taken, and it is the file's.
func TestRace(t *testing.T) {
	w := open(t)
	log := slog.New(slog.DiscardHandler)
	other := credential.New(config.Setting{Name: "NOTION_WEBHOOK_SECRET", File: w.file}, clock, log)
	windows := []*handshake.Window{w.window, handshake.New(config.Setting{File: w.until}, other, clock, log)}
	var taken atomic.Pointer[string]
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			mine := fmt.Sprintf("%s%d", token, i)
			if ok, err := windows[i%2].Accept(body(mine)); err != nil || ok && taken.Swap(&mine) != nil {
				t.Errorf("%d: %v, and taken already: %v", i, err, ok)
			}
		})
	}
	all.Wait()
	b, err := os.ReadFile(w.file)
	if p := taken.Load(); err != nil || p == nil || string(b) != *p+"\n" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

// The same in one process that has no file, whose clock lets all look at once.
func TestRaceWithoutAFile(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	slow := func() time.Time { <-time.After(10 * time.Millisecond); return clock() }
	secrets := credential.New(config.Setting{}, clock, log)
	window := handshake.New(config.Setting{Value: "2026-03-01T12:01:00Z"}, secrets, slow, log)
	var taken atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if ok, err := window.Accept(body(token)); err != nil || ok {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if taken.Load() != 1 {
		t.Errorf("%d were taken", taken.Load())
	}
}

// Whatever the body, what is written is a token and nothing else.
func FuzzAccept(f *testing.F) {
	f.Add(body(token))
	f.Add([]byte(`{"VERIFICATION_TOKEN":"secret_aaaaaaaaaaaaaaaaaaaaaaaa\u0000"}`))
	f.Add([]byte(`{"verification_token":["secret_"],"verification_token":"secret_"}`))
	until := config.Setting{Value: "2026-03-01T12:01:00Z"}
	log := slog.New(slog.DiscardHandler)
	f.Fuzz(func(t *testing.T, b []byte) {
		secrets := credential.New(config.Setting{}, clock, log)
		ok, err := handshake.New(until, secrets, clock, log).Accept(b)
		if err != nil || ok != secrets.Any() {
			t.Fatalf("%v, %v", ok, err)
		}
		for _, s := range secrets.Secrets() {
			if len(s) > 300 || !bytes.HasPrefix(s, []byte("secret_")) || bytes.ContainsAny(s, "\n\r ,=\x00\"'") {
				t.Fatalf("took %q", s)
			}
		}
	})
}

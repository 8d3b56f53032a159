package credential_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
)

// file is a secrets file whose every version has another time, as if seconds lay between.
type file struct {
	t    *testing.T
	path string
	at   time.Time
}

// pass lets time go by in a bubble of synctest, and whatever then happens happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func newFile(t *testing.T, content string) *file {
	f := &file{t: t, path: filepath.Join(t.TempDir(), "secret"), at: time.Unix(1_700_000_000, 0)}
	f.write(content)
	return f
}

func (f *file) write(content string) {
	f.t.Helper()
	f.at = f.at.Add(time.Second)
	f.keep(content)
}

// keep writes without changing the file's time.
func (f *file) keep(content string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Chtimes(f.path, f.at, f.at); err != nil {
		f.t.Fatal(err)
	}
}

func (f *file) set(log *slog.Logger) *credential.Set {
	b, err := os.ReadFile(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	return credential.New(config.Setting{Name: "TEST", Value: strings.TrimSpace(string(b)), File: f.path}, time.Now, log)
}

// logged is a log that is written and read by several.
type logged struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

// take is what was written since last time.
func (l *logged) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.Reset()
	return l.String()
}

func is(token string) func([][]byte) bool {
	return func(secrets [][]byte) bool { return credential.Equal(secrets, token) }
}

func joined(s *credential.Set) string { return string(bytes.Join(s.Secrets(), []byte(" "))) }

func TestMatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFile(t, "old\n")
		s := f.set(slog.New(slog.DiscardHandler))
		if !s.Match(is("old")) || s.Match(is("new")) {
			t.Fatal("before the change")
		}
		f.write("new\n")
		if !s.Match(is("new")) {
			t.Error("the new secret was refused though the file has it")
		}
		pass(credential.Grace - time.Nanosecond)
		if !s.Match(is("old")) {
			t.Error("the secret before was refused within its grace")
		}
		pass(time.Nanosecond)
		if s.Match(is("old")) {
			t.Error("the secret before holds for ever")
		}
		if got := joined(s); got != "new" {
			t.Errorf("good are %s", got)
		}
	})
}

// A file that is written in place is empty first: who comes then waits for it.
func TestMatchWhileTheFileIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFile(t, "old")
		s := f.set(slog.New(slog.DiscardHandler))
		f.write("")
		go func() { <-time.After(900 * time.Millisecond); f.write("new") }()
		if !s.Match(is("new")) {
			t.Error("the new secret was refused")
		}
		synctest.Wait()
		f.write("")
		if s.Match(is("x")) {
			t.Error("another secret was not")
		}
		pass(time.Minute)
		began := time.Now()
		if s.Match(is("x")) || time.Since(began) > 0 {
			t.Errorf("a file that stays empty was waited for, %v", time.Since(began))
		}
	})
}

// A secret that comes back is one of the file's again, and not one that ends.
func TestComeback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFile(t, "a")
		s := f.set(slog.New(slog.DiscardHandler))
		for _, content := range []string{"b", "a"} {
			f.write(content)
			s.Refresh()
		}
		if got := joined(s); got != "a b" {
			t.Errorf("good are %s", got)
		}
		pass(credential.Grace)
		if got := joined(s); got != "a" {
			t.Errorf("after the grace good are %s", got)
		}
	})
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFile(t, "aaa")
		s := f.set(slog.New(slog.DiscardHandler))
		fixed := credential.New(config.Setting{Name: "FIXED", Value: "x"}, time.Now, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { credential.Watch(ctx, []*credential.Set{fixed, s}); close(done) }()
		f.keep("bbb") // neither size nor time tells it
		pass(time.Second + time.Nanosecond)
		if got := joined(s); got != "bbb aaa" {
			t.Errorf("good are %s", got)
		}
		cancel()
		<-done
	})
}

func TestUnusableFileKeepsTheLastGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logged
		f := newFile(t, "good-one")
		s := f.set(slog.New(slog.NewTextHandler(&log, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { credential.Watch(ctx, []*credential.Set{s}); close(done) }()
		for _, content := range []string{" \n", "your_random_secret_here"} {
			f.write(content)
			pass(credential.Grace * 2)
			if got := joined(s); got != "good-one" {
				t.Errorf("%q: good are %s", content, got)
			}
			all := log.take()
			if n := strings.Count(all, "level=WARN"); n != 1 || strings.Contains(all, "-one") || strings.Contains(all, "your_random") {
				t.Errorf("%q: logged %d times, or a secret: %s", content, n, all)
			}
		}
		if err := os.Remove(f.path); err != nil {
			t.Fatal(err)
		}
		pass(credential.Grace * 2)
		if got := joined(s); got != "good-one" {
			t.Errorf("no file: good are %s", got)
		}
		f.write("next-one")
		pass(2 * time.Second)
		if got := joined(s); got != "next-one good-one" {
			t.Errorf("good are %s", got)
		}
		cancel()
		<-done
		if all := log.take(); strings.Contains(all, "-one") || !strings.Contains(all, "secrets read again") {
			t.Errorf("a secret was logged, or nothing: %s", all)
		}
	})
}

func TestSeveral(t *testing.T) {
	f := newFile(t, "a,b\r\nc\n")
	s := f.set(slog.New(slog.DiscardHandler))
	for token, want := range map[string]bool{"a": true, "b": true, "c": true, "": false, "a,b": false, "d": false} {
		if s.Match(is(token)) != want {
			t.Errorf("%q: %v", token, !want)
		}
	}
	none := credential.New(config.Setting{Name: "NONE"}, time.Now, slog.New(slog.DiscardHandler))
	if none.Any() || none.Match(is("")) || none.Match(is("a")) {
		t.Error("a set without secrets matches")
	}
	if credential.Equal([][]byte{{}}, "") {
		t.Error("an empty token matches an empty secret")
	}
}

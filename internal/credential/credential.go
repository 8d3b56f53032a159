package credential

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
)

const (
	// Grace is how long a secret that left its file stays good: requests made
	// with it are on their way, and the other side may need a moment to change.
	Grace = 30 * time.Second
	// pollEvery bounds how long a change stays unseen that no request asks for.
	pollEvery = time.Second
	// A file that is written in place is empty for an instant, which a busy disk makes
	// long. One that can't be used for longer than rewriteTime is not being written.
	rewriteTime = time.Second
	rewriteWait = 10 * time.Millisecond
)

// Set is the secrets of one setting. It may be used by several at once.
type Set struct {
	name, file string
	now        func() time.Time
	log        *slog.Logger
	state      atomic.Pointer[state]

	reading sync.Mutex
	problem string // that was logged last; "" once the file is well
}

// state is what was read at one time. It never changes.
type state struct {
	stat    os.FileInfo // of the file when it was read; nil if there was none
	current [][]byte
	retired []retired
	// Since when the file can't be used; zero while it can.
	broken time.Time
}

type retired struct {
	secret []byte
	until  time.Time
}

// New makes a set of a setting's values. now tells the time that Grace is
// measured by; the log names the setting and the file, never a secret.
func New(from config.Setting, now func() time.Time, log *slog.Logger) *Set {
	s := &Set{name: from.Name, file: from.File, now: now, log: log}
	s.state.Store(&state{current: bytesOf(from.Values())})
	s.Refresh()
	return s
}

// Name is the setting's, and File what its NAME_FILE names, or "".
func (s *Set) Name() string { return s.name }

// File is the file that the secrets are read from; "" if they never change.
func (s *Set) File() string { return s.file }

// Secrets are those that are good now: the file's in its order, then those that
// left it within Grace. The caller doesn't change them.
func (s *Set) Secrets() [][]byte { return s.state.Load().good(s.now()) }

// Any tells whether there is a secret.
func (s *Set) Any() bool { return len(s.state.Load().current) > 0 }

// Match tells whether right holds for the secrets. If not, and the file is
// another one by now, it is read at once and right is asked again: a request
// made with a new secret may come before anybody looked. While a file is being
// written, and holds nothing yet, that is waited for, until a second after it was first
// seen so: a provider does not repeat what was refused.
func (s *Set) Match(right func(secrets [][]byte) bool) bool {
	before := s.state.Load()
	if right(before.good(s.now())) {
		return true
	}
	s.Refresh()
	for s.state.Load().rewriting(s.now()) {
		<-time.After(rewriteWait)
		s.Refresh()
	}
	after := s.state.Load()
	return after != before && right(after.good(s.now()))
}

// Hold adds a secret that is good until the program ends, to a set without a
// file: one that came on the way and is kept nowhere else.
func (s *Set) Hold(secret string) {
	s.reading.Lock()
	defer s.reading.Unlock()
	before := s.state.Load()
	s.state.Store(&state{stat: before.stat, current: append(slices.Clone(before.current), []byte(secret)), retired: before.retired})
}

// Refresh reads the file if its inode, size or time is not that of last time.
func (s *Set) Refresh() {
	if s.file == "" {
		return
	}
	if info, err := os.Stat(s.file); err == nil && !same(info, s.state.Load().stat) {
		s.read()
	}
}

// Watch reads the files of all sets every second until ctx is done: by content,
// because a file can be rewritten with its size and time unchanged.
func Watch(ctx context.Context, sets []*Set) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, s := range sets {
			if s.file != "" {
				s.read()
			}
		}
	}
}

// read takes over what the file holds. A file that can't be used leaves the
// secrets as they are, and is logged once.
func (s *Set) read() {
	s.reading.Lock()
	defer s.reading.Unlock()
	// Before the content: a file that changes in between is another one next time.
	info, err := os.Stat(s.file)
	var content []byte
	if err == nil {
		content, err = os.ReadFile(s.file)
	}
	secrets := config.Split(string(content))
	if err == nil {
		err = usable(secrets)
	}
	before := s.state.Load()
	if err != nil {
		s.troubled(err)
		next := &state{stat: info, current: before.current, retired: before.retired, broken: before.broken}
		if next.broken.IsZero() {
			next.broken = s.now()
		}
		s.state.Store(next)
		return
	}
	s.problem = ""
	next := before.replaced(info, bytesOf(secrets), s.now())
	if !equal(next.current, before.current) {
		s.log.Info("secrets read again", "setting", s.name, "file", s.file, "secrets", len(next.current))
	} else if before.broken.IsZero() && same(info, before.stat) && len(next.retired) == len(before.retired) {
		return // nothing is new: keep the one that Match compares
	}
	s.state.Store(next)
}

func (s *Set) troubled(err error) {
	if s.problem == err.Error() {
		return
	}
	s.problem = err.Error()
	s.log.Warn("secrets not read again: those read before still hold", "setting", s.name, "file", s.file, "error", err)
}

func usable(secrets []string) error {
	if len(secrets) == 0 {
		return errors.New("the file is empty")
	}
	if slices.ContainsFunc(secrets, Example) {
		return errExample
	}
	return nil
}

// rewriting tells whether the file can't be used only since a moment ago.
func (s *state) rewriting(now time.Time) bool {
	return !s.broken.IsZero() && now.Sub(s.broken) < rewriteTime
}

// good are the secrets at a time.
func (s *state) good(now time.Time) [][]byte {
	if len(s.retired) == 0 {
		return s.current
	}
	all := slices.Clone(s.current)
	for _, r := range s.retired {
		if now.Before(r.until) {
			all = append(all, r.secret)
		}
	}
	return all
}

// replaced is the state in which secrets are good, and for a while those before.
func (s *state) replaced(stat os.FileInfo, secrets [][]byte, now time.Time) *state {
	next := &state{stat: stat, current: secrets}
	for _, r := range s.retired {
		if now.Before(r.until) && !contains(secrets, r.secret) {
			next.retired = append(next.retired, r)
		}
	}
	for _, secret := range s.current {
		if !contains(secrets, secret) {
			next.retired = append(next.retired, retired{secret, now.Add(Grace)})
		}
	}
	return next
}

func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

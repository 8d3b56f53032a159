package tools

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func TestRetentionIsRead(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 30 * 24 * time.Hour, "12h": 12 * time.Hour, "30d": 30 * 24 * time.Hour, "52w": 52 * 7 * 24 * time.Hour, "0": 0} {
		var cfg Config
		err := config.Parse(&cfg, "tools", "", nil, only("RETAIN_BODIES", text))
		if err != nil || time.Duration(cfg.RetainBodies) != want {
			t.Errorf("%q is %v, %v; want %v", text, time.Duration(cfg.RetainBodies), err, want)
		}
	}
	for _, text := range []string{"30", "d", "-1d", "1.5d", "30 days", "0d", "99999w", "30m", "∞"} {
		var cfg Config
		err := config.Parse(&cfg, "tools", "", nil, only("RETAIN_BODIES", text))
		if err == nil || !strings.Contains(err.Error(), "RETAIN_BODIES") || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), "30d or 52w") {
			t.Errorf("%q: %v, want an error with setting, value and remedy", text, err)
		}
	}
}

// only is an environment with one variable, or with none where its value is "".
func only(name, value string) config.Lookup {
	return func(asked string) (string, bool) {
		if asked != name || value == "" {
			return "", false
		}
		return value, true
	}
}

// bodies are the times at which bodies were received.
type bodies struct {
	ledger.Keeper
	mu    sync.Mutex
	times []time.Time
	tidy  int
	fail  error
}

// state is how many are left, and how often was tidied.
func (b *bodies) state() (left, tidied int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.times), b.tidy
}

func (b *bodies) failWith(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = err
}

// lines is a log that is read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (b *bodies) PruneBodies(_ context.Context, before time.Time, limit int) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n < limit && n < len(b.times) && b.times[n].Before(before) {
		n++
	}
	b.times = b.times[n:]
	return n, b.fail
}

func (b *bodies) Tidy(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tidy++
	return b.fail
}

func TestBodiesAreRemovedAtTheStartAndEveryHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		start, kept := time.Now(), &bodies{}
		for n := range 2500 {
			kept.times = append(kept.times, start.Add(-time.Hour-time.Duration(2500-n)*time.Second))
		}
		for n := range 10 {
			kept.times = append(kept.times, start.Add(-30*time.Minute+time.Duration(n)*time.Second))
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		r := retention{keeper: kept, keep: time.Hour, now: time.Now, log: slog.New(slog.NewTextHandler(&log, nil))}
		go func() { defer close(done); r.run(ctx) }()
		synctest.Wait()
		if left, _ := kept.state(); left != 10 || !strings.Contains(log.String(), "bodies=2500") {
			t.Errorf("%d bodies are left at the start, want 10; log: %s", left, log.String())
		}
		<-time.After(59 * time.Minute) // The bubble's clock.
		synctest.Wait()
		if left, _ := kept.state(); left != 10 {
			t.Errorf("%d bodies are left before the hour is over", left)
		}
		kept.failWith(errors.New("away"))
		<-time.After(2 * time.Minute)
		synctest.Wait()
		if !strings.Contains(log.String(), "away") {
			t.Errorf("a failure is not logged: %s", log.String())
		}
		kept.failWith(nil)
		<-time.After(time.Hour)
		synctest.Wait()
		if left, tidied := kept.state(); left != 0 || tidied != 3 {
			t.Errorf("%d bodies are left, tidied %d times", left, tidied)
		}
		stop()
		<-done
	})
}

func TestBodiesAreKeptForEver(t *testing.T) {
	kept := &bodies{times: make([]time.Time, 3)}
	retention{keeper: kept, now: time.Now, log: slog.New(slog.DiscardHandler)}.turn(t.Context())
	if len(kept.times) != 3 {
		t.Errorf("%d of 3 bodies are kept", len(kept.times))
	}
}

package tools

import (
	"context"
	"errors"
	"testing"
	"time"
)

// /readyz committed to the ledger for each request of anybody.
func TestPulseAsksOnceASecond(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	asked, away := 0, error(nil)
	p := &pulse{now: func() time.Time { return now }, ping: func(ctx context.Context) error {
		asked++
		return errors.Join(away, ctx.Err())
	}}
	gone, leave := context.WithCancel(t.Context())
	leave()
	check := func(wantAsked int, want error) {
		t.Helper()
		if err := p.check(gone); !errors.Is(err, want) || err != nil && want == nil || asked != wantAsked {
			t.Errorf("%v after %d questions, want %v after %d", err, asked, want, wantAsked)
		}
	}
	check(1, nil)
	broken := errors.New("away")
	away = broken
	now = now.Add(pulseAge - 1)
	check(1, nil)
	now = now.Add(1)
	check(2, broken)
	away = nil
	check(2, broken)
	now = now.Add(pulseAge)
	check(3, nil)
	now = now.Add(-time.Hour) // a clock set back holds no answer for an hour
	check(4, nil)
}

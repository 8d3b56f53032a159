package ledgertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func lifeEntries() []entry {
	return []entry{
		{"an operation past its deadline is dropped", checkDeadline, breaking(func(b *broken) {
			b.open = func(ctx context.Context, o ledger.Opening) (ledger.Opened, error) {
				return b.Ledger.Open(context.WithoutCancel(ctx), o)
			}
		})},
		{"a closed store is unavailable", checkClosed, breaking(func(b *broken) { b.close = func() error { return nil } })},
		{"what was written is there after opening again", checkReopen, func(open Opener) Opener {
			return func(t testing.TB, _ string, now func() time.Time) Ledger { return open(t, t.TempDir(), now) }
		}},
	}
}

func checkDeadline(h *harness) {
	past, cancel := context.WithDeadline(h.ctx, time.Unix(1, 0))
	defer cancel()
	if _, err := h.Open(past, opening(1, event(1))); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ledger.ErrUnavailable) {
		h.Errorf("open past its deadline: %v, want a deadline and nothing unknown", err)
	}
	cancelled, cancel := context.WithCancel(h.ctx)
	cancel()
	if _, err := h.Open(cancelled, opening(1, event(1))); !errors.Is(err, context.Canceled) || errors.Is(err, ledger.ErrUnavailable) {
		h.Errorf("a cancelled open: %v", err)
	}
	if _, err := h.Run(past, ledger.RunID(id(kindRun, 1))); !errors.Is(err, context.DeadlineExceeded) {
		h.Errorf("run past its deadline: %v", err)
	}
	list, _, err := h.List(h.ctx, ledger.Query{Limit: 10})
	h.ok(err)
	if len(list) != 0 {
		h.Errorf("%d runs were opened past the deadline", len(list))
	}
}

func checkClosed(h *harness) {
	h.ok(h.Ping(h.ctx))
	run := h.opened(1)
	h.ok(h.Close())
	methods := map[string]func() error{
		"Open":   func() error { _, err := h.Open(h.ctx, opening(2, event(2))); return err },
		"Known":  func() error { _, err := h.Known(h.ctx, change, nil); return err },
		"Pin":    func() error { _, err := h.Pin(h.ctx, ledger.Pinning{Run: run, Plan: plan("a")}); return err },
		"Record": func() error { _, err := h.Record(h.ctx, run, nil); return err },
		"Claim":  func() error { _, err := h.Claim(h.ctx, us, 1, runLease); return err },
		"LeaseCalls": func() error {
			_, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 1, Lease: callLease})
			return err
		},
		"Resolve": func() error {
			_, _, err := h.Resolve(h.ctx, us, ledger.Resolution{Call: "x", Shown: &toolsv1.Call{}})
			return err
		},
		"Spent":    func() error { _, err := h.Spent(h.ctx, ledger.Budget{Place: repo, Most: 1}); return err },
		"Made":     func() error { _, err := h.Made(h.ctx, nil, nil, h.clock.Now()); return err },
		"Remember": func() error { return h.Remember(h.ctx, run, project.Delta{}) },
		"Retry":    func() error { _, err := h.Retry(h.ctx, run, ledger.Retrying{}); return err },
		"Decide":   func() error { _, err := h.Decide(h.ctx, run, ledger.Deciding{}); return err },
		"Accounts": func() error { _, err := h.Accounts(h.ctx); return err },
		"Pace":     func() error { _, _, err := h.Pace(h.ctx, "notion", time.Second, time.Second); return err },
		"Extend":   func() error { _, err := h.Extend(h.ctx, us, "x", h.clock.Now(), h.clock.Now()); return err },
		"Restart":  func() error { _, err := h.Restart(h.ctx, run, nil); return err },
		"Run":      func() error { _, err := h.Run(h.ctx, run); return err },
		"List":     func() error { _, _, err := h.List(h.ctx, ledger.Query{Limit: 1}); return err },
		"Changed":  func() error { _, _, err := h.Changed(h.ctx, 0, 1); return err },
		"Timeline": func() error { _, err := h.Timeline(h.ctx, change, 1); return err },
		"Linked":   func() error { _, err := h.Linked(h.ctx, []string{change}, 1); return err },
		"Entities": func() error { _, err := h.Entities(h.ctx, []string{change}); return err },
		"Ping":     func() error { return h.Ping(h.ctx) },
		"ID":       func() error { _, err := h.ID(h.ctx); return err },
		"Hold":     func() error { _, _, err := h.Hold(h.ctx, theSink, us, sinkLease); return err },
		"Fix":      func() error { _, err := h.Fix(h.ctx, theSink, us, 1); return err },
		"Confirm":  func() error { return h.Confirm(h.ctx, theSink, us, 1) },
		"Rewind":   func() error { return h.Rewind(h.ctx, theSink, 0) },
		"Park":     func() error { return h.Park(h.ctx, theSink, ledger.Parked{}) },
		"SetAside": func() error { _, err := h.SetAside(h.ctx, theSink, ledger.Position{Seq: 1}); return err },
		"Lag":      func() error { _, err := h.Lag(h.ctx, theSink); return err },
		"Rows":     func() error { _, err := h.Rows(h.ctx, ledger.Keys{Events: []string{"x"}}); return err },
		"Scan":     func() error { _, _, err := h.Scan(h.ctx, ledger.Events, "", 1); return err },
	}
	for name, method := range methods {
		if err := method(); !errors.Is(err, ledger.ErrUnavailable) {
			h.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
	}
	h.ok(h.Close()) // Twice is harmless.
}

func checkReopen(h *harness) {
	h.pinned(1, h.intent(1, 1, "set"), h.queued(2, 2, "upsert"))
	h.settle(1, "done", "")
	before, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1)))
	h.ok(err)
	remembered := h.remembered()
	_, cursor, err := h.Changed(h.ctx, -1, 1)
	h.ok(err)
	h.ok(h.Close())

	h.reopen()
	after, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1)))
	h.ok(err)
	if diff := cmp.Diff(before, after, protocmp.Transform()); diff != "" {
		h.Errorf("run: %s", diff)
	}
	if diff := cmp.Diff(remembered, h.remembered(), protocmp.Transform()); diff != "" {
		h.Errorf("memory: %s", diff)
	}
	if _, again, err := h.Changed(h.ctx, -1, 1); err != nil || again != cursor {
		h.Errorf("cursor %d, %v; want %d", again, err, cursor)
	}
	o, err := h.Open(h.ctx, opening(2, event(1)))
	h.ok(err)
	if o.Created {
		h.Errorf("an event was forgotten")
	}
	if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, 2) {
		h.Errorf("leased %v, want the call that was queued before", got)
	}
}

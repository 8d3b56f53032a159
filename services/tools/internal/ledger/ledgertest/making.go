package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func madeEntries() []entry {
	var n atomic.Int32
	return []entry{
		{"calls are counted by actor and by place", checkSpent, breakPin(func(p *ledger.Pinning) {
			for i := range p.Calls {
				p.Calls[i].Actor = "github:user:ana"
			}
		})},
		{"a call that waits for its target is counted too", checkSpentWaiting, breakPin(func(p *ledger.Pinning) {
			for i := range p.Calls {
				if len(p.Calls[i].Needs) > 0 {
					p.Calls[i].Actor, p.Calls[i].Place = "", ""
				}
			}
		})},
		{"effects of ours are known by target and by key", checkMade, breaking(func(b *broken) {
			b.made = func(ctx context.Context, targets, _ []string, since time.Time) ([]ledger.Effect, error) {
				return b.Ledger.Made(ctx, targets, nil, since)
			}
		})},
		{"an effect is as new as its last attempt", checkMadeLate, breaking(func(b *broken) {
			b.made = func(ctx context.Context, targets, keys []string, since time.Time) (effects []ledger.Effect, err error) {
				return b.Ledger.Made(ctx, targets, keys, since.Add(time.Hour))
			}
		})},
		{"one read of an object waits", checkReadOnce, breakPin(func(p *ledger.Pinning) {
			for _, c := range p.Calls {
				c.Shown.EffectKey = fmt.Sprint("own", n.Add(1))
			}
		})},
		{"a read that stands for a later one is as long to be made", checkReadAsLong, breakPin(func(p *ledger.Pinning) {
			for _, c := range p.Calls {
				c.Shown.EffectKey = fmt.Sprint("own", n.Add(1))
			}
		})},
		{"what a read saw is remembered", checkRemember, breaking(func(b *broken) {
			b.remember = func(ctx context.Context, run ledger.RunID, _ project.Delta) error {
				return b.Ledger.Remember(ctx, run, project.Delta{})
			}
		})},
	}
}

// by is the n-th call, caused by somebody somewhere.
func (h *harness) by(n int, actor, place, state string) ledger.Call {
	c := h.queued(n, n, "set")
	c.Actor, c.Place, c.Shown.State = actor, place, state
	return c
}

func checkSpent(h *harness) {
	const bob = "github:user:bob"
	h.pinned(1, h.by(1, ana, repo, "queued"))
	h.clock.advance(2 * time.Hour)
	h.pinned(2, h.by(2, ana, repo, "queued"), h.by(3, ana, repo, "held"), h.by(4, ana, repo, "refused"))
	dry := h.by(5, ana, repo, "queued")
	dry.Mode = "dry_run"
	read := h.by(6, ana, repo, "queued")
	read.Shown.Class = "read"
	h.pinned(3, dry, read, h.by(7, bob, repo, "queued"))
	h.pinned(4, h.by(8, ana, "github:repo:acme/web", "queued"))
	for _, c := range []struct {
		budget ledger.Budget
		want   uint32
	}{
		{ledger.Budget{Actor: ana, Most: 9}, 2},
		{ledger.Budget{Place: repo, Most: 9}, 2},
		{ledger.Budget{Actor: bob, Most: 9}, 1},
		{ledger.Budget{Actor: ana, Most: 1}, 1}, // No more is asked.
		{ledger.Budget{Most: 9}, 0},
	} {
		if n, err := h.Spent(h.ctx, c.budget); err != nil || n != c.want {
			h.Errorf("%+v: %d, %v; want %d", c.budget, n, err, c.want)
		}
	}
}

// One whose target is what another one makes counted against no budget, ever.
func checkSpentWaiting(h *harness) {
	create, waiting := h.intent(1, 1, "create"), h.needing(2, 1)
	for _, c := range []*ledger.Call{&create, &waiting} {
		c.Actor, c.Place = ana, repo
	}
	memory := h.by(3, ana, repo, "done")
	memory.Shown.Class = "memory"
	h.pinned(1, create, waiting, memory)
	want := func(n uint32) {
		h.Helper()
		for _, b := range []ledger.Budget{{Actor: ana, Most: 9}, {Place: repo, Most: 9}} {
			if got, err := h.Spent(h.ctx, b); err != nil || got != n {
				h.Errorf("%+v: %d, %v; want %d", b, got, err, n)
			}
		}
	}
	want(2)
	h.record(1, 1, "done")
	h.lease(us)
	if _, ok, err := h.Resolve(h.ctx, us, h.resolution(2, 2, "queued", "")); err != nil || !ok {
		h.Errorf("resolved %v, %v", ok, err)
	}
	want(2)
	h.record(1, 2, "done")
	want(2)
}

func checkMade(h *harness) {
	h.pinned(1, h.intent(1, 1, "upsert"))
	h.record(1, 1, "done")
	h.clock.advance(time.Hour)
	since := h.clock.Now()
	elsewhere := h.intent(2, 2, "set")
	elsewhere.Shown.Target = "jira:issue:ACME-8"
	refused := h.queued(3, 3, "set")
	refused.Shown.State = "refused"
	h.pinned(2, elsewhere, refused, h.intent(4, 4, "set"))
	keys := func(targets, keys []string) (got []string) {
		made, err := h.Made(h.ctx, targets, keys, since)
		h.ok(err)
		for _, e := range made {
			got = append(got, string(e.Key))
		}
		return got
	}
	for i, c := range []struct{ got, want []string }{
		{keys([]string{issue}, nil), []string{id(kindEffect, 4)}},
		{keys([]string{issue, "jira:issue:ACME-8"}, nil), []string{id(kindEffect, 2), id(kindEffect, 4)}},
		{keys(nil, []string{id(kindEffect, 1), id(kindEffect, 3), id(kindEffect, 900)}), []string{id(kindEffect, 1)}},
		{keys([]string{"jira:issue:ACME-9"}, nil), nil},
	} {
		slices.Sort(c.got)
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			h.Errorf("%d: %s", i, diff)
		}
	}
	made, err := h.Made(h.ctx, nil, []string{id(kindEffect, 1)}, since)
	h.ok(err)
	if len(made) != 1 {
		h.Fatalf("%d effects of one key", len(made))
	}
	if e := made[0]; e.Tool != "jira.transition" || e.Target != issue || e.Ref != issue || e.Payload.GetFields()["status"].GetStringValue() != "Done" || !e.Latest.Equal(since.Add(8*time.Second-time.Hour)) {
		h.Errorf("effect %+v", e)
	}
}

// What waited for its provider and was made much later than it was planned: its own webhook
// was no longer known to be of our making.
func checkMadeLate(h *harness) {
	h.pinned(1, h.queued(1, 1, "set"))
	h.clock.advance(30 * time.Minute)
	h.lease(us)
	until := h.clock.Now().Add(8 * time.Second)
	begun, err := h.Extend(h.ctx, us, ledger.CallID(id(kindCall, 1)), until, until.Add(12*time.Second))
	h.ok(err)
	h.settle(1, "done", "")
	h.clock.advance(time.Minute)
	made, err := h.Made(h.ctx, []string{issue}, nil, h.clock.Now().Add(-10*time.Minute))
	h.ok(err)
	if !begun || len(made) != 1 || !made[0].Latest.Equal(until) {
		h.Errorf("begun %v, made %+v; want one whose last attempt ended at %v", begun, made, until)
	}
	made, err = h.Made(h.ctx, []string{issue}, nil, until.Add(time.Second))
	h.ok(err)
	if len(made) != 0 {
		h.Errorf("made %+v since its last attempt", made)
	}
}

// A read that is under way may not see what happened since: skipped as the same, the
// last event of a page left its newest state unread.
func checkReadOnce(h *harness) {
	reading := func(n int) ledger.Call { // held by us, and not begun
		c := h.intent(n, 1, "read")
		c.Shown.State, c.NotAfter, c.LookAt = "queued", time.Time{}, time.Time{}
		return c
	}
	begin := func(n int) {
		h.Helper()
		now := h.clock.Now()
		if ok, err := h.Extend(h.ctx, us, ledger.CallID(id(kindCall, n)), now.Add(time.Second), now.Add(5*time.Second)); err != nil || !ok {
			h.Errorf("begun: %v, %v", ok, err)
		}
	}
	if p := h.pinned(1, reading(1)); len(p.Leased) != 1 || len(h.lease(them)) != 0 {
		h.Errorf("it is not its caller's: %v", p.Leased)
	}
	h.pinned(2, reading(2))
	h.wantCall(2, "skipped", "same_as")
	if got := h.call(2).GetSameAs(); got != id(kindCall, 1) {
		h.Errorf("same as %q, want %q", got, id(kindCall, 1))
	}
	begin(1)
	h.pinned(3, reading(3))
	h.wantCall(3, "queued", "")
	h.pinned(4, reading(4))
	h.wantCall(4, "skipped", "same_as")
	begin(3) // Two are under way.
	h.settle(1, "done", "")
	h.settle(3, "queued", "provider_away") // It is read anew.
	h.pinned(5, reading(5))
	h.wantCall(5, "skipped", "same_as")
	if got := h.call(5).GetSameAs(); got != id(kindCall, 3) {
		h.Errorf("same as %q, want %q", got, id(kindCall, 3))
	}
	h.lease(us)
	begin(3)
	h.settle(3, "done", "")
	h.pinned(6, reading(6)) // What was read before may have changed.
	h.wantCall(6, "queued", "")
}

// Nobody can read for an hour, and shortly before its end the page changes again: the read
// that stood for that ran out, and the newest state was left unread.
func checkReadAsLong(h *harness) {
	reading := func(n int) ledger.Call { return h.queued(n, 1, "read") }
	h.pinned(1, reading(1))
	h.clock.advance(59 * time.Minute)
	h.pinned(2, reading(2))
	h.wantCall(2, "skipped", "same_as")
	h.clock.advance(2 * time.Minute)
	if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, 1) {
		h.Errorf("leased %v, want the read that stands for both", got)
	}
	h.settle(1, "queued", "provider_away") // What is recorded of it takes nothing back.
	h.clock.advance(57 * time.Minute)
	if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, 1) {
		h.Errorf("leased %v, want the read that stands for both", got)
	}
	h.clock.advance(2 * time.Minute)
	h.lease(us)
	h.wantCall(1, "failed", "expired")
}

func checkRemember(h *harness) {
	run := ledger.RunID(h.pinned(1, h.intent(1, 1, "read")).Run.GetRunId())
	at := h.clock.Now()
	delta := project.Delta{Observations: []project.Observation{{Subject: issue, Name: "page.status", SubKey: "call", At: at, Value: "Done", Place: repo}}}
	_, ok, err := h.Hold(h.ctx, theSink, us, sinkLease)
	h.ok(err)
	before, err := h.Lag(h.ctx, theSink)
	h.ok(err)
	for range 2 { // Its first answer was lost.
		h.ok(h.Remember(h.ctx, run, delta))
	}
	got, err := h.Timeline(h.ctx, issue, 10)
	h.ok(err)
	want := []fact.Observed{{Subject: issue, Name: "page.status", SubKey: "call", At: at, Value: "Done", Place: repo, EventID: event(1).GetId(), Authn: ledger.Signature}}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("observations: %s", diff)
	}
	after, err := h.Lag(h.ctx, theSink)
	h.ok(err)
	if !ok || after.Entries != before.Entries+2 {
		h.Errorf("the outbox has %d entries more, want 2", after.Entries-before.Entries)
	}
}

package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func pinEntries() []entry {
	return []entry{
		{"pin fixes the first plan", checkPin, breakPinned(func(p *ledger.Pinned) { p.Accepted = true })},
		{"pin knows an identical plan", checkSamePlan, breakPinned(func(p *ledger.Pinned) { p.Same = false })},
		{"pin accepts one of many at once", checkConcurrentPin, breakPinned(func(p *ledger.Pinned) { p.Accepted = true })},
		{"pin decides a run without open calls", checkPinDecides, breaking(func(b *broken) {
			b.run = func(ctx context.Context, id ledger.RunID) (ledger.Stored, error) {
				s, err := b.Ledger.Run(ctx, id)
				s.Run.DecidedAt = nil
				return s, err
			}
		})},
		{"pin writes what the plan remembers", checkPinDelta, breakPin(func(p *ledger.Pinning) { p.Delta = project.Delta{} })},
		{"pin writes everything or nothing", checkPinAtomic, breakPin(func(p *ledger.Pinning) { p.Calls = p.Calls[:min(1, len(p.Calls))] })},
		{"an unknown run is not found", checkNotFound, breaking(func(b *broken) {
			b.run = func(context.Context, ledger.RunID) (ledger.Stored, error) { return ledger.Stored{}, nil }
		})},
	}
}

func effectEntries() []entry {
	ownKeys := func() func(Opener) Opener {
		var n atomic.Int32
		return breakPin(func(p *ledger.Pinning) {
			for _, c := range p.Calls {
				c.Shown.EffectKey = fmt.Sprint("own", n.Add(1))
			}
		})
	}
	noVersions := breakPin(func(p *ledger.Pinning) {
		for i := range p.Calls {
			p.Calls[i].Version = time.Time{}
		}
	})
	return []entry{
		{"create and set hold their effect", checkSameAs, ownKeys()},
		{"an effect that failed is free", checkFailedFrees, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, _ []ledger.Outcome) (ledger.Stored, error) {
				return b.Ledger.Run(ctx, run)
			}
		})},
		{"a dry run holds no effect", checkDryRunHoldsNothing, breakPin(func(p *ledger.Pinning) {
			for i := range p.Calls {
				p.Calls[i].Mode = "act"
			}
		})},
		{"one of many at once holds an effect", checkConcurrentEffect, ownKeys()},
		{"an upsert of the same happening is the same", checkUpsertSame, ownKeys()},
		{"an upsert older than another is superseded", checkUpsertSuperseded, noVersions},
		{"an upsert that was begun is superseded too", checkBegunUpsertSuperseded, noVersions},
		{"an upsert waits for the one being performed", checkUpsertWaits, ownKeys()},
	}
}

func checkPin(h *harness) {
	run := h.opened(1)
	first := plan("a")
	p, err := h.Pin(h.ctx, ledger.Pinning{Run: run, Plan: first, Calls: []ledger.Call{h.intent(1, 1, "set")}})
	h.ok(err)
	if !p.Accepted || p.Same || len(p.Leased) != 1 || p.Run.GetDecidedAt() != nil {
		h.Fatalf("accepted %v, same %v, %d leased, decided %v", p.Accepted, p.Same, len(p.Leased), p.Run.GetDecidedAt())
	}
	want := h.intent(1, 1, "set")
	if got := p.Leased[0]; got.Run != run || got.Mode != "act" || !got.NotAfter.Equal(want.NotAfter) || !proto.Equal(got.Payload, want.Payload) {
		h.Errorf("leased %+v, want %+v", got, want)
	}
	second, err := h.Pin(h.ctx, ledger.Pinning{Run: run, Plan: plan("b"), Calls: []ledger.Call{h.intent(2, 2, "set")}})
	h.ok(err)
	if second.Accepted || second.Same || len(second.Leased) != 0 {
		h.Errorf("a second plan: accepted %v, same %v, %d leased", second.Accepted, second.Same, len(second.Leased))
	}
	stored, err := h.Run(h.ctx, run)
	h.ok(err)
	for _, r := range []*toolsv1.Run{p.Run, second.Run, stored.Run} {
		if diff := cmp.Diff(first, r.GetPlan(), protocmp.Transform()); diff != "" {
			h.Errorf("plan: %s", diff)
		}
		if diff := cmp.Diff([]*toolsv1.Call{want.Shown}, r.GetCalls(), protocmp.Transform()); diff != "" {
			h.Errorf("calls: %s", diff)
		}
	}
}

func checkSamePlan(h *harness) {
	h.pinned(1, h.intent(1, 1, "set"))
	p, err := h.Pin(h.ctx, ledger.Pinning{Run: ledger.RunID(id(kindRun, 1)), Plan: plan("change.updated"), Calls: []ledger.Call{h.intent(1, 1, "set")}})
	h.ok(err)
	if p.Accepted || !p.Same || len(p.Leased) != 0 || len(p.Run.GetCalls()) != 1 {
		h.Errorf("accepted %v, same %v, %d leased of %d calls", p.Accepted, p.Same, len(p.Leased), len(p.Run.GetCalls()))
	}
}

func checkConcurrentPin(h *harness) {
	run := h.opened(1)
	var accepted atomic.Int32
	together(64, func(i int) {
		p, err := h.Pin(h.ctx, ledger.Pinning{Run: run, Plan: plan(fmt.Sprint("class", i)), Calls: []ledger.Call{h.intent(i, i, "set")}})
		if err != nil {
			h.Errorf("pin: %v", err)
			return
		}
		if p.Accepted {
			accepted.Add(1)
		}
	})
	if accepted.Load() != 1 {
		h.Errorf("%d plans were accepted", accepted.Load())
	}
	s, err := h.Run(h.ctx, run)
	h.ok(err)
	if len(s.Run.GetCalls()) != 1 {
		h.Errorf("%d calls, want those of one plan", len(s.Run.GetCalls()))
	}
}

func checkPinDecides(h *harness) {
	held := h.queued(1, 1, "set")
	held.Shown.State, held.Shown.Reason = "held", "tier"
	for n, calls := range [][]ledger.Call{nil, {held}} {
		run := h.opened(n)
		_, err := h.Pin(h.ctx, ledger.Pinning{Run: run, Plan: &toolsv1.Plan{}, Calls: calls})
		h.ok(err)
		s, err := h.Run(h.ctx, run)
		h.ok(err)
		if s.Run.GetPlan() == nil || !s.Run.GetDecidedAt().AsTime().Equal(h.clock.Now()) {
			h.Errorf("%d calls: plan %v, decided at %v", len(calls), s.Run.GetPlan(), s.Run.GetDecidedAt())
		}
	}
	h.clock.advance(time.Hour)
	list, err := h.Claim(h.ctx, them, 10, runLease)
	h.ok(err)
	if len(list) != 0 {
		h.Errorf("a run whose plan is empty was claimed")
	}
}

func checkPinDelta(h *harness) {
	run := h.opened(1)
	at := h.clock.Now()
	delta := project.Delta{Observations: []project.Observation{{Subject: issue, Name: "seen", SubKey: "rule", At: at, Value: "yes", Place: repo, Actor: "github:user:ana"}}}
	memory := h.queued(1, 1, "memory")
	memory.Shown.State = "done"
	for range 2 {
		_, err := h.Pin(h.ctx, ledger.Pinning{Run: run, Authn: ledger.Signature, Plan: plan("a"), Calls: []ledger.Call{memory}, Delta: delta})
		h.ok(err)
		// Only the accepted plan remembers.
		delta.Observations = []project.Observation{{Subject: issue, Name: "never", At: at}}
	}
	got, err := h.Timeline(h.ctx, issue, 10)
	h.ok(err)
	want := []fact.Observed{{Subject: issue, Name: "seen", SubKey: "rule", At: at, Value: "yes", Place: repo, Actor: "github:user:ana", EventID: event(1).GetId(), Authn: ledger.Signature}}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("observations: %s", diff)
	}
}

func checkPinAtomic(h *harness) {
	run := h.opened(1)
	twice := []ledger.Call{h.intent(1, 1, "set"), h.intent(1, 2, "set")}
	if _, err := h.Pin(h.ctx, ledger.Pinning{Run: run, Plan: plan("a"), Calls: twice}); err == nil || errors.Is(err, ledger.ErrUnavailable) {
		h.Errorf("two calls of one id: %v, want an error that doesn't blame the store", err)
	}
	s, err := h.Run(h.ctx, run)
	h.ok(err)
	if s.Run.GetPlan() != nil || len(s.Run.GetCalls()) != 0 {
		h.Errorf("half a plan was written: %v", s.Run)
	}
}

func checkNotFound(h *harness) {
	run := ledger.RunID(id(kindRun, 404))
	_, errRun := h.Run(h.ctx, run)
	_, errPin := h.Pin(h.ctx, ledger.Pinning{Run: run, Plan: plan("a")})
	_, errRecord := h.Record(h.ctx, run, nil)
	_, errRestart := h.Restart(h.ctx, run, nil)
	for method, err := range map[string]error{"Run": errRun, "Pin": errPin, "Record": errRecord, "Restart": errRestart} {
		if !errors.Is(err, ledger.ErrNotFound) {
			h.Errorf("%s: %v, want ErrNotFound", method, err)
		}
	}
}

func checkSameAs(h *harness) {
	n := 0
	for key, class := range []string{"create", "set"} {
		for _, state := range []string{"running", "queued", "done", "unknown"} {
			n += 2
			key := 10*key + n
			holder := h.intent(n, key, class)
			if state == "queued" {
				holder = h.queued(n, key, class)
			}
			h.pinned(n, holder)
			if state == "done" || state == "unknown" {
				h.settle(n, state, "")
			}
			p := h.pinned(n+1, h.intent(n+1, key, class))
			if len(p.Leased) != 0 {
				h.Errorf("%s: held while another is %s", class, state)
			}
			h.wantCall(n+1, "skipped", "same_as")
			if got := h.call(n + 1).GetSameAs(); got != id(kindCall, n) {
				h.Errorf("same as %q, want %q", got, id(kindCall, n))
			}
			if p.Run.GetDecidedAt() == nil {
				h.Errorf("a run whose only call is skipped is not decided")
			}
		}
	}
}

func checkFailedFrees(h *harness) {
	h.pinned(1, h.intent(1, 1, "create"))
	h.settle(1, "failed", "rejected")
	if p := h.pinned(2, h.intent(2, 1, "create")); len(p.Leased) != 1 {
		h.Errorf("a failed call still holds its effect")
	}
	h.wantCall(2, "running", "")
}

func checkDryRunHoldsNothing(h *harness) {
	dry := h.intent(1, 1, "set")
	dry.Mode = "dry_run"
	h.pinned(1, dry)
	if p := h.pinned(2, h.intent(2, 1, "set")); len(p.Leased) != 1 {
		h.Errorf("a dry run holds an effect")
	}
	dry = h.intent(3, 1, "set")
	dry.Mode = "dry_run"
	if p := h.pinned(3, dry); len(p.Leased) != 1 {
		h.Errorf("a dry run was kept from showing what it would do")
	}
}

func checkConcurrentEffect(h *harness) {
	var leased atomic.Int32
	together(32, func(i int) {
		o, err := h.Open(h.ctx, opening(i, event(i)))
		if err != nil {
			h.Errorf("open: %v", err)
			return
		}
		p, err := h.Pin(h.ctx, ledger.Pinning{Run: ledger.RunID(o.Run.GetRunId()), Plan: plan("a"), Calls: []ledger.Call{h.intent(i, 1, "set")}})
		if err != nil {
			h.Errorf("pin: %v", err)
			return
		}
		leased.Add(int32(len(p.Leased)))
	})
	if leased.Load() != 1 {
		h.Errorf("one effect was leased %d times", leased.Load())
	}
}

func checkUpsertSame(h *harness) {
	h.pinned(1, h.intent(1, 1, "upsert"))
	again := h.intent(2, 1, "upsert")
	again.Occurrence = h.intent(1, 1, "upsert").Occurrence
	h.pinned(2, again)
	h.wantCall(2, "skipped", "same_as")
	if got := h.call(2).GetSameAs(); got != id(kindCall, 1) {
		h.Errorf("same as %q, want %q", got, id(kindCall, 1))
	}
}

func checkUpsertSuperseded(h *harness) {
	h.pinned(1, h.intent(1, 1, "upsert"))
	h.settle(1, "done", "")
	older := h.intent(2, 1, "upsert")
	older.Version = older.Version.Add(-time.Second)
	h.pinned(2, older)
	h.wantCall(2, "skipped", "superseded")

	newer := h.intent(3, 1, "upsert")
	newer.Version = newer.Version.Add(time.Second)
	if p := h.pinned(3, newer); len(p.Leased) != 1 {
		h.Errorf("a newer upsert doesn't update what an older one did")
	}

	// It waited for its turn while a newer one was planned: whoever comes first, the newer one stands.
	waiting := h.queued(4, 2, "upsert")
	waiting.Version = waiting.Version.Add(-time.Second)
	h.pinned(4, waiting)
	h.pinned(5, h.intent(5, 2, "upsert"))
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v", got)
	}
	h.wantCall(4, "skipped", "superseded")
	if s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 4))); err != nil || s.Run.GetDecidedAt() == nil {
		h.Errorf("the run of a superseded call is not decided: %v", err)
	}
}

// An attempt whose outcome nobody recorded, made again after a later one was
// done, would put the older words back.
func checkBegunUpsertSuperseded(h *harness) {
	older := h.intent(1, 1, "upsert")
	older.Version = older.Version.Add(-time.Second)
	h.pinned(1, older)
	h.clock.advance(time.Minute)
	h.pinned(2, h.intent(2, 1, "upsert"))
	h.settle(2, "done", "")
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v", got)
	}
	h.wantCall(1, "skipped", "superseded")
	if list := h.call(1).GetEvidence(); len(list) != 1 || !strings.Contains(list[0].GetDetail(), "may have acted") {
		h.Errorf("evidence %v, want that it may have acted", list)
	}
}

func checkUpsertWaits(h *harness) {
	h.pinned(1, h.intent(1, 1, "upsert"))
	if p := h.pinned(2, h.intent(2, 1, "upsert")); len(p.Leased) != 0 {
		h.Errorf("two upserts of one key at once")
	}
	h.wantCall(2, "queued", "")
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v while another works on the key", got)
	}
	h.settle(1, "done", "")
	h.clock.advance(time.Microsecond)
	if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, 2) {
		h.Errorf("leased %v, want the one that waited", got)
	}
}

package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func needEntries() []entry {
	noNeeds := breakPin(func(p *ledger.Pinning) {
		for i := range p.Calls {
			p.Calls[i].Needs = nil
		}
	})
	return []entry{
		{"a call waits for those that it needs", checkNeeds, noNeeds},
		{"a call that needs what can't be done any more is skipped", checkNeedsInVain, noNeeds},
		{"a call waits for what is held", checkNeedsHeld, noNeeds},
		{"a call that was refused and is tried again too early is not lost", checkNeedsTooEarly, noNeeds},
		{"resolve gives a call its target, once", checkResolve, breaking(func(b *broken) {
			b.resolve = func(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (ledger.Call, bool, error) {
				r.Shown.Target = ""
				return b.Ledger.Resolve(ctx, owner, r)
			}
		})},
		{"resolve respects an effect taken by another", checkResolveTaken, breaking(func(b *broken) {
			b.resolve = func(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (ledger.Call, bool, error) {
				r.Shown.EffectKey = id(kindEffect, 900)
				return b.Ledger.Resolve(ctx, owner, r)
			}
		})},
		{"calls that wait don't stand in each other's way", checkNeedsSameKey, breaking(func(b *broken) {
			b.resolve = func(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (ledger.Call, bool, error) {
				r.Shown.State, r.Shown.Reason = "skipped", "same_as"
				return b.Ledger.Resolve(ctx, owner, r)
			}
		})},
	}
}

// needing is the n-th call, which waits for others of its run.
func (h *harness) needing(n int, needs ...int) ledger.Call {
	c := h.queued(n, n, "set")
	c.Shown.Reason, c.Shown.EffectKey, c.Shown.Target = "dependency", "", ""
	for _, need := range needs {
		c.Needs = append(c.Needs, ledger.CallID(id(kindCall, need)))
	}
	return c
}

// states are those of the n-th run's calls.
func (h *harness) states(n int) string {
	h.Helper()
	s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, n)))
	h.ok(err)
	var list []string
	for _, c := range s.Run.GetCalls() {
		list = append(list, c.GetState()+" "+c.GetReason())
	}
	return fmt.Sprintf("%q", list)
}

func (h *harness) wantStates(n int, want ...string) {
	h.Helper()
	if got := h.states(n); got != fmt.Sprintf("%q", want) {
		h.Errorf("run %d has calls %s, want %q", n, got, want)
	}
}

func (h *harness) record(n, call int, state string) {
	h.Helper()
	_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, n)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, call)), State: state, ResultRef: issue, Attempted: true}})
	h.ok(err)
}

func checkNeeds(h *harness) {
	h.pinned(1, h.intent(1, 1, "create"), h.intent(2, 2, "set"), h.needing(3, 1, 2), h.needing(4, 3))
	h.wantStates(1, "running ", "running ", "queued dependency", "queued dependency")
	h.record(1, 1, "done")
	h.clock.advance(2 * time.Hour) // Waiting, it does not run out.
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v: one needs a call that is not done", got)
	}
	h.wantStates(1, "done ", "unknown ", "skipped dependency", "skipped dependency")

	h.pinned(5, h.intent(5, 5, "create"), h.needing(6, 5))
	h.clock.advance(time.Second)
	h.record(5, 5, "done")
	h.wantStates(5, "done ", "queued dependency")
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 10, Lease: callLease})
	h.ok(err)
	if len(calls) != 1 || calls[0].Shown.GetCallId() != id(kindCall, 6) || len(calls[0].Needs) != 1 || calls[0].Needs[0] != ledger.CallID(id(kindCall, 5)) {
		h.Errorf("leased %v, want the one whose needs are met", calls)
	}
	// Whoever held it died before it was resolved.
	if h.clock.advance(callLease); len(h.lease(them)) != 1 {
		h.Errorf("not leased again")
	}
}

func checkNeedsInVain(h *harness) {
	for n, state := range []string{"failed", "unknown", "dry_run"} {
		h.pinned(n, h.intent(10+n, 10+n, "create"), h.needing(20+n, 10+n), h.needing(30+n, 20+n))
		h.record(n, 10+n, state)
		h.wantStates(n, state+" ", "skipped dependency", "skipped dependency")
		if s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, n))); err != nil || s.Run.GetDecidedAt() == nil {
			h.Errorf("the run is not decided: %v", err)
		}
	}
	refused := h.intent(40, 40, "create")
	refused.Shown.State, refused.Shown.Reason = "refused", "target"
	p := h.pinned(4, refused, h.needing(41, 40))
	h.wantStates(4, "refused target", "skipped dependency")
	if p.Run.GetDecidedAt() == nil {
		h.Errorf("nothing is open and the run is not decided")
	}

	// What failed is started again, and what needed it waits again.
	_, err := h.Restart(h.ctx, ledger.RunID(id(kindRun, 0)), h.asBefore(0))
	h.ok(err)
	h.wantStates(0, "queued ", "queued dependency", "queued dependency")
}

func checkNeedsHeld(h *harness) {
	held := h.queued(1, 1, "create")
	held.Shown.State, held.Shown.Reason = "held", "tier"
	// What waits for what is held is held with it: it never runs out, and kept the run
	// from being decided for ever.
	if p := h.pinned(1, held, h.needing(2, 1), h.needing(5, 2)); p.Run.GetDecidedAt() == nil {
		h.Errorf("nothing happens by itself and the run is not decided")
	}
	h.wantStates(1, "held tier", "held dependency", "held dependency")
	h.clock.advance(48 * time.Hour)
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v", got)
	}
	_, err := h.Decide(h.ctx, ledger.RunID(id(kindRun, 1)), ledger.Deciding{Call: ledger.CallID(id(kindCall, 2)), Approve: true, By: "ana"})
	if !errors.Is(err, ledger.ErrWaits) {
		h.Errorf("decided on what waits: %v", err)
	}
	_, err = h.Decide(h.ctx, ledger.RunID(id(kindRun, 1)), ledger.Deciding{Call: ledger.CallID(id(kindCall, 1)), Approve: true, By: "ana", Decided: h.asBefore(1)[0]})
	h.ok(err)
	h.wantStates(1, "queued ", "queued dependency", "queued dependency")
	if s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1))); err != nil || s.Run.GetDecidedAt() != nil {
		h.Errorf("decided, with calls that are queued: %v", err)
	}
	h.lease(us)
	h.record(1, 1, "done")
	if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, 2) {
		h.Errorf("leased %v, want the one that waited", got)
	}
	h.pinned(3, held3(h), h.needing(4, 3))
	_, err = h.Decide(h.ctx, ledger.RunID(id(kindRun, 3)), ledger.Deciding{Call: ledger.CallID(id(kindCall, 3)), By: "ana"})
	h.ok(err)
	h.wantStates(3, "refused rejected", "skipped dependency")
}

func held3(h *harness) ledger.Call {
	c := h.queued(3, 3, "create")
	c.Shown.State, c.Shown.Reason = "held", "tier"
	return c
}

// All calls of a run are refused, and tried again once policy lets them through: those that
// need others before those, or while policy refuses them still. What they need was not
// kept, and they were skipped for good.
func checkNeedsTooEarly(h *harness) {
	refused := func(c ledger.Call) ledger.Call {
		c.Shown.State, c.Shown.Reason = "refused", "kill_switch"
		return c
	}
	h.pinned(1, refused(h.queued(1, 1, "create")), refused(h.needing(2, 1)), refused(h.needing(3, 2)))
	retry := func(n, call int, state, reason string) {
		h.Helper()
		r := h.resolution(call, call, state, reason)
		_, err := h.Retry(h.ctx, ledger.RunID(id(kindRun, n)), ledger.Retrying{Call: r.Call, By: "ana", Decided: []ledger.Resolution{
			r, h.resolution(2, 2, "skipped", "dependency"), h.resolution(3, 3, "skipped", "dependency"),
		}})
		h.ok(err)
	}
	retry(1, 2, "refused", "kill_switch")
	h.wantStates(1, "refused kill_switch", "refused kill_switch", "refused kill_switch")
	retry(1, 2, "skipped", "dependency")
	retry(1, 3, "skipped", "dependency")
	h.wantStates(1, "refused kill_switch", "skipped dependency", "skipped dependency")
	retry(1, 1, "queued", "")
	h.wantStates(1, "queued ", "queued dependency", "queued dependency")
	h.lease(us)
	h.record(1, 1, "done")
	if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, 2) {
		h.Fatalf("leased %v, want the one whose needs are met", got)
	}
	if _, ok, err := h.Resolve(h.ctx, us, h.resolution(2, 2, "queued", "")); err != nil || !ok {
		h.Errorf("resolved: %v, %v", ok, err)
	}
	h.record(1, 2, "done")
	h.wantStates(1, "done ", "done ", "queued dependency")

	// What they need is there when they are tried again: they are decided on at once.
	h.pinned(5, h.intent(5, 5, "create"), refused(h.needing(6, 5)), refused(h.needing(7, 5)))
	h.record(5, 5, "done")
	retry(5, 6, "held", "tier")
	retry(5, 7, "queued", "")
	h.wantStates(5, "done ", "held tier", "queued ")
}

// resolution is what policy makes of the n-th call.
func (h *harness) resolution(n, key int, state, reason string) ledger.Resolution {
	return ledger.Resolution{
		Call: ledger.CallID(id(kindCall, n)), Mode: "act", Payload: h.intent(n, key, "set").Payload,
		Shown: &toolsv1.Call{Target: issue, EffectKey: id(kindEffect, key), State: state, Reason: reason, Evidence: []*toolsv1.Evidence{{Kind: "event", Detail: "$create.ref"}}},
	}
}

func checkResolve(h *harness) {
	h.pinned(1, h.intent(1, 1, "create"), h.needing(2, 1), h.needing(3, 1))
	h.record(1, 1, "done")
	if _, ok, err := h.Resolve(h.ctx, us, h.resolution(2, 2, "queued", "")); ok || err != nil {
		h.Errorf("resolved by somebody who doesn't hold it: %v", err)
	}
	if got := h.lease(us); len(got) != 2 {
		h.Fatalf("leased %v", got)
	}
	c, ok, err := h.Resolve(h.ctx, us, h.resolution(2, 2, "queued", ""))
	h.ok(err)
	if !ok || c.Shown.GetTarget() != issue || c.Shown.GetEffectKey() != id(kindEffect, 2) || c.Payload.GetFields()["status"].GetStringValue() != "Done" || len(c.Needs) != 0 || c.Begun {
		h.Errorf("resolved %v to %v", ok, c)
	}
	if _, ok, err := h.Resolve(h.ctx, us, h.resolution(2, 2, "queued", "")); ok || err != nil {
		h.Errorf("resolved twice: %v", err)
	}
	if _, ok, err := h.Resolve(h.ctx, us, h.resolution(3, 3, "refused", "target")); ok || err != nil {
		h.Errorf("refused, and to be performed: %v", err)
	}
	h.wantStates(1, "done ", "queued ", "refused target")
	// The process died before it made the call: another one does, without resolving again.
	h.clock.advance(callLease)
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: them, Limit: 10, Lease: callLease})
	h.ok(err)
	if len(calls) != 1 || calls[0].Shown.GetTarget() != issue || len(calls[0].Needs) != 0 {
		h.Errorf("leased %v", calls)
	}
}

func checkResolveTaken(h *harness) {
	h.pinned(1, h.intent(1, 1, "create"), h.needing(2, 1))
	h.pinned(3, h.intent(3, 3, "set"))
	h.record(1, 1, "done")
	h.lease(us)
	if _, ok, err := h.Resolve(h.ctx, us, h.resolution(2, 3, "queued", "")); ok || err != nil {
		h.Errorf("an effect that another call holds is to be made: %v", err)
	}
	h.wantStates(1, "done ", "skipped same_as")
}

// Calls whose text only needs a result know their target from the beginning: two of
// one effect skipped each other, or the second could not be pinned.
func checkNeedsSameKey(h *harness) {
	waiting := func(n, need int) ledger.Call {
		c := h.needing(n, need)
		c.Shown.EffectKey, c.Shown.Target = id(kindEffect, 9), issue
		return c
	}
	h.pinned(1, h.intent(1, 1, "create"), waiting(2, 1), waiting(3, 1))
	h.pinned(4, h.intent(4, 4, "create"), waiting(5, 4))
	h.record(1, 1, "done")
	h.record(4, 4, "done")
	if got := h.lease(us); len(got) != 3 {
		h.Fatalf("leased %v, want all that waited", got)
	}
	if _, ok, err := h.Resolve(h.ctx, us, h.resolution(2, 9, "queued", "")); err != nil || !ok {
		h.Errorf("the first one: %v, %v", ok, err)
	}
	for _, n := range []int{3, 5} {
		if _, ok, err := h.Resolve(h.ctx, us, h.resolution(n, 9, "queued", "")); err != nil || ok {
			h.Errorf("call %d: %v, %v; its effect is another call's", n, ok, err)
		}
	}
	h.wantStates(1, "done ", "queued ", "skipped same_as")
	h.wantStates(4, "done ", "skipped same_as")
}

package ledgertest

import (
	"context"
	"errors"
	"strings"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func againEntries() []entry {
	return []entry{
		{"retry queues what failed, and with force what is unknown", checkRetry, breaking(func(b *broken) {
			b.retry = func(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
				r.Force = true
				return b.Ledger.Retry(ctx, run, r)
			}
		})},
		{"decide queues or refuses what is held", checkDecide, breaking(func(b *broken) {
			b.decide = func(ctx context.Context, run ledger.RunID, d ledger.Deciding) (ledger.Stored, error) {
				d.Approve = true
				return b.Ledger.Decide(ctx, run, d)
			}
		})},
	}
}

func checkRetry(h *harness) {
	run := ledger.RunID(h.pinned(1, h.intent(1, 1, "create"), h.intent(2, 2, "create"), h.intent(3, 3, "set")).Run.GetRunId())
	h.record(1, 1, "unknown")
	h.record(1, 2, "failed")
	h.record(1, 3, "done")
	retry := func(call int, force bool) error {
		r := ledger.Retrying{Force: force, By: "ana", Why: "it is well again", Decided: h.asBefore(1)}
		if call > 0 {
			r.Call = ledger.CallID(id(kindCall, call))
		}
		_, err := h.Retry(h.ctx, run, r)
		return err
	}
	for _, call := range []int{1, 3} {
		if err := retry(call, false); !errors.Is(err, ledger.ErrSettled) {
			h.Errorf("call %d: %v, want ErrSettled", call, err)
		}
	}
	if err := retry(404, true); !errors.Is(err, ledger.ErrNoCall) {
		h.Errorf("no such call: %v", err)
	}
	h.ok(retry(0, false))
	h.wantStates(1, "unknown ", "queued ", "done ")
	h.ok(retry(1, true))
	h.wantStates(1, "queued ", "queued ", "done ")
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 10, Lease: callLease})
	h.ok(err)
	if len(calls) != 2 || calls[0].Begun || calls[1].Begun {
		h.Fatalf("leased %v, want both, to be made and not looked for", calls)
	}
	for _, c := range calls {
		last := c.Shown.GetEvidence()[len(c.Shown.GetEvidence())-1]
		if last.GetKind() != ledger.EvidenceRetry || !strings.Contains(last.GetDetail(), "ana") || !strings.Contains(last.GetDetail(), "2026-03-01 12:00:00Z: it is well again") {
			h.Errorf("evidence %v, want who, when and why", last)
		}
	}
}

func checkDecide(h *harness) {
	held := func(n int) ledger.Call {
		c := h.queued(n, n, "set")
		c.Shown.State, c.Shown.Reason, c.Shown.Request = "held", "tier", c.Payload
		return c
	}
	run := ledger.RunID(h.pinned(1, held(1), held(2), h.intent(3, 3, "set")).Run.GetRunId())
	decide := func(call int, approve bool) error {
		d := ledger.Deciding{Call: ledger.CallID(id(kindCall, call)), Approve: approve, By: "ana", Why: "looks right"}
		if call <= 3 {
			d.Decided = h.asBefore(1)[call-1]
		}
		_, err := h.Decide(h.ctx, run, d)
		return err
	}
	h.clock.advance(48 * time.Hour) // It waits for as long as it takes.
	h.ok(decide(1, true))
	h.ok(decide(2, false))
	h.wantStates(1, "queued ", "refused rejected", "running ")
	for _, call := range []int{1, 2, 3} {
		if err := decide(call, true); !errors.Is(err, ledger.ErrSettled) {
			h.Errorf("call %d: %v, want ErrSettled", call, err)
		}
	}
	if err := decide(404, true); !errors.Is(err, ledger.ErrNoCall) {
		h.Errorf("no such call: %v", err)
	}
	s, err := h.Run(h.ctx, run)
	h.ok(err)
	for i, word := range []string{"approved", "refused"} {
		c := s.Run.GetCalls()[i]
		last := c.GetEvidence()[len(c.GetEvidence())-1]
		if last.GetKind() != ledger.EvidenceDecision || !strings.HasPrefix(last.GetDetail(), word+" by ana, 2026-03-03 12:00:00Z") || !strings.HasSuffix(last.GetDetail(), "looks right") {
			h.Errorf("evidence %v, want who, when and why", last)
		}
	}
	if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, 1) {
		h.Errorf("leased %v, want what was approved", got)
	}
}

// asBefore is what policy makes of the n-th run's calls if nothing has changed since.
func (h *harness) asBefore(n int) (decided []ledger.Resolution) {
	h.Helper()
	s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, n)))
	h.ok(err)
	for i, c := range s.Run.GetCalls() {
		shown := &toolsv1.Call{Target: c.GetTarget(), EffectKey: c.GetEffectKey(), State: "queued"}
		switch {
		case c.GetReason() == "dependency":
			shown.Reason = "dependency"
		case c.GetState() == "held":
			shown.State, shown.Reason, shown.Request = "held", c.GetReason(), c.GetRequest()
		}
		decided = append(decided, ledger.Resolution{Call: ledger.CallID(c.GetCallId()), Shown: shown, Payload: h.intent(i, i, "set").Payload, Mode: "act"})
	}
	return decided
}

package ledgertest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
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
		r := ledger.Retrying{Force: force, By: "ana"}
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
		if last.GetKind() != ledger.EvidenceRetry || !strings.Contains(last.GetDetail(), "ana") || !strings.Contains(last.GetDetail(), "2026-03-01 12:00:00Z") {
			h.Errorf("evidence %v, want who and when", last)
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
		_, err := h.Decide(h.ctx, run, ledger.Deciding{Call: ledger.CallID(id(kindCall, call)), Approve: approve, By: "ana", Why: "looks right"})
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

// statusTold opens a run whose event says what an issue's status became, and when.
func (h *harness) statusTold(n int, status string, at time.Time, authn string) {
	h.Helper()
	o := opening(n, event(n))
	o.Authn = authn
	o.Delta = project.Delta{Entities: []project.Entity{{
		Ref: issue, Kind: "issue",
		Attributes: []project.Attribute{{Name: "status", Value: status, Version: project.Version{At: at, EventID: o.Event.GetId()}}},
	}}}
	_, err := h.Open(h.ctx, o)
	h.ok(err)
}

func checkOvertaken(h *harness) {
	now := h.clock.Now()
	set := func(n int) ledger.Call {
		c := h.intent(n, n, "set")
		c.Sets = "status"
		return c
	}
	for n, told := range []struct {
		status, authn, want string
		at                  time.Time
	}{
		{"In Progress", ledger.Signature, "running ", now.Add(-time.Second)}, // before the event that it was planned on
		{"done", ledger.Signature, "running ", now.Add(time.Second)},         // just what it would be set to
		{"Closed", "token", "running ", now.Add(3 * time.Second)},            // nobody vouches for it
		{"Blocked", ledger.Signature, "skipped superseded", now.Add(2 * time.Second)},
	} {
		h.statusTold(100+n, told.status, told.at, told.authn)
		p := h.pinned(n, set(n))
		h.wantStates(n, told.want)
		if leased := told.want == "running "; len(p.Leased) > 0 != leased {
			h.Errorf("%s: %d leased", told.status, len(p.Leased))
		}
	}
}

func checkOvertakenLater(h *harness) {
	c := h.queued(1, 1, "set")
	c.Sets = "status"
	h.pinned(1, c, h.needing(2, 1))
	h.lease(us)
	h.statusTold(3, "Blocked", h.clock.Now().Add(time.Second), ledger.Signature)
	if ok, err := h.Extend(h.ctx, us, ledger.CallID(id(kindCall, 1)), h.clock.Now(), h.clock.Now()); ok || err != nil {
		h.Errorf("begun, %v, though somebody has set it since", err)
	}
	h.wantStates(1, "skipped superseded", "skipped dependency")
	if s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1))); err != nil || len(s.Run.GetCalls()[0].GetEvidence()) != 1 {
		h.Errorf("evidence %v, %v; want who set it, for it was never begun", s.Run.GetCalls()[0].GetEvidence(), err)
	}
	if s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1))); err != nil || s.Run.GetDecidedAt() == nil {
		h.Errorf("the run is not decided: %v", err)
	}
}

func checkOvertakenByUs(h *harness) {
	h.pinned(1, h.intent(1, 1, "set"))
	_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, 1)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 1)), State: "done", Account: "github:user:ana"}})
	h.ok(err)
	h.statusTold(2, "Blocked", h.clock.Now().Add(time.Second), ledger.Signature) // By the account of event 2.
	c := h.intent(3, 3, "set")
	c.Sets = "status"
	h.pinned(3, c)
	h.wantStates(3, "running ")
}

package ledgertest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func budgetEntries() []entry {
	none := func(decided []ledger.Resolution) {
		for i := range decided {
			decided[i].Budgets = nil
		}
	}
	freely := breakPin(func(p *ledger.Pinning) {
		for i := range p.Calls {
			p.Calls[i].Budgets = nil
		}
	})
	return []entry{
		{"a budget is never exceeded, whatever is in flight", checkBudgetAtOnce, freely},
		{"a budget is drawn on by what is let through", checkBudgetInPlan, freely},
		{"a budget of an actor and one of a place are both kept", checkBudgets, freely},
		{"a retry draws on budgets and not against itself", checkBudgetRetry, breaking(func(b *broken) {
			b.retry = func(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
				none(r.Decided)
				return b.Ledger.Retry(ctx, run, r)
			}
		})},
		{"an approval draws on budgets", checkBudgetApprove, breaking(func(b *broken) {
			b.decide = func(ctx context.Context, run ledger.RunID, d ledger.Deciding) (ledger.Stored, error) {
				d.Decided.Budgets = nil
				return b.Ledger.Decide(ctx, run, d)
			}
		})},
		{"a call that waited draws on budgets anew", checkBudgetResolve, breaking(func(b *broken) {
			b.resolve = func(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (ledger.Call, bool, error) {
				r.Budgets = nil
				return b.Ledger.Resolve(ctx, owner, r)
			}
		})},
	}
}

const ana = "github:user:ana"

func spentUp(most uint32) ledger.Budget {
	return ledger.Budget{Place: repo, Most: most, Refusal: &toolsv1.Evidence{Kind: "limit", Ref: repo, Detail: "spent"}}
}

// drawing is a call by ana in repo, with budgets.
func drawing(c ledger.Call, budgets ...ledger.Budget) ledger.Call {
	c.Actor, c.Place, c.Budgets = ana, repo, budgets
	return c
}

// Two processes have one budget, in several commits and in one.
func checkBudgetAtOnce(h *harness) {
	const most, runs = 3, 30
	second := h.open(h.TB, h.place, h.clock.Now)
	h.Cleanup(func() { _ = second.Close() })
	for n := range runs {
		h.opened(n)
	}
	var acted, refused atomic.Int32
	together(runs, func(n int) {
		of := []Ledger{h.Ledger, second}[n%2]
		p, err := of.Pin(h.ctx, ledger.Pinning{Run: ledger.RunID(id(kindRun, n)), Plan: plan("x"), Calls: []ledger.Call{drawing(h.intent(n, n, "set"), spentUp(most))}})
		if err != nil {
			h.Errorf("pin: %v", err)
			return
		}
		switch c := p.Run.GetCalls()[0]; {
		case c.GetState() == "running" && len(p.Leased) == 1:
			acted.Add(1)
		case c.GetState() == "refused" && c.GetReason() == "budget" && len(p.Leased) == 0 && c.GetEvidence()[0].GetDetail() == "spent":
			refused.Add(1)
		default:
			h.Errorf("%d leased, call %v", len(p.Leased), c)
		}
	})
	if acted.Load() != most || refused.Load() != runs-most {
		h.Errorf("%d acted and %d were refused, want %d of %d", acted.Load(), refused.Load(), most, runs)
	}
}

func checkBudgetInPlan(h *harness) {
	h.pinned(1, h.intent(1, 1, "set"))
	dry, read, held := h.intent(3, 3, "set"), h.intent(4, 4, "read"), h.queued(5, 5, "set")
	dry.Mode = "dry_run"
	held.Shown.State, held.Shown.Reason = "held", "tier"
	var calls []ledger.Call
	for _, c := range []ledger.Call{h.intent(2, 1, "set"), dry, read, held, h.intent(6, 6, "create"), h.needing(7, 6), h.intent(8, 8, "set"), h.needing(9, 6), h.needing(10, 8)} {
		calls = append(calls, drawing(c, spentUp(2)))
	}
	h.pinned(2, calls...)
	// What is not made, or not yet, leaves it to the others.
	h.wantStates(2, "skipped same_as", "running ", "running ", "held tier", "running ", "queued dependency", "refused budget", "refused budget", "skipped dependency")
	h.clock.advance(ledger.BudgetWindow + time.Second)
	h.pinned(3, drawing(h.intent(20, 20, "set"), spentUp(2)))
	h.wantStates(3, "running ")
}

func checkBudgets(h *harness) {
	his := ledger.Budget{Actor: ana, Most: 1, Refusal: &toolsv1.Evidence{Kind: "limit", Detail: "his"}}
	of := func(n int, actor string) ledger.Call {
		c := drawing(h.intent(n, n, "set"), spentUp(2), his)
		if c.Actor = actor; actor != ana {
			c.Budgets = c.Budgets[:1]
		}
		return c
	}
	h.pinned(1, of(1, "github:user:bob"), of(2, ana), of(3, ana))
	h.wantStates(1, "running ", "running ", "refused budget")
	elsewhere := of(4, ana)
	elsewhere.Place, elsewhere.Budgets = "github:repo:acme/web", []ledger.Budget{his}
	h.pinned(2, elsewhere)
	h.wantStates(2, "refused budget")
	h.pinned(3, of(5, "github:user:bob"))
	h.wantStates(3, "refused budget")
}

func checkBudgetRetry(h *harness) {
	h.pinned(1, drawing(h.intent(1, 1, "set"), spentUp(1)))
	h.record(1, 1, "failed")
	retry := func(n int, most uint32) {
		h.Helper()
		decided := h.asBefore(n)
		decided[0].Budgets = []ledger.Budget{spentUp(most)}
		_, err := h.Retry(h.ctx, ledger.RunID(id(kindRun, n)), ledger.Retrying{By: "ana", Decided: decided})
		h.ok(err)
	}
	retry(1, 1) // It has counted all the time.
	h.wantStates(1, "queued ")
	h.lease(us)
	h.record(1, 1, "failed")
	h.clock.advance(ledger.BudgetWindow + time.Second)
	retry(1, 1)
	h.wantStates(1, "queued ")
	// It counts from when it was started again.
	h.pinned(2, drawing(h.intent(2, 2, "set"), spentUp(1)))
	h.wantStates(2, "refused budget")
	h.pinned(3, drawing(h.intent(3, 3, "set"), spentUp(2)))
	h.record(3, 3, "failed")
	retry(3, 1)
	h.wantStates(3, "refused budget")
}

func checkBudgetApprove(h *harness) {
	var calls []ledger.Call
	for n := range 4 {
		c := drawing(h.queued(n, n, "set"), spentUp(2))
		c.Shown.State, c.Shown.Reason, c.Shown.Request = "held", "tier", c.Payload
		calls = append(calls, c)
	}
	run := ledger.RunID(h.pinned(1, calls...).Run.GetRunId())
	h.clock.advance(48 * time.Hour)
	together(len(calls), func(i int) {
		d := h.asBefore(1)[i]
		d.Budgets = []ledger.Budget{spentUp(2)}
		if _, err := h.Decide(h.ctx, run, ledger.Deciding{Call: d.Call, Approve: true, By: "ana", Decided: d}); err != nil {
			h.Errorf("approve: %v", err)
		}
	})
	count := map[string]int{}
	s, err := h.Run(h.ctx, run)
	h.ok(err)
	for _, c := range s.Run.GetCalls() {
		count[c.GetState()+" "+c.GetReason()]++
	}
	if got := fmt.Sprint(count); got != "map[queued :2 refused budget:2]" {
		h.Errorf("approved: %s", got)
	}
}

func checkBudgetResolve(h *harness) {
	run := h.pinned(1, drawing(h.intent(1, 1, "create")), drawing(h.needing(2, 1), spentUp(2)), drawing(h.needing(3, 1), spentUp(9)))
	h.wantStates(1, "running ", "queued dependency", "queued dependency")
	h.clock.advance(time.Hour)
	h.ok(func() error { // It took so long that what was kept for them is anybody's.
		_, err := h.Record(h.ctx, ledger.RunID(run.Run.GetRunId()), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 1)), State: "done", ResultRef: issue}})
		return err
	}())
	h.clock.advance(time.Second)
	h.lease(us)
	for _, n := range []int{2, 3} {
		r := h.resolution(n, n, "queued", "")
		r.Budgets = []ledger.Budget{spentUp(1)}
		if _, ok, err := h.Resolve(h.ctx, us, r); err != nil || ok != (n == 2) {
			h.Errorf("call %d: %v, %v", n, ok, err)
		}
	}
	h.wantStates(1, "done ", "queued ", "refused budget")
}

package ledgertest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func doubtEntries() []entry {
	through := breaking(func(b *broken) {
		b.retry = func(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
			for i := range r.Decided {
				r.Decided[i].Shown.State, r.Decided[i].Mode, r.Decided[i].Budgets = "queued", "act", nil
			}
			return b.Ledger.Retry(ctx, run, r)
		}
	})
	return []entry{
		{"what may have been made keeps its key where policy doesn't let it be made again", checkDoubtDecided, through},
		{"what may have been made keeps its key beyond a budget", checkDoubtBudget, through},
		{"what may have been made counts while others are tried again", checkDoubtCounts, breaking(func(b *broken) {
			b.retry = func(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
				for i := range r.Decided {
					r.Decided[i].Budgets = nil
				}
				return b.Ledger.Retry(ctx, run, r)
			}
		})},
		{"what may have been made keeps its key where its new one is another call's", checkDoubtMoved, breaking(func(b *broken) {
			b.retry = func(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
				for i := range r.Decided {
					r.Decided[i].Shown.EffectKey = id(kindEffect, 900+i)
				}
				return b.Ledger.Retry(ctx, run, r)
			}
		})},
		{"what may have been made keeps its key whatever ends it later", checkDoubtEnded, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, list []ledger.Outcome) (ledger.Stored, error) {
				for i := range list {
					if list[i].State == "unknown" {
						list[i].State = "failed" // As if it had never been begun.
					}
				}
				return b.Ledger.Record(ctx, run, list)
			}
		})},
		{"what may have been made and is forgotten keeps its key", checkDoubtForgotten, breaking(func(b *broken) {
			b.forget = func(ctx context.Context, ref string, _ bool, _ func(ledger.Pass)) (ledger.Forgotten, error) {
				return b.Ledger.Forget(ctx, ref, true, nil)
			}
		})},
	}
}

// doubted is the n-th run, with one call of which nobody knows whether it acted.
func (h *harness) doubted(n int, class string) {
	h.Helper()
	h.pinned(n, drawing(h.intent(n, n, class)))
	h.record(n, n, "unknown")
}

// forced tries the n-th run's calls again, whatever came of them, as change has policy decide.
func (h *harness) forced(n int, change func(*ledger.Resolution)) {
	h.Helper()
	decided := h.asBefore(n)
	change(&decided[0])
	_, err := h.Retry(h.ctx, ledger.RunID(id(kindRun, n)), ledger.Retrying{Force: true, By: "ana", Decided: decided})
	h.ok(err)
}

// wantKept: the n-th run's call is unknown, nobody makes it again unasked, and the same
// effect by another event is not made beside it.
func (h *harness) wantKept(n int, class, says string) {
	h.Helper()
	run := ledger.RunID(id(kindRun, n))
	c := h.call(n)
	if c.GetState() != "unknown" || c.GetEffectKey() != id(kindEffect, n) {
		h.Errorf("call of run %d is %s %q with key %s, want unknown with its own", n, c.GetState(), c.GetReason(), c.GetEffectKey())
	}
	var details []string
	for _, e := range c.GetEvidence() {
		details = append(details, e.GetDetail())
	}
	if !strings.Contains(strings.Join(details, "\n"), says) {
		h.Errorf("evidence %q of run %d, want %q", details, n, says)
	}
	again := h.intent(1000+n, n, class)
	again.Occurrence = id(kindEvent, n)
	if p := h.pinned(1000+n, again); len(p.Leased) != 0 {
		h.Errorf("the effect of run %d is made a second time", n)
	}
	h.wantCall(1000+n, "skipped", "same_as")
	if _, err := h.Restart(h.ctx, run, h.asBefore(n)); err != nil {
		h.Errorf("restart: %v", err)
	}
	for _, call := range []ledger.CallID{"", ledger.CallID(id(kindCall, n))} {
		if _, err := h.Retry(h.ctx, run, ledger.Retrying{Call: call, By: "ana", Decided: h.asBefore(n)}); !errors.Is(err, ledger.ErrSettled) {
			h.Errorf("retry of run %d without force: %v, want ErrSettled", n, err)
		}
	}
	if got := h.lease(other); len(got) != 0 {
		h.Errorf("leased %v, want nothing", got)
	}
}

func effectClasses() []string { return []string{"create", "set", "upsert"} }

func checkDoubtDecided(h *harness) {
	for n, c := range []struct {
		change func(*ledger.Resolution)
		says   string
	}{
		{func(r *ledger.Resolution) { *r = ended(*r, "refused", "choice") }, "by now policy has it refused, choice"},
		{func(r *ledger.Resolution) { *r = ended(*r, "held", "tier") }, "by now policy has it held, tier"},
		{func(r *ledger.Resolution) { r.Mode, r.Shown.Reason = "dry_run", "policy" }, "by now policy only has it shown"},
	} {
		class := effectClasses()[n]
		h.doubted(n, class)
		h.forced(n, c.change)
		h.wantKept(n, class, c.says)
	}
}

func checkDoubtBudget(h *harness) {
	for n, class := range effectClasses()[1:] {
		h.doubted(n, class)
		h.pinned(100+n, drawing(h.intent(100+n, 100+n, "set")))
		h.record(100+n, 100+n, "done")
		h.forced(n, func(r *ledger.Resolution) { r.Budgets = []ledger.Budget{spentUp(1)} })
		h.wantKept(n, class, "spent")
		h.clock.advance(ledger.BudgetWindow - time.Second)
		h.forced(n, func(r *ledger.Resolution) { r.Budgets = []ledger.Budget{spentUp(1)} })
		h.wantCall(n, "unknown", "")
		h.clock.advance(2 * time.Second)
		if spent, err := h.Spent(h.ctx, spentUp(9)); err != nil || spent != 0 {
			h.Errorf("%d, %v are counted, want none: it was not let through again", spent, err)
		}
		h.forced(n, func(r *ledger.Resolution) { r.Budgets = []ledger.Budget{spentUp(1)} })
		h.wantCall(n, "queued", "")
		h.lease(us)
		h.record(n, n, "done")
		h.clock.advance(ledger.BudgetWindow + time.Second)
	}
}

func checkDoubtCounts(h *harness) {
	his := ledger.Budget{Actor: ana, Most: 1, Refusal: spentUp(1).Refusal}
	for n, first := range []func(*ledger.Resolution){
		func(r *ledger.Resolution) { *r = ended(*r, "refused", "choice") },
		func(r *ledger.Resolution) { r.Budgets = []ledger.Budget{{Actor: ana, Most: 9}, spentUp(0)} },
	} {
		one, two := 10+n, 20+n
		h.pinned(n, drawing(h.intent(one, one, "create")), drawing(h.intent(two, two, "create")))
		h.record(n, one, "unknown")
		h.record(n, two, "failed")
		h.forced(n, func(*ledger.Resolution) {})
		h.lease(us)
		h.record(n, one, "unknown")
		h.record(n, two, "failed")
		decided := h.asBefore(n)
		first(&decided[0])
		decided[1].Budgets = []ledger.Budget{his}
		_, err := h.Retry(h.ctx, ledger.RunID(id(kindRun, n)), ledger.Retrying{Force: true, By: "ana", Decided: decided})
		h.ok(err)
		h.wantStates(n, "unknown ", "refused budget")
		h.clock.advance(ledger.BudgetWindow + time.Second)
	}
}

func checkDoubtMoved(h *harness) {
	for n, class := range effectClasses()[1:] {
		h.doubted(n, class)
		holder := h.intent(100+n, 100+n, class)
		holder.Occurrence = id(kindEvent, n)
		h.pinned(100+n, holder)
		h.record(100+n, 100+n, "done")
		h.forced(n, func(r *ledger.Resolution) { r.Shown.EffectKey = id(kindEffect, 100+n) })
		h.wantKept(n, class, "call "+id(kindCall, 100+n))
	}
}

func checkDoubtEnded(h *harness) {
	for n, c := range []struct{ state, reason, want, left, says string }{
		{"refused", "choice", "unknown", "", "refused, choice"},         // Policy, once its turn comes.
		{"failed", "rejected", "unknown", "rejected", "may have acted"}, // The kill switch, or the provider.
		{"failed", "attempts", "unknown", "attempts", "may have acted"}, // Nobody was ever reached.
		{"dry_run", "no_token", "unknown", "", "dry_run, no_token"},     // The executor can't act any more.
		{"failed", "expired", "unknown", "", "failed, expired"},         // Nobody came to it.
		{"done", "", "done", "", ""},
	} {
		class := effectClasses()[n%3]
		h.doubted(n, class)
		h.clock.advance(20 * time.Second) // Its attempt is over.
		h.forced(n, func(*ledger.Resolution) {})
		h.wantCall(n, "queued", "")
		if c.reason == "expired" {
			h.clock.advance(2 * time.Hour)
		}
		if got := h.lease(us); len(got) == 1 == (c.reason == "expired") {
			h.Errorf("%s, %s: leased %v", c.state, c.reason, got)
		}
		h.settle(n, c.state, c.reason)
		if h.wantCall(n, c.want, c.left); c.want == "unknown" {
			h.wantKept(n, class, c.says)
		}
	}
}

func checkDoubtForgotten(h *harness) {
	h.doubted(1, "create")
	h.forced(1, func(*ledger.Resolution) {})
	_, err := h.Forget(h.ctx, change, false, nil)
	h.ok(err)
	h.wantCall(1, "unknown", ledger.ReasonForgotten)
	h.pinned(2, h.intent(2, 1, "create"))
	h.wantCall(2, "skipped", "same_as")
}

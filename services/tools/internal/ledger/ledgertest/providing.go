package ledgertest

import (
	"context"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func providerEntries() []entry {
	return []entry{
		{"lease passes over the calls of a provider", checkExcept, breaking(func(b *broken) {
			b.leaseCalls = func(ctx context.Context, l ledger.Leasing) ([]ledger.Call, error) {
				l.Except = nil
				return b.Ledger.LeaseCalls(ctx, l)
			}
		})},
		{"lease takes the calls of one run", checkLeaseRun, breaking(func(b *broken) {
			b.leaseCalls = func(ctx context.Context, l ledger.Leasing) ([]ledger.Call, error) {
				l.Run = ""
				return b.Ledger.LeaseCalls(ctx, l)
			}
		})},
		{"accounts are kept with what blocks them", checkAccounts, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
				outcomes[0].Blocked = time.Time{}
				return b.Ledger.Record(ctx, run, outcomes)
			}
		})},
		{"a pace gives each its turn", checkPace, breaking(func(b *broken) {
			b.pace = func(context.Context, string, time.Duration, time.Duration) (time.Duration, bool, error) {
				return 0, true, nil
			}
		})},
	}
}

func checkExcept(h *harness) {
	// More than one look's calls stand before the other one.
	for n := range 5 {
		h.pinned(n, h.queued(n, n, "set"))
	}
	elsewhere := h.queued(9, 9, "set")
	elsewhere.Shown.Target = "jira@eu:issue:ACME-7"
	h.pinned(9, elsewhere)
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 2, Lease: callLease, Except: []string{"github", "jira"}})
	h.ok(err)
	if len(calls) != 1 || calls[0].Shown.GetCallId() != id(kindCall, 9) {
		h.Errorf("leased %v, want the call of another site", calls)
	}
	if got := h.lease(us); len(got) != 5 {
		h.Errorf("leased %v, want those that were passed over", got)
	}
}

func checkLeaseRun(h *harness) {
	h.pinned(1, h.queued(1, 1, "set"))
	h.pinned(2, h.queued(2, 2, "set"))
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 10, Lease: callLease, Run: ledger.RunID(id(kindRun, 2))})
	h.ok(err)
	if len(calls) != 1 || calls[0].Shown.GetCallId() != id(kindCall, 2) {
		h.Errorf("leased %v, want the run's own", calls)
	}
}

func checkAccounts(h *harness) {
	soon := h.clock.Now().Add(time.Minute)
	at := func(n int, target, account string, blocked time.Time) {
		c := h.intent(n, n, "set")
		c.Shown.Target = target
		h.pinned(n, c)
		_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, n)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, n)), State: "done", Account: account, Blocked: blocked}})
		h.ok(err)
	}
	record := func(n int, account string, blocked time.Time) { at(n, "jira:issue:ACME-7", account, blocked) }
	record(1, "jira:user:bot", soon)
	record(2, "jira:user:bot", soon.Add(-time.Second)) // An earlier end is no end.
	record(3, "", time.Time{})
	record(4, "", soon.Add(time.Minute))
	// An App's limit is that of where it is installed, also where it acts elsewhere.
	const app = "github:user:yard[bot]"
	at(5, "github:pr:Acme/api#42", app, soon)
	at(6, "github:pr:other/api#42", app, time.Time{})
	at(7, "github:pr:other/api#43", "github:user:ana", soon)
	got, err := h.Accounts(h.ctx)
	h.ok(err)
	want := []ledger.Account{
		{Provider: "github", Name: "github:user:ana", Blocked: soon}, {Provider: "github", Name: app}, {Provider: "github:acme", Name: app, Blocked: soon},
		{Provider: "jira", Blocked: soon.Add(time.Minute)}, {Provider: "jira", Name: "jira:user:bot", Blocked: soon},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("accounts: %s", diff)
	}
}

func checkPace(h *harness) {
	pace := func(provider string) (time.Duration, bool) {
		wait, ok, err := h.Pace(h.ctx, provider, time.Second, 3*time.Second)
		if err != nil {
			h.Errorf("pace: %v", err)
		}
		return wait, ok
	}
	var mu sync.Mutex
	waits := map[time.Duration]int{}
	together(4, func(int) {
		wait, ok := pace("notion")
		mu.Lock()
		defer mu.Unlock()
		if waits[wait]++; !ok {
			h.Errorf("refused a turn in %v", wait)
		}
	})
	if diff := cmp.Diff(map[time.Duration]int{0: 1, time.Second: 1, 2 * time.Second: 1, 3 * time.Second: 1}, waits); diff != "" {
		h.Errorf("turns: %s", diff)
	}
	if wait, ok := pace("notion"); ok || wait != 4*time.Second {
		h.Errorf("a turn in %v, reserved %v; want none within 3s", wait, ok)
	}
	if wait, ok := pace("notion@eu"); !ok || wait != 0 {
		h.Errorf("another provider waits %v", wait)
	}
	h.clock.advance(time.Minute)
	if wait, ok := pace("notion"); !ok || wait != 0 {
		h.Errorf("waits %v after a minute", wait)
	}
}

package call_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// A GitHub App's limit is that of its installation at one owner: one organization that
// had used its own up kept those of all others waiting.
func TestAnInstallationsLimitHoldsBackItsOwnerOnly(t *testing.T) {
	const acme, other = "github:pr:Acme/api#42", "github:pr:other/api#7"
	for _, tc := range []struct {
		name, account, blocks string
		others                int // attempts at other's, by each process
		leased                string
	}{
		{"an App", "github:user:yard[bot]", "github:acme", 1, "leased but []"},
		{"an account", "github:user:ana", "github", 0, "leased but [github]"},
		{"nobody knows whose", "", "github", 0, "leased but [github]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.invoke = func(_ context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
					if cmd.GetTarget() == other {
						return &executorv1.Result{Outcome: "done", Account: tc.account}, nil
					}
					return &executorv1.Result{Outcome: "retry", Reason: "rate_limited", RetryAfter: durationpb.New(time.Hour), Account: tc.account}, nil
				}
				one, another := w.performer(), w.performer()
				w.perform(t, one, "run", acme, acme, other)
				w.want(t, "sent by one", w.sent, sent(map[string]int{acme: 1, other: tc.others}))
				w.accounts = []ledger.Account{{Provider: tc.blocks, Name: tc.account, Blocked: time.Now().Add(time.Hour)}}
				clear(w.outcomes)
				if _, err := another.TakeUp(t.Context(), "them", 16); err != nil {
					t.Fatal(err)
				}
				w.want(t, "leased", w.outcomes, map[string]int{tc.leased: 1})
				w.perform(t, another, "run", acme, other)
				w.want(t, "sent by another", w.sent, sent(map[string]int{other: tc.others}))
			})
		})
	}
}

// sent leaves out what was not.
func sent(n map[string]int) map[string]int {
	for target, times := range n {
		if times == 0 {
			delete(n, target)
		}
	}
	return n
}

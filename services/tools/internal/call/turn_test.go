package call_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
)

// An executor that has no room for one provider's calls is there: five such answers
// opened its circuit, for the calls of all providers.
func TestABusyExecutorIsNotAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.invoke = func(_ context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
			if cmd.GetTarget() == atGithub {
				pass(20 * time.Millisecond)
				return nil, &call.InvokeError{NotSent: true, Busy: true, Err: errors.New("too many invocations")}
			}
			return &executorv1.Result{Outcome: "done"}, nil
		}
		p := w.performer()
		var wg sync.WaitGroup
		for run := range 8 {
			wg.Go(func() { w.perform(t, p, fmt.Sprint(run), atGithub) })
		}
		wg.Wait()
		w.perform(t, p, "run", atJira, atGithub)
		w.want(t, "sent", w.sent, map[string]int{atJira: 1, atGithub: 8})
		w.want(t, "outcomes", w.outcomes, map[string]int{"done ": 1, "queued rate_limited": 9})
		if _, err := p.TakeUp(t.Context(), "us", 16); err != nil {
			t.Fatal(err)
		}
		w.want(t, "leased", w.outcomes, map[string]int{"leased but [github]": 1})
		pass(2 * time.Second)
		w.perform(t, p, "run", atGithub)
		w.want(t, "sent later", w.sent, map[string]int{atGithub: 1})
	})
}

// A burst is made by turns: one provider takes no more than its share of what the
// executor takes, and none of its calls is put off for that.
func TestABurstIsMadeByTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.invoke = func(context.Context, *executorv1.Command) (*executorv1.Result, error) {
			pass(200 * time.Millisecond)
			return &executorv1.Result{Outcome: "done"}, nil
		}
		p := w.performer()
		var wg sync.WaitGroup
		for run := range 300 {
			wg.Go(func() { w.perform(t, p, fmt.Sprint(run), atJira) })
		}
		wg.Wait()
		w.want(t, "outcomes", w.outcomes, map[string]int{"done ": 300})
		if w.most > 32 {
			t.Errorf("%d attempts at a time", w.most)
		}
	})
}

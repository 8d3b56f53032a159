package call_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Notion gets three requests a second, of all runs together; those whose turn
// comes too late are queued.
func TestNotionPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		times := map[time.Duration]int{}
		w.invoke = func(context.Context, *executorv1.Command) (*executorv1.Result, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			times[time.Since(w.started).Truncate(time.Second)]++
			return &executorv1.Result{Outcome: "done"}, nil
		}
		p := w.performer()
		var wg sync.WaitGroup
		for run := range 30 {
			wg.Go(func() { w.perform(t, p, fmt.Sprint(run), aPage) })
		}
		wg.Wait()
		for second, n := range times {
			if n > 4 { // Thirds of a second, rounded.
				t.Errorf("%d requests in second %v", n, second)
			}
		}
		if w.outcomes["done "] < 14 || w.outcomes["queued rate_limited"] == 0 || w.outcomes["done "]+w.outcomes["queued rate_limited"] != 30 {
			t.Errorf("outcomes %v", w.outcomes)
		}
	})
}

// What is promised is requests, and a command may take several: counted by commands,
// Notion was sent three times as many.
func TestNotionPaceCountsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.invoke = func(context.Context, *executorv1.Command) (*executorv1.Result, error) {
			return &executorv1.Result{Outcome: "done"}, nil
		}
		one, other := w.performer(), w.performer()
		one.Requests = map[string]uint32{"notion.update_status": 3}
		other.Requests = one.Requests
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				setPage(t, []*call.Performer{one, other}[i%2], "act")
			})
		}
		wg.Wait()
		// In 8 s there is time for 24 requests.
		if done := w.outcomes["done "]; done < 6 || 3*done > 24 {
			t.Errorf("%d requests within %v: outcomes %v", 3*done, call.AttemptTime, w.outcomes)
		}
		// What is only shown sends none, and takes nobody's turn.
		began := time.Now()
		setPage(t, one, "dry_run")
		if took := time.Since(began); took >= time.Second/3 {
			t.Errorf("a dry run took %v", took)
		}
	})
}

const aPage = "notion:page:0123456789abcdef0123456789abcdef"

// setPage makes a call whose effect may start within AttemptTime.
func setPage(t *testing.T, p *call.Performer, mode string) {
	t.Helper()
	until := time.Now().Add(call.AttemptTime)
	c := ledger.Call{
		Shown: &toolsv1.Call{CallId: "c", Tool: "notion.update_status", Target: aPage, Class: "set"},
		Mode:  mode, NotAfter: until, ValidUntil: until.Add(call.ValidFor),
	}
	if _, err := p.Perform(t.Context(), "run", []ledger.Call{c}, until); err != nil {
		t.Error(err)
	}
}

// What waits for Notion's turn is not under way there: twenty calls at once, each answered
// at once, were taken for a provider that hangs.
func TestWaitingForATurnIsNoHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.invoke = func(context.Context, *executorv1.Command) (*executorv1.Result, error) {
			return &executorv1.Result{Outcome: "done"}, nil
		}
		p := w.performer()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { setPage(t, p, "act") })
		}
		pass(3*time.Second + 10*time.Millisecond)
		setPage(t, p, "act")
		wg.Wait()
		w.want(t, "outcomes", w.outcomes, map[string]int{"done ": 21})
	})
}

// A call of a provider that is held back takes no turn of those that come after it.
func TestWhatIsHeldBackTakesNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		result := &executorv1.Result{Outcome: "retry", Reason: "rate_limited", RetryAfter: durationpb.New(10 * time.Second)}
		w.invoke = func(context.Context, *executorv1.Command) (*executorv1.Result, error) { return result, nil }
		p := w.performer()
		for range 30 {
			setPage(t, p, "act")
		}
		w.want(t, "outcomes", w.outcomes, map[string]int{"queued rate_limited": 30})
		if turns := w.slot.Sub(w.started); turns > time.Second/3 {
			t.Errorf("turns of %v were taken for one request", turns)
		}
	})
}

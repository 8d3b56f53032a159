package call_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// restarting is a ledger that takes nothing until some time.
type restarting struct {
	notes
	err   error
	until time.Time
	tries int
	last  time.Time
}

func (r *restarting) Record(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	r.tries, r.last = r.tries+1, time.Now()
	if time.Now().Before(r.until) {
		return ledger.Stored{}, r.err
	}
	return r.notes.Record(ctx, run, outcomes)
}

// The ledger was away for the moment in which the result came, and nobody told it later:
// what can't be looked for ended unknown, though the provider had said that it was made.
func TestResultIsKeptUntilTheLedgerIsBack(t *testing.T) {
	away := fmt.Errorf("%w: restarting", ledger.ErrUnavailable)
	for name, c := range map[string]struct {
		err      error
		away     time.Duration
		recorded bool
		tries    int // at least; 1 is exact
	}{
		"for a moment":         {away, 10 * time.Millisecond, true, 2},
		"for some seconds":     {away, 15 * time.Second, true, 10},
		"too busy":             {context.DeadlineExceeded, 5 * time.Second, true, 5},
		"until others look":    {away, time.Hour, false, 10},
		"with a fault of ours": {errors.New("no such column"), time.Second, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &restarting{err: c.err, until: time.Now().Add(c.away)}
				p := &call.Performer{Ledger: r, Executor: &scripted{result: &executorv1.Result{Outcome: "done", Ref: "jira:issue:ACME-99"}}, Log: slog.New(slog.DiscardHandler), Now: time.Now}
				until := time.Now().Add(call.AttemptTime)
				held := ledger.Call{Shown: &toolsv1.Call{CallId: "c", Tool: "jira.create_issue", Target: "jira:project:ACME", Class: "create"}, Mode: "act", Owner: "us", NotAfter: until, ValidUntil: until.Add(time.Hour)}
				_, err := p.Perform(t.Context(), "run", []ledger.Call{held}, until)
				if c.recorded != (err == nil) || !c.recorded && !errors.Is(err, c.err) {
					t.Errorf("returned %v", err)
				}
				if got := len(r.outcomes); got == 1 != c.recorded {
					t.Errorf("%d outcomes were recorded", got)
				}
				if r.tries < c.tries || c.tries == 1 && r.tries > 1 {
					t.Errorf("tried %d times", r.tries)
				}
				if over := call.LookAt(until); r.last.After(over) {
					t.Errorf("tried %v after others could look", r.last.Sub(over))
				}
			})
		})
	}
}

package call_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// due is a ledger in which some calls are due, once.
type due struct {
	ledger.Ledger
	calls    []ledger.Call
	recorded chan ledger.CallID
}

func (d *due) Accounts(context.Context) ([]ledger.Account, error) { return nil, nil }

func (d *due) LeaseCalls(_ context.Context, l ledger.Leasing) ([]ledger.Call, error) {
	n := min(l.Limit, len(d.calls))
	leased := d.calls[:n]
	d.calls = d.calls[n:]
	return leased, nil
}

func (d *due) Extend(context.Context, ledger.Owner, ledger.CallID, time.Time, time.Time) (bool, error) {
	return true, nil
}

func (d *due) Record(_ context.Context, _ ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	for _, o := range outcomes {
		d.recorded <- o.Call
	}
	return ledger.Stored{}, nil
}

// hanging answers for one tool and hangs for every other one until its time is over.
type hanging struct{ answers string }

func (h hanging) Invoke(ctx context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
	if cmd.GetTool() == h.answers {
		return &executorv1.Result{Outcome: "done"}, nil
	}
	<-ctx.Done()
	return nil, &call.InvokeError{Err: ctx.Err()}
}

// A provider that hangs must not keep another one's calls from being made.
func TestResumeIsNotStarvedByAHangingProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &due{recorded: make(chan ledger.CallID, 10)}
		for _, c := range []struct{ id, tool string }{{"a", "jira.transition"}, {"b", "jira.transition"}, {"c", "jira.transition"}, {"d", "github.add_comment"}} {
			d.calls = append(d.calls, ledger.Call{Shown: &toolsv1.Call{CallId: c.id, Tool: c.tool, Class: "set", State: "queued"}, Mode: "act"})
		}
		p := &call.Performer{Ledger: d, Executor: hanging{answers: "github.add_comment"}, Log: slog.New(slog.DiscardHandler), Now: time.Now}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		start := time.Now()
		go func() { p.Resume(ctx, "us"); close(ended) }()
		if first := <-d.recorded; first != "d" || time.Since(start) > time.Second {
			t.Errorf("%s was recorded first, after %v; want d at once", first, time.Since(start))
		}
		for range 3 {
			<-d.recorded
		}
		stop()
		<-ended
	})
}

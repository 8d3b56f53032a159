package call_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// elsewhere is a ledger with a run of one call, which another process performs.
type elsewhere struct {
	ledger.Ledger
	done          time.Time
	leases, looks int
}

func (e *elsewhere) stored() ledger.Stored {
	state := "running"
	if !time.Now().Before(e.done) {
		state = "done"
	}
	return ledger.Stored{Run: &toolsv1.Run{RunId: "run", Calls: []*toolsv1.Call{{CallId: "c", State: state}}}}
}

func (e *elsewhere) Run(context.Context, ledger.RunID) (ledger.Stored, error) {
	e.looks++
	return e.stored(), nil
}

func (e *elsewhere) LeaseCalls(context.Context, ledger.Leasing) ([]ledger.Call, error) {
	e.leases++
	return nil, nil
}

// Who waits for another process's call looks at the run: asking for its calls twenty times a
// second had all processes that lease wait for each other.
func TestFollowAsksForCallsOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		e := &elsewhere{done: began.Add(3500 * time.Millisecond)}
		p := &call.Performer{Ledger: e, Log: slog.New(slog.DiscardHandler), Now: time.Now}
		run, err := p.Follow(t.Context(), "us", e.stored(), began.Add(call.AttemptTime))
		if err != nil || run.Run.GetCalls()[0].GetState() != "done" {
			t.Errorf("%v, %v", run.Run, err)
		}
		if took := time.Since(began); took > 3600*time.Millisecond {
			t.Errorf("it took %v to see what was done after 3.5 s", took)
		}
		if e.leases < 3 || e.leases > 5 || e.looks < 50 {
			t.Errorf("asked for calls %d times, and looked %d times", e.leases, e.looks)
		}
	})
}

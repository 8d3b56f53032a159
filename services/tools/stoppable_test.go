package tools

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

type counting struct{ asked *int }

func (c counting) Invoke(context.Context, *executorv1.Command) (*executorv1.Result, error) {
	*c.asked++
	return &executorv1.Result{Outcome: "done"}, nil
}

// A kill switch that is pulled later ends what waits, too, and so does dry_run.
func TestTheKillSwitchAndDryRunEndWhatWaits(t *testing.T) {
	current := policy.Default()
	asked := 0
	s := stoppable{counting{&asked}, func() *policy.Policy { return current }}
	for _, step := range []struct {
		policy, mode, outcome string
		asked                 int
	}{
		{"", "act", "done", 1},
		{"kill_switch: on", "act", "", 1},
		{"kill_switch: on", "look", "done", 2},
		{"kill_switch: on", "dry_run", "done", 3},
		{"kill_switch: off", "act", "done", 4},
		{"dry_run: on", "act", "", 4},
		{"dry_run: on", "look", "done", 5},
		{"dry_run: on", "dry_run", "done", 6},
		{"dry_run: off", "act", "done", 7},
	} {
		var err error
		if current, err = policy.Parse([]byte(step.policy), registry.Tools()); err != nil {
			t.Fatal(err)
		}
		result, err := s.Invoke(t.Context(), &executorv1.Command{Mode: step.mode})
		// Nobody was asked: that says nothing of who would have been.
		if refused, ok := errors.AsType[*call.InvokeError](err); ok != (step.outcome == "") || ok && !(refused.Refused && refused.NotSent) {
			t.Errorf("%s %s: %v", step.policy, step.mode, err)
		}
		if result.GetOutcome() != step.outcome || asked != step.asked {
			t.Errorf("%s %s: %v %v, asked %d times", step.policy, step.mode, result, err, asked)
		}
	}
}

// forgetful is a ledger that takes outcomes and keeps none.
type forgetful struct{ ledger.Ledger }

func (forgetful) Record(context.Context, ledger.RunID, []ledger.Outcome) (ledger.Stored, error) {
	return ledger.Stored{}, nil
}

// failing is an executor whose provider is away.
type failing struct{ asked *int }

func (f failing) Invoke(context.Context, *executorv1.Command) (*executorv1.Result, error) {
	*f.asked++
	return &executorv1.Result{Outcome: "retry", Reason: "provider_away"}, nil
}

// What a kill switch ended counted as an answer of the provider, and closed its circuit.
func TestWhatIsStoppedSaysNothingOfTheProvider(t *testing.T) {
	current, asked, now := policy.Default(), 0, time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	p := &call.Performer{
		Ledger: forgetful{}, Executor: stoppable{failing{&asked}, func() *policy.Policy { return current }},
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	}
	perform := func(times int) {
		t.Helper()
		for range times {
			until := now.Add(time.Second)
			c := ledger.Call{Shown: &toolsv1.Call{CallId: "c", Target: "jira:issue:ACME-7", Class: "set"}, Mode: "act", NotAfter: until}
			if _, err := p.Perform(t.Context(), "run", []ledger.Call{c}, until); err != nil {
				t.Fatal(err)
			}
		}
	}
	perform(4) // One more breaks it.
	off := current
	killed, err := policy.Parse([]byte("kill_switch: on"), registry.Tools())
	if err != nil {
		t.Fatal(err)
	}
	current = killed
	perform(2)
	current = off
	if perform(3); asked != 5 {
		t.Errorf("asked %d times, want 5: the provider is away", asked)
	}
}

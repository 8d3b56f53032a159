package tools

import (
	"context"
	"testing"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
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
		{"kill_switch: on", "act", "rejected", 1},
		{"kill_switch: on", "look", "done", 2},
		{"kill_switch: on", "dry_run", "done", 3},
		{"kill_switch: off", "act", "done", 4},
		{"dry_run: on", "act", "rejected", 4},
		{"dry_run: on", "look", "done", 5},
		{"dry_run: on", "dry_run", "done", 6},
		{"dry_run: off", "act", "done", 7},
	} {
		var err error
		if current, err = policy.Parse([]byte(step.policy), registry.Tools()); err != nil {
			t.Fatal(err)
		}
		result, err := s.Invoke(t.Context(), &executorv1.Command{Mode: step.mode})
		if err != nil || result.GetOutcome() != step.outcome || asked != step.asked {
			t.Errorf("%s %s: %v %v, asked %d times", step.policy, step.mode, result, err, asked)
		}
	}
}

package tools

import (
	"context"
	"testing"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// executing is an executor of a test's own.
type executing func(cmd *executorv1.Command) (*executorv1.Result, error)

func (f executing) Invoke(_ context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
	return f(cmd)
}

// taskPlan makes one issue.
func taskPlan() *toolsv1.Plan {
	choice := func(s string) *toolsv1.Argument {
		return &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{s}}}}
	}
	return &toolsv1.Plan{RulesHash: "ab", Class: "x", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{{
		Rule: "change", Step: "task", Tool: "jira.create_issue",
		Arguments: map[string]*toolsv1.Argument{"project": choice("ACME"), "issue_type": choice("Task"), "summary": {Value: &toolsv1.Argument_Text{Text: "Look after it"}}},
	}}}
}

// TestLateOutcomeMakesNothingTwice: one process stands still between its commit and its
// attempt; another one looks, finds nothing and acts; the first one wakes, is told that it
// is too late, and records that. A third one took that for leave to act.
func TestLateOutcomeMakesNothingTwice(t *testing.T) {
	for name, open := range map[string]func(*testing.T) func(func() time.Time) memoryStore{"sqlite": onSQLite, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			clock := &testClock{now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
			store, newID := open(t)(clock.Now), ids(1)
			made := 0
			var during func()
			acting := executing(func(cmd *executorv1.Command) (*executorv1.Result, error) {
				if cmd.GetMode() == "look" {
					return &executorv1.Result{Outcome: "rejected", Reason: "not_found"}, nil
				}
				if made++; made == 1 {
					during()
				}
				return &executorv1.Result{Outcome: "done", Ref: "jira:issue:ACME-99"}, nil
			})
			started := func(name string, e executing) *process {
				p, err := newProcess(store, newProvider(0, clock), clock, name, newID)
				if err != nil {
					t.Fatal(err)
				}
				p.calls.Executor = e
				return p
			}
			b, c := started("b", acting), started("c", acting)
			asked, wake := make(chan struct{}), make(chan struct{})
			a := started("a", func(*executorv1.Command) (*executorv1.Result, error) {
				close(asked)
				<-wake
				return &executorv1.Result{Outcome: "retry", Reason: "deadline"}, nil
			})
			opened, err := a.runs.OpenRun(t.Context(), &toolsv1.OpenRunRequest{Input: &toolsv1.OpenRunRequest_Sealed{Sealed: sealTold(t, story()[2])}})
			if err != nil {
				t.Fatal(err)
			}
			run := opened.GetRun().GetRunId()
			ended := make(chan error, 1)
			go func() {
				_, err := a.runs.ExecuteRun(t.Context(), &toolsv1.ExecuteRunRequest{RunId: run, Plan: taskPlan()})
				ended <- err
			}()
			<-asked
			takeUp := func(p *process) {
				if _, err := p.calls.TakeUp(t.Context(), p.runs.owner, 4); err != nil {
					t.Error(err)
				}
			}
			during = func() {
				close(wake)
				if err := <-ended; err != nil {
					t.Error(err)
				}
				clock.advance(3 * time.Second)
				takeUp(c)
			}
			clock.advance(21 * time.Second)
			takeUp(b) // It looks.
			clock.advance(time.Second)
			takeUp(b)
			stored, err := store.Run(t.Context(), ledger.RunID(run))
			if err != nil {
				t.Fatal(err)
			}
			if state := stored.Run.GetCalls()[0].GetState(); made != 1 || state != "done" {
				t.Errorf("made %d times, and the call is %s: %v", made, state, stored.Run.GetCalls()[0].GetEvidence())
			}
		})
	}
}

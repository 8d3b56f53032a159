package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

func TestHandle(t *testing.T) {
	l := created()
	open := l.open
	l.open = func(ctx context.Context, req *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) {
		if !req.GetWait() || req.GetDelivery().GetDeliveryId() != "d1" || req.GetSealed().GetAuthn() != "signature" {
			t.Errorf("OpenRun got %s", protojson.Format(req))
		}
		return open(ctx, req)
	}
	r, _ := runner(t, l, 1)
	got, err := r.Handle(t.Context(), sealed(t))
	if err != nil {
		t.Fatal(err)
	}
	if got.GetStatus() != "success" || got.GetReplayed() || got.GetClass() != "change.merged" || got.GetDecidedBy() != "metadata" || len(got.GetActionsTaken()) != 2 {
		t.Errorf("answer %s", protojson.Format(got))
	}
	if n := len(l.executions()); n != 1 {
		t.Fatalf("%d executions", n)
	}
	plan := l.executions()[0].GetPlan()
	if len(plan.GetCalls()) != 1 || plan.GetCalls()[0].GetArguments()["target"].GetPath() != "link.issue[0]" || len(plan.GetRulesHash()) != 64 {
		t.Errorf("plan %s", protojson.Format(plan))
	}
}

func TestHandleUnsealed(t *testing.T) {
	l := created()
	l.open = func(_ context.Context, req *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) {
		if req.GetUnsealed().GetKind() != "change.merged" {
			t.Errorf("OpenRun got %s", protojson.Format(req))
		}
		return &toolsv1.OpenRunResponse{Run: fresh(), Created: true, Leased: true}, nil
	}
	r, _ := runner(t, l, 1)
	got, err := r.Handle(t.Context(), &agentv1.HandleEventRequest{Input: &agentv1.HandleEventRequest_Unsealed{Unsealed: event()}})
	if err != nil || got.GetStatus() != "ignored" {
		t.Errorf("answer %v, error %v", got, err)
	}
}

func TestHandleDuplicates(t *testing.T) {
	plan := &toolsv1.Plan{Class: "change.merged", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{{Rule: "done", Step: "move", Tool: "jira.transition"}}}
	tests := []struct {
		name     string
		run      *toolsv1.Run
		leased   bool
		status   string
		executes int
		withPlan bool
	}{
		{"decided", executed(plan, "done"), false, "success", 0, false},
		{"in progress at another agent", fresh(), false, "processing", 0, false},
		{"planned, not decided", executed(plan, "queued"), false, "processing", 0, false},
		{"failed: started again, without a plan", executed(plan, "failed"), false, "success", 1, false},
		{"left behind by an agent that died", fresh(), true, "success", 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := created()
			l.open = func(context.Context, *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) {
				return &toolsv1.OpenRunResponse{Run: tt.run, Links: issues(), Leased: tt.leased}, nil
			}
			l.execute = func(context.Context, *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
				return &toolsv1.ExecuteRunResponse{Run: executed(plan, "done")}, nil
			}
			r, _ := runner(t, l, 1)
			got, err := r.Handle(t.Context(), sealed(t))
			if err != nil {
				t.Fatal(err)
			}
			if got.GetStatus() != tt.status || !got.GetReplayed() {
				t.Errorf("answer %s", protojson.Format(got))
			}
			if n := len(l.executions()); n != tt.executes || n == 1 && (l.executions()[0].GetPlan() != nil) != tt.withPlan {
				t.Errorf("executions: %v", l.executions())
			}
		})
	}
}

func TestHandlePlanFixedByAnother(t *testing.T) {
	other := &toolsv1.Plan{Class: "other", DecidedBy: "metadata"}
	l := created()
	l.execute = func(context.Context, *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
		return &toolsv1.ExecuteRunResponse{Run: executed(other, ""), PlanRejected: "plan_fixed"}, nil
	}
	r, logged := runner(t, l, 1)
	got, err := r.Handle(t.Context(), sealed(t))
	if err != nil || got.GetClass() != "other" || got.GetStatus() != "ignored" {
		t.Errorf("answer %v, error %v", got, err)
	}
	if !strings.Contains(logged.String(), "another plan was first") {
		t.Errorf("log: %s", logged)
	}
}

func TestHandleErrors(t *testing.T) {
	away := fault.New(fault.Unavailable, "the ledger is away")
	tests := []struct {
		name          string
		open, execute error
		want          fault.Reason
		status        string
	}{
		{"a seal that does not hold", fault.New(fault.SealInvalid, "no"), nil, fault.SealInvalid, ""},
		{"not durable", away, nil, fault.Unavailable, ""},
		{"durable, then tools went away", nil, away, "", "processing"},
		{"durable, then tools is too slow", nil, fault.New(fault.Deadline, "late"), "", "processing"},
		{"durable, but no plan is accepted, not even an empty one", nil, fault.New(fault.PlanInvalid, "no such field"), fault.PlanInvalid, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := created()
			if tt.open != nil {
				l.open = func(context.Context, *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) { return nil, tt.open }
			}
			if tt.execute != nil {
				l.execute = func(context.Context, *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
					return nil, tt.execute
				}
			}
			r, _ := runner(t, l, 1)
			got, err := r.Handle(t.Context(), sealed(t))
			if fault.ReasonOf(err) != tt.want || got.GetStatus() != tt.status {
				t.Errorf("answer %v, error %v", got, err)
			}
			// Its slot is free again.
			r.Drain(t.Context())
		})
	}
}

func TestHandleSealedBytesAreNoEvent(t *testing.T) {
	r, _ := runner(t, created(), 1)
	req := sealed(t)
	req.GetSealed().Event = []byte{0xff}
	if _, err := r.Handle(t.Context(), req); fault.ReasonOf(err) != fault.EventInvalid {
		t.Errorf("error %v", err)
	}
}

// pass lets time pass in a bubble, and whatever happens in it.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestHandleSurvivesAPanic(t *testing.T) {
	l := created()
	l.execute = func(context.Context, *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
		panic("out of order")
	}
	r, logged := runner(t, l, 1)
	if _, err := r.Handle(t.Context(), sealed(t)); err == nil || fault.ReasonOf(err) != "" {
		t.Errorf("error %v", err)
	}
	r.Drain(t.Context())
	if !strings.Contains(logged.String(), "out of order") {
		t.Errorf("log: %s", logged)
	}
}

// slow makes executing take a while, unless its context ends first.
func slow(l *ledger, d time.Duration) {
	l.execute = func(ctx context.Context, req *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
		select {
		case <-time.After(d):
			return &toolsv1.ExecuteRunResponse{Run: executed(req.GetPlan(), "done")}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func TestHandleAnswersBeforeTheDeadline(t *testing.T) {
	tests := []struct {
		name            string
		takes, deadline time.Duration
		status          string
		after           time.Duration
	}{
		{"decided in time", 7400 * time.Millisecond, 8 * time.Second, "success", 7400 * time.Millisecond},
		{"too slow", 7600 * time.Millisecond, 8 * time.Second, "processing", 7500 * time.Millisecond},
		{"no time from the start", time.Second, 400 * time.Millisecond, "processing", 0},
		{"no deadline", 14 * time.Second, 0, "success", 14 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := created()
				slow(l, tt.takes)
				r, logged := runner(t, l, 1)
				ctx := t.Context()
				if tt.deadline > 0 {
					c, cancel := context.WithTimeout(ctx, tt.deadline)
					defer cancel()
					ctx = c
				}
				start := time.Now()
				got, err := r.Handle(ctx, sealed(t))
				if err != nil || got.GetStatus() != tt.status {
					t.Errorf("answer %v, error %v", got, err)
				}
				if took := time.Since(start); took != tt.after {
					t.Errorf("answered after %v, want %v", took, tt.after)
				}
				// The work goes on, and comes to its end without an error.
				r.Drain(t.Context())
				if took := time.Since(start); took != tt.takes {
					t.Errorf("worked for %v, want %v", took, tt.takes)
				}
				if logged.Len() > 0 {
					t.Errorf("log: %s", logged)
				}
			})
		})
	}
}

func TestHandleBoundsWorkAfterTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := created()
		slow(l, time.Hour)
		r, _ := runner(t, l, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := r.Handle(ctx, sealed(t)); err != nil {
			t.Fatal(err)
		}
		r.Drain(t.Context())
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("worked for %v, want 15s", took)
		}
	})
}

func TestHandleGoesOnWithoutItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := created()
		slow(l, 5*time.Second)
		r, logged := runner(t, l, 1)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := r.Handle(ctx, sealed(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		r.Drain(t.Context())
		if logged.Len() > 0 {
			t.Errorf("log: %s", logged)
		}
	})
}

func TestHandleShedsWhatIsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := created()
		slow(l, 10*time.Second)
		r, _ := runner(t, l, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got, err := r.Handle(ctx, sealed(t)); err != nil || got.GetStatus() != "processing" {
			t.Fatalf("answer %v, error %v", got, err)
		}
		// The answer is out, the work is not done.
		if _, err := r.Handle(t.Context(), sealed(t)); fault.ReasonOf(err) != fault.Overloaded {
			t.Errorf("error %v, want overloaded", err)
		}
		pass(10 * time.Second)
		if got, err := r.Handle(t.Context(), sealed(t)); err != nil || got.GetStatus() != "success" {
			t.Errorf("answer %v, error %v", got, err)
		}
	})
}

func TestDrainIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := created()
		slow(l, 12*time.Second)
		r, _ := runner(t, l, 2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Handle(ctx, sealed(t)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		stop, done := context.WithTimeout(t.Context(), 3*time.Second)
		defer done()
		r.Drain(stop)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("drained for %v", took)
		}
		pass(12 * time.Second)
	})
}

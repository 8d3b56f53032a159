package run_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

// refusals are what tools refuses a plan with, and what the run's gap says of it.
func refusals() map[string]struct {
	err    error
	detail string
} {
	return map[string]struct {
		err    error
		detail string
	}{
		"the tools' declarations": {fault.New(fault.PlanInvalid, "done/move: argument status must be one choice"), "done/move: argument status must be one choice"},
		"the contract":            {connect.NewError(connect.CodeInvalidArgument, errors.New("plan.calls: at most 100")), "plan.calls: at most 100"},
	}
}

// refusing is a ledger that accepts no plan with calls.
func refusing(refusal error) *ledger {
	l := created()
	l.execute = func(_ context.Context, req *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
		if len(req.GetPlan().GetCalls()) > 0 {
			return nil, refusal
		}
		return &toolsv1.ExecuteRunResponse{Run: executed(req.GetPlan(), "")}, nil
	}
	return l
}

// A refused plan was answered 503 for as long as the provider sent the event again.
func TestHandleRefusedPlanDecidesTheRun(t *testing.T) {
	for name, tt := range refusals() {
		t.Run(name, func(t *testing.T) {
			l := refusing(tt.err)
			r, logged := runner(t, l, 1)
			got, err := r.Handle(t.Context(), sealed(t))
			if err != nil {
				t.Fatal(err)
			}
			if got.GetStatus() != "failed" || got.GetClass() != "change.merged" || len(got.GetGaps()) != 1 ||
				got.GetGaps()[0].GetCode() != "plan_invalid" || got.GetGaps()[0].GetDetail() != tt.detail {
				t.Errorf("answer %s", protojson.Format(got))
			}
			if n := len(l.executions()); n != 2 || len(l.executions()[1].GetPlan().GetRulesHash()) != 64 {
				t.Errorf("executions: %v", l.executions())
			}
			if !strings.Contains(logged.String(), "tools refused the plan") {
				t.Errorf("log: %s", logged)
			}
		})
	}
}

// A run whose plan is refused was claimed again whenever its lease ran out.
func TestClaimRefusedPlanDecidesTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := refusing(fault.New(fault.PlanInvalid, "no such field"))
		l.claim = behind(1).claim
		r, _ := runner(t, l, 1)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Claim(ctx) }()
		pass(3 * time.Second)
		cancel()
		<-done
		if n := len(l.executions()); n != 2 || l.executions()[1].GetPlan().GetGaps()[0].GetCode() != "plan_invalid" {
			t.Errorf("executions: %v", l.executions())
		}
	})
}

func TestPreviewTellsOfARefusedPlan(t *testing.T) {
	for name, tt := range refusals() {
		t.Run(name, func(t *testing.T) {
			l := created()
			l.preview = func(req *toolsv1.PreviewRunRequest) (*toolsv1.PreviewRunResponse, error) {
				if len(req.GetPlan().GetCalls()) > 0 {
					return nil, tt.err
				}
				return &toolsv1.PreviewRunResponse{Run: executed(req.GetPlan(), ""), Links: issues()}, nil
			}
			r, _ := runner(t, l, 1)
			got, err := r.Preview(t.Context(), &agentv1.PlanEventRequest{Input: &agentv1.PlanEventRequest_Unsealed{Unsealed: event()}})
			if err != nil || len(got.GetPlan().GetCalls()) > 0 || got.GetPlan().GetGaps()[0].GetDetail() != tt.detail {
				t.Errorf("preview %v, error %v", got, err)
			}
		})
	}
}

// Duplicates that wait for one undecided run took every slot, and new events were shed.
func TestHandleWaitingDuplicatesLeaveRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := created()
		open := l.open
		l.open = func(ctx context.Context, req *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) {
			if req.GetDelivery().GetDeliveryId() == "new" {
				return open(ctx, req)
			}
			if req.GetWait() {
				<-time.After(5 * time.Second)
			}
			return &toolsv1.OpenRunResponse{Run: fresh()}, nil
		}
		r, _ := runner(t, l, 4)
		answers := make(chan *agentv1.Answer, 10)
		for range cap(answers) {
			go func() {
				got, err := r.Handle(t.Context(), sealed(t))
				if err != nil {
					t.Error(err)
				}
				answers <- got
			}()
			synctest.Wait()
		}
		// Two wait, the others are answered at once.
		if n := len(answers); n != 8 {
			t.Errorf("%d duplicates are answered at once, want 8", n)
		}
		req := sealed(t)
		req.Delivery.DeliveryId = "new"
		if got, err := r.Handle(t.Context(), req); err != nil || got.GetStatus() != "success" {
			t.Errorf("a new event: answer %v, error %v", got, err)
		}
		pass(5 * time.Second)
		for range cap(answers) {
			if got := <-answers; got.GetStatus() != "processing" {
				t.Errorf("a duplicate: answer %v", got)
			}
		}
	})
}

// What decided the class is told with the plan, also with one that tools refused.
func TestHandleKeepsWhatDecided(t *testing.T) {
	issue := event()
	issue.Kind, issue.Text = "issue.created", &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Value: "Crash on start"}}}
	req := &agentv1.HandleEventRequest{Input: &agentv1.HandleEventRequest_Unsealed{Unsealed: issue}}
	for name, l := range map[string]*ledger{"accepted": created(), "refused": refusing(fault.New(fault.PlanInvalid, "no"))} {
		t.Run(name, func(t *testing.T) {
			r, _ := runner(t, l, 1)
			got, err := r.Handle(t.Context(), req)
			if err != nil || got.GetClass() != "bug" || got.GetDecidedBy() != "lexicon" {
				t.Errorf("answer %v, error %v", got, err)
			}
			for _, e := range l.executions() {
				if p := e.GetPlan(); p.GetConfidence() != 66 || !slices.Equal(p.GetClassWords(), []string{"crash"}) {
					t.Errorf("plan %v", p)
				}
			}
		})
	}
}

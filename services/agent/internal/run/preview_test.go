package run_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

func TestPreview(t *testing.T) {
	l := created()
	asked := 0
	l.preview = func(req *toolsv1.PreviewRunRequest) (*toolsv1.PreviewRunResponse, error) {
		asked++
		if (asked == 2) != (req.GetPlan() != nil) {
			t.Errorf("question %d has the plan %v", asked, req.GetPlan())
		}
		if req.GetPlan() == nil {
			return &toolsv1.PreviewRunResponse{Run: fresh(), Links: issues()}, nil
		}
		return &toolsv1.PreviewRunResponse{Run: executed(req.GetPlan(), "dry_run"), Links: issues()}, nil
	}
	r, _ := runner(t, l, 1)
	got, err := r.Preview(t.Context(), &agentv1.PlanEventRequest{Input: &agentv1.PlanEventRequest_Sealed{Sealed: sealed(t).GetSealed()}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetPlan().GetCalls()) != 1 || len(got.GetCalls()) != 1 || got.GetCalls()[0].GetState() != "dry_run" || len(got.GetLinks()) != 1 {
		t.Errorf("preview %s", protojson.Format(got))
	}
	if len(l.executions()) > 0 {
		t.Error("a preview was executed")
	}
}

func TestPreviewErrors(t *testing.T) {
	l := created()
	l.preview = func(*toolsv1.PreviewRunRequest) (*toolsv1.PreviewRunResponse, error) {
		return nil, fault.New(fault.EventInvalid, "no ref")
	}
	r, _ := runner(t, l, 1)
	_, err := r.Preview(t.Context(), &agentv1.PlanEventRequest{Input: &agentv1.PlanEventRequest_Unsealed{Unsealed: event()}})
	if fault.ReasonOf(err) != fault.EventInvalid {
		t.Errorf("error %v", err)
	}
}

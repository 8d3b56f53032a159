package run

import (
	"context"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

// Preview says what Handle would do with an event, and does nothing. Faults are those of RunService.
func (r *Runner) Preview(ctx context.Context, req *agentv1.PlanEventRequest) (*agentv1.PlanEventResponse, error) {
	in := &toolsv1.PreviewRunRequest{}
	switch input := req.GetInput().(type) {
	case *agentv1.PlanEventRequest_Sealed:
		in.Input = &toolsv1.PreviewRunRequest_Sealed{Sealed: input.Sealed}
	case *agentv1.PlanEventRequest_Unsealed:
		in.Input = &toolsv1.PreviewRunRequest_Unsealed{Unsealed: input.Unsealed}
	}
	opened, err := r.ledger.PreviewRun(ctx, in)
	if err != nil {
		return nil, fault.FromPeer(err)
	}
	event, err := decode(req.GetSealed(), req.GetUnsealed())
	if err != nil {
		return nil, err
	}
	rules := r.rules()
	class := r.classify.Event(event, opened.GetLinks(), rules)
	in.Plan = r.selectTools(ctx, "", rules, class, event, opened.GetLinks())
	decided, err := r.ledger.PreviewRun(ctx, in)
	if refused(err) {
		in.Plan = without(in.GetPlan(), err)
		decided, err = r.ledger.PreviewRun(ctx, in)
	}
	if err != nil {
		return nil, fault.FromPeer(err)
	}
	return &agentv1.PlanEventResponse{Plan: in.GetPlan(), Calls: decided.GetRun().GetCalls(), Links: opened.GetLinks()}, nil
}

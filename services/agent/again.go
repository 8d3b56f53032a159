package agent

import (
	"context"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/agent/internal/respond"
)

// DecideCall implements AgentService.
func (a *api) DecideCall(ctx context.Context, req *agentv1.DecideCallRequest) (*agentv1.DecideCallResponse, error) {
	resp, err := a.tools.DecideCall(ctx, &toolsv1.DecideCallRequest{
		RunId: req.GetRunId(), CallId: req.GetCallId(), Approve: req.GetApprove(), By: req.GetBy(), Why: req.GetWhy(), Digest: req.GetDigest(),
	})
	if err != nil {
		return nil, fromTools(err)
	}
	return &agentv1.DecideCallResponse{Answer: respond.Answer(resp.GetRun(), true)}, nil
}

// RetryCall implements AgentService.
func (a *api) RetryCall(ctx context.Context, req *agentv1.RetryCallRequest) (*agentv1.RetryCallResponse, error) {
	resp, err := a.tools.RetryCall(ctx, &toolsv1.RetryCallRequest{
		RunId: req.GetRunId(), CallId: req.GetCallId(), Force: req.GetForce(), By: req.GetBy(), Why: req.GetWhy(),
	})
	if err != nil {
		return nil, fromTools(err)
	}
	return &agentv1.RetryCallResponse{Answer: respond.Answer(resp.GetRun(), true)}, nil
}

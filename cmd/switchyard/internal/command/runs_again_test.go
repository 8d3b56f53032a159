package command_test

import (
	"context"
	"testing"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
)

// queued answers what was asked for by the reason of the run's one call.
func queued(callID, reason string) *agentv1.Answer {
	return &agentv1.Answer{RunId: runID, ActionsTaken: []*agentv1.Action{{CallId: callID, Tool: "jira.add_comment", Target: "jira:issue:ACME-7", State: "queued", Reason: reason}}}
}

func (a *agent) RetryCall(_ context.Context, req *agentv1.RetryCallRequest) (*agentv1.RetryCallResponse, error) {
	word := "retried"
	if req.GetForce() {
		word = "forced"
	}
	return &agentv1.RetryCallResponse{Answer: queued(req.GetCallId(), word+" by "+req.GetBy())}, nil
}

func (a *agent) DecideCall(_ context.Context, req *agentv1.DecideCallRequest) (*agentv1.DecideCallResponse, error) {
	word := "refused"
	if req.GetApprove() {
		word = "approved"
	}
	return &agentv1.DecideCallResponse{Answer: queued(req.GetCallId(), word+" by "+req.GetBy()+" because "+req.GetWhy())}, nil
}

func TestRunsRetryAndDecide(t *testing.T) {
	url := serve(t, &agent{})
	run(t, "runs", "retry", "0f8a", "--by", "ana", "--url", url).want(t, 0, "explains it", runID)
	run(t, "runs", "retry", runID, "comment", "--force", "--by", "ana", "--url", url).want(t, 0, "forced by ana")
	run(t, "runs", "approve", runID, "comment", "--by", "ana", "--why", "yes", "--url", url).want(t, 0, "approved by ana because yes")
	run(t, "runs", "reject", runID, "comment", "--by", "ana", "--url", url, "--json").want(t, 0, `"reason": "refused by ana because "`)
	run(t, "runs", "retry", runID, "nonsense", "--url", url).want(t, 1, "has no call nonsense")
	run(t, "runs", "approve", runID, "--url", url).want(t, 1, "call")
}

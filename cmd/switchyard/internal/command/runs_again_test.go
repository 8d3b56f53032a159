package command_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
)

const heldDigest = "3b1c0d9e8f5a3b1c0d9e8f5a3b1c0d9e8f5a3b1c0d9e8f5a3b1c0d9e8f5a3b1c"

// answered is the run's one call with what was asked for as its reason, in the state that
// the asker's name gives.
func answered(callID, by, reason string) *agentv1.Answer {
	state := "queued"
	if by == "refused" || by == "held" {
		state = by
	}
	return &agentv1.Answer{RunId: runID, ActionsTaken: []*agentv1.Action{{CallId: callID, Tool: "jira.add_comment", Step: "comment", Target: "jira:issue:ACME-7", State: state, Reason: reason}}}
}

func (a *agent) RetryCall(_ context.Context, req *agentv1.RetryCallRequest) (*agentv1.RetryCallResponse, error) {
	if req.GetBy() == "late" {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("nothing is to be tried again"))
	}
	word := "retried"
	if req.GetForce() {
		word = "forced"
	}
	return &agentv1.RetryCallResponse{Answer: answered(req.GetCallId(), req.GetBy(), word+" by "+req.GetBy()+" because "+req.GetWhy())}, nil
}

func (a *agent) DecideCall(_ context.Context, req *agentv1.DecideCallRequest) (*agentv1.DecideCallResponse, error) {
	if req.GetBy() == "late" {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("the call is not held"))
	}
	word := "refused"
	if req.GetApprove() {
		word = "approved " + req.GetDigest()
	}
	return &agentv1.DecideCallResponse{Answer: answered(req.GetCallId(), req.GetBy(), word+" by "+req.GetBy()+" because "+req.GetWhy())}, nil
}

func TestRunsRetryAndDecide(t *testing.T) {
	url := serve(t, &agent{})
	run(t, "runs", "retry", "0f8a", "--by", "ana", "--url", url).want(t, 0, "explains it", runID)
	run(t, "runs", "retry", runID, "comment", "--force", "--by", "ana", "--why", "it is well", "--url", url).want(t, 0, "forced by ana because it is well")
	run(t, "runs", "retry", runID, "comment", "--url", url).want(t, 0, "retried by an operator")
	run(t, "runs", "approve", runID, "comment", "--by", "ana", "--why", "yes", "--url", url).want(t, 0, "by ana because yes")
	run(t, "runs", "reject", runID, "comment", "--by", "ana", "--url", url, "--json").want(t, 0, `"reason": "refused by ana because "`)
	run(t, "runs", "retry", runID, "nonsense", "--url", url).want(t, 1, "has no call nonsense")
	run(t, "runs", "approve", runID, "--url", url).want(t, 1, "call")
}

// What was approved was whatever the call had become: nobody sent what he had been shown.
func TestWhatIsApprovedIsWhatWasShown(t *testing.T) {
	url := serve(t, &agent{})
	run(t, "runs", "approve", runID, "issue", "--url", url).want(t, 0, `with title "Look after it"`, "digest "+heldDigest[:12], "approved "+heldDigest+" by an operator")
	run(t, "runs", "approve", runID, "issue", "--digest", "3B1C0D9E8F5A", "--url", url).want(t, 0, "approved "+heldDigest)
	run(t, "runs", "approve", runID, "issue", "--json", "--url", url).want(t, 0, `"reason": "approved `+heldDigest)
	for _, digest := range []string{"3b1c", "ffffffffffff"} {
		out := run(t, "runs", "approve", runID, "issue", "--digest", digest, "--url", url)
		if out.want(t, 1, "whose digest begins with "+digest); strings.Contains(out.stdout, "approved") {
			t.Errorf("%s: approved all the same", digest)
		}
	}
}

// An operator who asks for something that policy doesn't let through any more must not
// take it for done.
func TestRunsSayWhatIsNotMade(t *testing.T) {
	url := serve(t, &agent{})
	run(t, "runs", "approve", runID, "issue", "--by", "refused", "--url", url).want(t, 1, "by now it is refused")
	run(t, "runs", "approve", runID, "issue", "--by", "held", "--url", url).want(t, 1, "it is held for another reason, or with another request")
	run(t, "runs", "retry", runID, "comment", "--by", "refused", "--url", url).want(t, 1, "by now it is refused")
	run(t, "runs", "retry", runID, "--by", "refused", "--url", url).want(t, 0, "explains it")
	run(t, "runs", "reject", runID, "issue", "--by", "refused", "--url", url).want(t, 0, "refused by refused")
}

// Several steps of a rule may have one tool: which is which was not told.
func TestRunsRetryAndDecideShowTheStep(t *testing.T) {
	url := serve(t, &agent{})
	for _, args := range [][]string{{"retry", runID, "comment"}, {"approve", runID, "comment"}, {"reject", runID, "comment"}} {
		run(t, slices.Concat([]string{"runs"}, args, []string{"--by", "ana", "--url", url})...).want(t, 0, "TOOL              STEP     TARGET", "jira.add_comment  comment  jira:issue:ACME-7")
	}
}

// What was refused did not say of which run and call.
func TestRunsRetryAndDecideNameWhatIsRefused(t *testing.T) {
	url := serve(t, &agent{})
	const comment = "00000000-0000-4000-8000-000000000001"
	run(t, "runs", "retry", "0f8a", "--by", "late", "--url", url).want(t, 1, "run "+runID+": nothing is to be tried again")
	run(t, "runs", "retry", "0f8a", "comment", "--by", "late", "--url", url).want(t, 1, "run "+runID+", call "+comment+": nothing is to be tried again")
	run(t, "runs", "approve", "0f8a", "comment", "--by", "late", "--url", url).want(t, 1, "run "+runID+", call "+comment+": the call is not held")
	run(t, "runs", "retry", "0f8a", "00000000", "--url", url).want(t, 1, comment+" (rule merged-change, step comment, of jira:issue:ACME-7)")
}

// The validator's own words named a field that no command has.
func TestRunsRetryAndDecideBoundWords(t *testing.T) {
	url := serve(t, &agent{})
	run(t, "runs", "retry", runID, "--by", strings.Repeat("é", 201), "--url", url).want(t, 1, "--by has 201 characters: at most 200 are kept, shorten it")
	run(t, "runs", "reject", runID, "comment", "--why", strings.Repeat("x", 2001), "--url", url).want(t, 1, "--why has 2001 characters: at most 2000")
}

package tools

import (
	"context"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// stoppable asks the policy of now before each attempt: a kill switch or a dry run
// that lets drain what was allowed, held or failed earlier would be none. Looking is
// let through, and so is rendering: neither acts. What is rejected so can be retried
// later.
type stoppable struct {
	call.Executor

	policy func() *policy.Policy
}

// Invoke implements call.Executor.
func (s stoppable) Invoke(ctx context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
	if cmd.GetMode() == "act" {
		switch current := s.policy(); {
		case current.Killed():
			return &executorv1.Result{Outcome: "rejected", Reason: "kill_switch in POLICY_FILE is on: nothing acts outside"}, nil
		case current.DryRun():
			return &executorv1.Result{Outcome: "rejected", Reason: "policy: dry_run in POLICY_FILE is on: nothing is sent"}, nil
		}
	}
	return s.Executor.Invoke(ctx, cmd)
}

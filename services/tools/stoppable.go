package tools

import (
	"context"
	"errors"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// stoppable asks the policy of now before each attempt: a kill switch or a dry run
// that lets drain what was allowed, held or failed earlier would be none. Looking is
// let through, and so is rendering: neither acts. What is rejected so can be retried
// later. It says nothing of the provider, nor of the executor: nobody was asked.
type stoppable struct {
	call.Executor

	policy func() *policy.Policy
}

// Invoke implements call.Executor.
func (s stoppable) Invoke(ctx context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
	if cmd.GetMode() == "act" {
		switch current := s.policy(); {
		case current.Killed():
			return nil, stopped("kill_switch in POLICY_FILE is on: nothing acts outside")
		case current.DryRun():
			return nil, stopped("dry_run in POLICY_FILE is on: nothing is sent")
		}
	}
	return s.Executor.Invoke(ctx, cmd)
}

// forbidden tells whether the policy of now refuses a call that was let through before and
// has waited since: its target, its choices, its author. That needs no look at what is
// known besides. A kill switch and a dry run of everything are stoppable's, and what is
// held by now was not then.
func (r *runs) forbidden(ctx context.Context, c ledger.Call) (*toolsv1.Call, error) {
	current := r.policy()
	if current.Killed() || current.DryRun() {
		return nil, nil
	}
	stored, err := r.ledger.Run(ctx, c.Run)
	if err != nil {
		return nil, err
	}
	decisions, err := current.Decide(policy.Case{
		Event: stored.Event, Authn: stored.Run.GetAuthn(), Links: stored.Run.GetLinks(), Plan: stored.Run.GetPlan(), Tools: r.tools, Results: results(stored.Run),
	})
	if _, bad := errors.AsType[*policy.PlanError](err); bad {
		return nil, nil // Of an older version's tools: the executor says what it takes.
	}
	for _, d := range decisions {
		if callID(c.EventID, d) != ledger.CallID(c.Shown.GetCallId()) {
			continue
		}
		switch d.State {
		case "refused":
			return &toolsv1.Call{Reason: d.Reason, Evidence: d.Evidence}, nil
		case "dry_run": // What proves itself so may not act any more.
			return &toolsv1.Call{Reason: "authn", Evidence: d.Evidence}, nil
		}
	}
	return nil, err
}

func stopped(why string) error {
	return &call.InvokeError{NotSent: true, Refused: true, Err: errors.New(why)}
}

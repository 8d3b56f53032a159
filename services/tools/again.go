package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"connectrpc.com/connect"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// restart starts what is failed again, on a redelivery; the resumer takes it from there.
func (r *runs) restart(ctx context.Context, id ledger.RunID) (*toolsv1.ExecuteRunResponse, error) {
	stored, err := r.ledger.Run(ctx, id)
	if err != nil {
		return nil, unavailable(err)
	}
	if slices.ContainsFunc(stored.Run.GetCalls(), func(c *toolsv1.Call) bool { return c.GetState() == "failed" }) {
		decided, err := r.decideAgain(ctx, stored)
		switch {
		case isInvalid(err):
			// The provider did nothing wrong, and an operator's retry says what is.
			r.log.WarnContext(ctx, "a redelivery can't start failed calls again: their plan is not valid any more", "run_id", id, "error", err)
		case err != nil:
			return nil, err
		default:
			if stored, err = r.ledger.Restart(ctx, id, decided); err != nil {
				return nil, unavailable(err)
			}
		}
	}
	return &toolsv1.ExecuteRunResponse{Run: r.memory.Show(ctx, r.awaitDecision(ctx, stored))}, nil
}

// decideAgain asks policy, as it is now, about all calls of a run. What was forgotten is
// not taken up where it was not to be made anyhow.
func (r *runs) decideAgain(ctx context.Context, stored ledger.Stored) ([]ledger.Resolution, error) {
	decisions, err := r.decide(ctx, stored.Event, stored.Run, stored.Run.GetPlan())
	if err != nil {
		return nil, err
	}
	forgotten := slices.ContainsFunc(stored.Run.GetGaps(), func(g *toolsv1.Gap) bool { return g.GetCode() == ledger.ReasonForgotten })
	settled := make(map[ledger.CallID]bool)
	for _, c := range stored.Run.GetCalls() {
		state := c.GetState()
		settled[ledger.CallID(c.GetCallId())] = forgotten && (state == "refused" || state == "dry_run" || state == "unknown")
	}
	decided := make([]ledger.Resolution, 0, len(decisions))
	for _, d := range decisions {
		if resolved := resolution(stored.Event, d); !settled[resolved.Call] {
			decided = append(decided, resolved)
		}
	}
	return decided, nil
}

// isInvalid: a later version has other tools than the plan was made for.
func isInvalid(err error) bool { return fault.ReasonOf(err) == fault.PlanInvalid }

func notAnyMore(err error) error {
	if isInvalid(err) {
		return connect.NewError(connect.CodeFailedPrecondition, fmt.Errorf("the run's plan is not valid any more: %s", fault.Detail(err)))
	}
	return err
}

// RetryCall implements RunService.
func (r *runs) RetryCall(ctx context.Context, req *toolsv1.RetryCallRequest) (*toolsv1.RetryCallResponse, error) {
	id := ledger.RunID(req.GetRunId())
	stored, err := r.ledger.Run(ctx, id)
	if err != nil {
		return nil, unavailable(err)
	}
	decided, err := r.decideAgain(ctx, stored)
	if err != nil {
		return nil, notAnyMore(err)
	}
	stored, err = r.ledger.Retry(ctx, id, ledger.Retrying{
		Call: ledger.CallID(req.GetCallId()), Force: req.GetForce(), By: cmp.Or(req.GetBy(), "an operator"), Why: req.GetWhy(), Decided: decided,
	})
	if errors.Is(err, ledger.ErrSettled) {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("nothing is to be tried again: only failed calls are, one that is named also where policy refused it or had it shown, and with --force where its outcome is unknown"))
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return &toolsv1.RetryCallResponse{Run: r.memory.Show(ctx, stored)}, nil
}

// DecideCall implements RunService.
func (r *runs) DecideCall(ctx context.Context, req *toolsv1.DecideCallRequest) (*toolsv1.DecideCallResponse, error) {
	id := ledger.RunID(req.GetRunId())
	d := ledger.Deciding{Call: ledger.CallID(req.GetCallId()), Approve: req.GetApprove(), By: req.GetBy(), Why: req.GetWhy(), Digest: req.GetDigest()}
	if d.Approve {
		if err := r.decideHeld(ctx, id, &d); err != nil {
			return nil, err
		}
	}
	stored, err := r.ledger.Decide(ctx, id, d)
	switch {
	case errors.Is(err, ledger.ErrSettled):
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("the call is not held: `switchyard runs show` has its state"))
	case errors.Is(err, ledger.ErrWaits):
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("the call waits for a step that is held: decide on that one"))
	case errors.Is(err, ledger.ErrChanged):
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("the digest is of another request than the call would send: `switchyard runs show` has the one that is held"))
	case err != nil:
		return nil, unavailable(err)
	}
	return &toolsv1.DecideCallResponse{Run: r.memory.Show(ctx, stored)}, nil
}

// decideHeld asks policy, as it is now, about a call that is to be approved. Of one that
// the run doesn't have the ledger tells.
func (r *runs) decideHeld(ctx context.Context, run ledger.RunID, d *ledger.Deciding) error {
	stored, err := r.ledger.Run(ctx, run)
	if err != nil {
		return unavailable(err)
	}
	decided, err := r.decideAgain(ctx, stored)
	if err != nil {
		return notAnyMore(err)
	}
	i := slices.IndexFunc(decided, func(one ledger.Resolution) bool { return one.Call == d.Call })
	if i >= 0 {
		d.Decided = decided[i]
	}
	return nil
}

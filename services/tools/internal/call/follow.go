package call

import (
	"context"
	"errors"
	"time"

	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Follow performs what of a run waited for calls that are done now, as long as there
// is time, and returns the run as it then stands. What is left is the resumer's.
func (p *Performer) Follow(ctx context.Context, owner ledger.Owner, run ledger.Stored, until time.Time) (ledger.Stored, error) {
	ctx = context.WithoutCancel(ctx)
	id := ledger.RunID(run.Run.GetRunId())
	for waits(run) && p.Now().Before(until) {
		calls, err := p.Ledger.LeaseCalls(ctx, ledger.Leasing{Owner: owner, Limit: len(run.Run.GetCalls()), Lease: leaseTime(p.Now()), Run: id})
		if err != nil || len(calls) == 0 {
			return run, err
		}
		for _, c := range calls {
			err = errors.Join(err, p.resumeCall(ctx, owner, c, until))
		}
		if err != nil {
			return run, err
		}
		if run, err = p.Ledger.Run(ctx, id); err != nil {
			return run, err
		}
	}
	return run, nil
}

func waits(run ledger.Stored) bool {
	for _, c := range run.Run.GetCalls() {
		if c.GetState() == "queued" && c.GetReason() == "dependency" {
			return true
		}
	}
	return false
}

// resolved gives a call the results that it waited for; false where there is nothing
// left to perform.
func (p *Performer) resolved(ctx context.Context, owner ledger.Owner, c ledger.Call) (ledger.Call, bool, error) {
	if len(c.Needs) == 0 {
		return c, true, nil
	}
	if p.Resolve == nil {
		return c, false, errors.New("call: nobody resolves calls that wait for others")
	}
	faultpoint.Reached("call.before_resolve")
	r, err := p.Resolve(ctx, c)
	if err != nil {
		return c, false, err
	}
	resolved, ok, err := p.Ledger.Resolve(ctx, owner, r)
	faultpoint.Reached("call.after_resolve")
	return resolved, ok, err
}

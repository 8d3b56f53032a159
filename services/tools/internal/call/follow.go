package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// followEvery is how often a run is looked at whose calls somebody else performs.
	followEvery = 50 * time.Millisecond
	// leaseEvery is at how many of those looks its calls are asked for though nothing
	// changed: a lease may have run out. Asking has all processes wait.
	leaseEvery = 20
)

// Follow performs what of a run waited for calls that are done now, as Perform does, as
// long as there is time, and returns the run as it then stands. What the resumer came to first,
// while other calls of the run still took their time, is waited for. What is left is the
// resumer's.
func (p *Performer) Follow(ctx context.Context, owner ledger.Owner, run ledger.Stored, until time.Time) (ledger.Stored, error) {
	ctx = context.WithoutCancel(ctx)
	id := ledger.RunID(run.Run.GetRunId())
	over := time.After(until.Sub(p.Now()))
	for looks := 0; (waits(run) || elsewhere(run)) && p.Now().Before(until); looks++ {
		performed := 0
		if looks%leaseEvery == 0 {
			calls, err := p.Ledger.LeaseCalls(ctx, ledger.Leasing{Owner: owner, Limit: len(run.Run.GetCalls()), Lease: leaseTime(p.Now()), Run: id})
			if err != nil || len(calls) == 0 && !elsewhere(run) {
				return run, err
			}
			if err := p.followed(ctx, owner, id, calls, until); err != nil {
				return run, err
			}
			performed = len(calls)
		}
		if performed == 0 {
			select {
			case <-over:
				return run, nil
			case <-time.After(followEvery):
			}
		}
		now, err := p.Ledger.Run(ctx, id)
		if err != nil {
			return run, err
		}
		if performed > 0 || changed(run, now) {
			looks = -1
		}
		run = now
	}
	return run, nil
}

// followed performs calls of one run that owner has leased.
func (p *Performer) followed(ctx context.Context, owner ledger.Owner, run ledger.RunID, calls []ledger.Call, until time.Time) (err error) {
	var ready []ledger.Call
	for _, c := range calls {
		c, ok, e := p.ready(ctx, owner, c, until)
		if err = errors.Join(err, e); ok {
			ready = append(ready, c)
		}
	}
	if len(ready) > 0 {
		_, e := p.Perform(ctx, run, ready, until)
		err = errors.Join(err, e)
	}
	return err
}

func changed(before, now ledger.Stored) bool {
	return !slices.EqualFunc(before.Run.GetCalls(), now.Run.GetCalls(), func(a, b *toolsv1.Call) bool { return proto.Equal(a, b) })
}

func waits(run ledger.Stored) bool { return slices.ContainsFunc(run.Run.GetCalls(), dependent) }

func dependent(c *toolsv1.Call) bool {
	return c.GetState() == "queued" && c.GetReason() == "dependency"
}

// elsewhere tells whether a call of the run is in somebody else's hands: it runs, or has
// what it needs. A call needs only others of its rule.
func elsewhere(run ledger.Stored) bool {
	open := make(map[string]bool) // rules with a call that others may still wait for
	for _, c := range run.Run.GetCalls() {
		if c.GetState() == "running" {
			return true
		}
		if c.GetState() == "queued" && !dependent(c) {
			open[c.GetRule()] = true
		}
	}
	return slices.ContainsFunc(run.Run.GetCalls(), func(c *toolsv1.Call) bool { return dependent(c) && !open[c.GetRule()] })
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

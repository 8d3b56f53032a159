package call

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	resumeEvery = time.Second
	// resumeWorkers is how many calls are taken up at a time. A provider that
	// hangs holds those of its own, each for one attempt, and then they queue up
	// behind the others.
	resumeWorkers = 16
)

// Resume performs calls that no request works on any more: those whose process
// died, and those that could not be made within their request. It looks for
// them at start and every second, until ctx is done, and returns when those
// under way are recorded.
func (p *Performer) Resume(ctx context.Context, owner ledger.Owner) {
	r := resumer{Performer: p, owner: owner, workers: make(chan struct{}, resumeWorkers), freed: make(chan struct{}, 1)}
	defer r.wg.Wait()
	tick := time.NewTicker(resumeEvery)
	defer tick.Stop()
	for {
		more, err := r.takeDue(ctx)
		if err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, "calls could not be taken up again", "error", err)
		}
		freed := r.freed
		if !more {
			freed = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-freed:
		}
	}
}

// TakeUp leases up to limit calls that are due and performs them one after the
// other: what Resume does every second with many at a time, for who keeps time of
// his own. There may be more.
func (p *Performer) TakeUp(ctx context.Context, owner ledger.Owner, limit int) (more bool, err error) {
	calls, err := p.Ledger.LeaseCalls(ctx, owner, limit, leaseTime(p.Now()))
	for _, c := range calls {
		err = errors.Join(err, p.resumeCall(ctx, owner, c))
	}
	return len(calls) == limit, err
}

// leaseTime is how long a call is leased: until an attempt that begins now is over.
func leaseTime(now time.Time) time.Duration { return LookAt(now.Add(AttemptTime)).Sub(now) }

// resumer is the workers of one Resume.
type resumer struct {
	*Performer
	owner   ledger.Owner
	wg      sync.WaitGroup
	workers chan struct{}
	// A worker has become free.
	freed chan struct{}
}

// takeDue leases as many calls as there are free workers, none to lie about
// while its lease runs out, and says whether there may be more.
func (r *resumer) takeDue(ctx context.Context) (more bool, err error) {
	free := cap(r.workers) - len(r.workers)
	if free == 0 {
		return true, nil
	}
	calls, err := r.Ledger.LeaseCalls(ctx, r.owner, free, leaseTime(r.Now()))
	if err != nil {
		return false, err
	}
	for _, c := range calls {
		r.workers <- struct{}{}
		r.wg.Go(func() {
			defer r.free()
			if err := r.resumeCall(ctx, r.owner, c); err != nil && ctx.Err() == nil {
				r.Log.WarnContext(ctx, "a call could not be taken up again", "run_id", c.Run, "call_id", c.Shown.GetCallId(), "error", err)
			}
		})
	}
	return len(calls) == free, nil
}

func (r *resumer) free() {
	<-r.workers
	select {
	case r.freed <- struct{}{}:
	default:
	}
}

func (p *Performer) resumeCall(ctx context.Context, owner ledger.Owner, c ledger.Call) error {
	notAfter := p.Now().Add(AttemptTime)
	ok, err := p.Ledger.Extend(ctx, owner, ledger.CallID(c.Shown.GetCallId()), notAfter, LookAt(notAfter))
	if err != nil || !ok {
		return err
	}
	c.NotAfter = notAfter
	_, err = p.Perform(ctx, c.Run, []ledger.Call{c}, notAfter)
	return err
}

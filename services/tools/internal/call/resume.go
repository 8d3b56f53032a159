package call

import (
	"context"
	"errors"
	"sync"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	resumeEvery = time.Second
	// resumeWorkers is how many calls are taken up at a time, and resumeShare how many
	// of one provider, about: one that hangs leaves workers to the others.
	resumeWorkers = 16
	resumeShare   = 8
)

// Resume performs calls that no request works on any more: those whose process
// died, and those that could not be made within their request. It looks for
// them at start and every second, until ctx is done, and returns when those
// under way are recorded.
func (p *Performer) Resume(ctx context.Context, owner ledger.Owner) {
	r := resumer{Performer: p, owner: owner, workers: make(chan struct{}, resumeWorkers), freed: make(chan struct{}, 1), busy: make(map[string]int)}
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
	calls, err := p.lease(ctx, owner, limit, nil)
	for _, c := range calls {
		err = errors.Join(err, p.resumeCall(ctx, owner, c, p.Now().Add(AttemptTime)))
	}
	return len(calls) == limit, err
}

// lease leases calls that are due and that may be made: those of a provider that is
// held back are passed over, and stay as they are.
func (p *Performer) lease(ctx context.Context, owner ledger.Owner, limit int, except []string) ([]ledger.Call, error) {
	accounts, err := p.Ledger.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	p.circuits.learn(accounts)
	now := p.Now()
	switch shut, probe := p.circuits.executorAway(now); {
	case shut:
		return nil, nil
	case probe:
		limit = 1
	}
	return p.Ledger.LeaseCalls(ctx, ledger.Leasing{Owner: owner, Limit: limit, Lease: leaseTime(now), Except: append(except, p.circuits.except(now)...)})
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

	mu sync.Mutex
	// How many workers each provider's calls have.
	busy map[string]int
}

// takeDue leases as many calls as there are free workers, none to lie about
// while its lease runs out, and says whether there may be more.
func (r *resumer) takeDue(ctx context.Context) (more bool, err error) {
	for {
		free := min(cap(r.workers)-len(r.workers), resumeShare)
		if free == 0 {
			return true, nil
		}
		crowded := r.crowded()
		calls, err := r.lease(ctx, r.owner, free, crowded)
		if err != nil {
			return false, err
		}
		for _, c := range calls {
			r.begin(ctx, c)
		}
		if len(calls) < free {
			return len(crowded) > 0, nil
		}
	}
}

// crowded are the providers that have their share of the workers.
func (r *resumer) crowded() (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, n := range r.busy {
		if n >= resumeShare {
			names = append(names, name)
		}
	}
	return names
}

func (r *resumer) begin(ctx context.Context, c ledger.Call) {
	provider := ledger.Provider(c.Shown)
	count := func(n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy[provider] += n
	}
	count(1)
	r.workers <- struct{}{}
	r.wg.Go(func() {
		defer r.free()
		defer count(-1)
		if err := r.resumeCall(ctx, r.owner, c, r.Now().Add(AttemptTime)); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "a call could not be taken up again", "run_id", c.Run, "call_id", c.Shown.GetCallId(), "error", err)
		}
	})
}

func (r *resumer) free() {
	<-r.workers
	select {
	case r.freed <- struct{}{}:
	default:
	}
}

// resumeCall performs a call that owner has leased; its effect starts until notAfter or
// not at all.
func (p *Performer) resumeCall(ctx context.Context, owner ledger.Owner, c ledger.Call, notAfter time.Time) error {
	c, ok, err := p.ready(ctx, owner, c, notAfter)
	if err != nil || !ok {
		return err
	}
	_, err = p.Perform(ctx, c.Run, []ledger.Call{c}, notAfter)
	return err
}

// ready resolves and begins a call that owner has leased; it is false where there is nothing
// left to perform.
func (p *Performer) ready(ctx context.Context, owner ledger.Owner, c ledger.Call, notAfter time.Time) (ledger.Call, bool, error) {
	forbidden, err := p.forbidden(ctx, c)
	if err != nil {
		return c, false, err
	}
	c, ok, err := p.resolved(ctx, owner, c)
	if err != nil || !ok {
		return c, false, err
	}
	if forbidden != nil || !BegunLater(c) {
		ok, err = p.Ledger.Extend(ctx, owner, ledger.CallID(c.Shown.GetCallId()), notAfter, LookAt(notAfter))
		if err != nil || !ok {
			return c, false, err
		}
		c.NotAfter = notAfter
	}
	if forbidden != nil {
		return c, false, p.refuse(ctx, c, forbidden)
	}
	return c, true, nil
}

// forbidden is why a call that was let through before may not act any more. What waits for
// others is decided on when those are there, and looking for what was made is no act.
func (p *Performer) forbidden(ctx context.Context, c ledger.Call) (*toolsv1.Call, error) {
	if p.Forbidden == nil || c.Mode != "act" || len(c.Needs) > 0 || c.Begun && c.Shown.GetClass() == "create" {
		return nil, nil
	}
	return p.Forbidden(ctx, c)
}

// refuse ends a call that owner holds, and that policy does not let act any more. One that
// was begun may have acted.
func (p *Performer) refuse(ctx context.Context, c ledger.Call, why *toolsv1.Call) error {
	o := c.Outcome()
	o.State, o.Reason, o.Evidence = "refused", why.GetReason(), why.GetEvidence()
	if c.Begun && c.Shown.GetClass() != "read" {
		o.State, o.Reason = "unknown", ""
		o.Evidence = append(o.Evidence, &toolsv1.Evidence{Kind: ledger.EvidenceAttempt, Detail: "an attempt before policy refused it had no answer and may have acted"})
	}
	_, err := p.keep(ctx, c.Run, []ledger.Outcome{o})
	return err
}

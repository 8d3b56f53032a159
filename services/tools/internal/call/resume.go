package call

import (
	"context"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	resumeEvery = time.Second
	resumeBatch = 32
)

// Resume performs calls that no request works on any more: those whose process
// died, and those that could not be made within their request. It runs until
// ctx is done, at start and every second.
func (p *Performer) Resume(ctx context.Context, owner ledger.Owner) {
	tick := time.NewTicker(resumeEvery)
	defer tick.Stop()
	for {
		if err := p.resumeOnce(ctx, owner); err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, "calls could not be taken up again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *Performer) resumeOnce(ctx context.Context, owner ledger.Owner) error {
	for ctx.Err() == nil {
		lease := LookAt(p.Now().Add(AttemptTime)).Sub(p.Now())
		calls, err := p.Ledger.LeaseCalls(ctx, owner, resumeBatch, lease)
		if err != nil || len(calls) == 0 {
			return err
		}
		for _, c := range calls {
			if err := p.resumeCall(ctx, owner, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Performer) resumeCall(ctx context.Context, owner ledger.Owner, c ledger.Call) error {
	// Running: an attempt was made and its result was never recorded.
	if c.Shown.GetState() == "running" && c.Shown.GetClass() == "create" && c.Mode == "act" {
		_, err := p.Ledger.Record(ctx, c.Run, []ledger.Outcome{{Call: ledger.CallID(c.Shown.GetCallId()), State: "unknown"}})
		return err
	}
	notAfter := p.Now().Add(AttemptTime)
	ok, err := p.Ledger.Extend(ctx, owner, ledger.CallID(c.Shown.GetCallId()), notAfter, LookAt(notAfter))
	if err != nil || !ok {
		return err
	}
	c.NotAfter = notAfter
	_, err = p.Perform(ctx, c.Run, []ledger.Call{c}, notAfter)
	return err
}

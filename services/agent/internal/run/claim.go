package run

import (
	"context"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

const (
	// claimEvery is how long an agent waits for runs that others left behind.
	claimEvery = 2 * time.Second
	// claimTime bounds one question for them.
	claimTime = 5 * time.Second
)

// Claim takes over runs whose agent died before it planned them, every 2 s
// until ctx is done.
func (r *Runner) Claim(ctx context.Context) {
	tick := time.NewTicker(claimEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := r.claimAll(ctx)
		// Said once, not every 2 s for as long as tools is away.
		if err != nil && !failing && ctx.Err() == nil {
			r.log.WarnContext(ctx, "runs left behind can't be claimed", "error", err)
		}
		failing = err != nil
	}
}

// claimAll claims until there is no more to claim, or no slot to work in.
func (r *Runner) claimAll(ctx context.Context) error {
	for {
		want, err := r.claim(ctx)
		if err != nil || !want {
			return err
		}
	}
}

// claim takes over one run if there is a slot free, and says whether to ask
// again. One at a time: a few large events together are more than a message holds.
func (r *Runner) claim(ctx context.Context) (more bool, err error) {
	if r.slots.free() == 0 {
		return false, nil
	}
	ask, cancel := context.WithTimeout(ctx, claimTime)
	defer cancel()
	resp, err := r.ledger.ClaimRuns(ask, &toolsv1.ClaimRunsRequest{Limit: 1})
	if err != nil {
		return false, fault.FromPeer(err)
	}
	for _, c := range resp.GetRuns() {
		// Requests may have taken the slots meanwhile. A run that waits here
		// for longer than its lease is claimed by another agent, or once more.
		if !r.slots.await(ctx) {
			return false, nil
		}
		r.detach(ctx, func(ctx context.Context) (*toolsv1.Run, error) {
			return r.decide(ctx, c.GetRun(), c.GetEvent(), c.GetLinks())
		})
	}
	return len(resp.GetRuns()) > 0, nil
}

package call

import (
	"context"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// enter waits for a provider's turn and for a place among its attempts, and lets one begin,
// or tells why it may not. What waits is not under way. The end of one that was let in is
// told with leave.
func (p *Performer) enter(ctx context.Context, c ledger.Call, until time.Time) (began time.Time, held *heldBack) {
	now := p.Now()
	if !now.Before(until) {
		return now, &heldBack{reasonDeadline, now}
	}
	// One that may not begin takes no turn of those that may.
	places, held := p.circuits.places(c.Shown, now)
	if held == nil {
		held = p.await(ctx, c, until)
	}
	if held != nil {
		return now, held
	}
	if !p.takes(places, until) {
		return now, &heldBack{reasonProviderAway, p.Now().Add(firstWait)}
	}
	if began = p.Now(); !began.Before(until) {
		held = &heldBack{reasonDeadline, began}
	} else {
		held = p.circuits.begin(c.Shown, began)
	}
	if held != nil {
		<-places
	}
	return began, held
}

// takes waits for a place until then, and no longer than one is kept by who does not hang.
func (p *Performer) takes(places chan struct{}, until time.Time) bool {
	timer := time.NewTimer(min(hanging, until.Sub(p.Now())))
	defer timer.Stop()
	select {
	case places <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

package ledgertest

import (
	"context"
	"sync"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// attempts are the calls as they were last leased or begun, so that a test's outcome is
// of that attempt unless it says of which.
type attempts struct {
	mu   sync.Mutex
	last map[ledger.CallID]ledger.Call
}

func (a *attempts) saw(calls ...ledger.Call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last == nil {
		a.last = make(map[ledger.CallID]ledger.Call)
	}
	for _, c := range calls {
		a.last[ledger.CallID(c.Shown.GetCallId())] = c
	}
}

func (a *attempts) begun(id ledger.CallID, notAfter time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.last[id]; ok {
		c.NotAfter = notAfter
		a.last[id] = c
	}
}

func (a *attempts) name(o ledger.Outcome) ledger.Outcome {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.last[o.Call]
	if !ok || o.Owner != "" {
		return o
	}
	of := c.Outcome()
	o.Owner, o.NotAfter, o.Effect = of.Owner, of.NotAfter, of.Effect
	return o
}

// Pin remembers what it leased.
func (h *harness) Pin(ctx context.Context, p ledger.Pinning) (ledger.Pinned, error) {
	pinned, err := h.Ledger.Pin(ctx, p)
	h.attempts.saw(pinned.Leased...)
	return pinned, err
}

// LeaseCalls remembers what it leased.
func (h *harness) LeaseCalls(ctx context.Context, l ledger.Leasing) ([]ledger.Call, error) {
	calls, err := h.Ledger.LeaseCalls(ctx, l)
	h.attempts.saw(calls...)
	return calls, err
}

// Extend remembers what it began.
func (h *harness) Extend(ctx context.Context, owner ledger.Owner, call ledger.CallID, notAfter, lookAt time.Time) (bool, error) {
	ok, err := h.Ledger.Extend(ctx, owner, call, notAfter, lookAt)
	if ok {
		h.attempts.begun(call, notAfter)
	}
	return ok, err
}

// Resolve remembers what it gave a call.
func (h *harness) Resolve(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (ledger.Call, bool, error) {
	c, ok, err := h.Ledger.Resolve(ctx, owner, r)
	if ok {
		h.attempts.saw(c)
	}
	return c, ok, err
}

// Record is of the calls' last attempts where outcomes don't say of which.
func (h *harness) Record(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	for i := range outcomes {
		outcomes[i] = h.attempts.name(outcomes[i])
	}
	return h.Ledger.Record(ctx, run, outcomes)
}

package record

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Pinning is a Pinning with everything encoded that needs no look into the store.
type Pinning struct {
	Given ledger.Pinning
	Plan  []byte
	// Calls are the rows, once At was called.
	Calls  []Call
	Memory Memory
	now    int64
}

// NewPinning encodes a pinning. At gives it its time.
func NewPinning(given ledger.Pinning) (p *Pinning, err error) {
	p = &Pinning{Given: given}
	plan := given.Plan
	if plan == nil {
		plan = &toolsv1.Plan{}
	}
	// Plans are compared by their bytes.
	if p.Plan, err = (proto.MarshalOptions{Deterministic: true}).Marshal(plan); err != nil {
		return nil, fmt.Errorf("ledger: encode a plan: %w", err)
	}
	if p.Plan == nil {
		p.Plan = []byte{} // An empty plan is a plan; NULL is none.
	}
	p.Memory, err = newMemory(given.Delta, texts{}, given.Authn)
	return p, err
}

// At dates the pinning, in microseconds, and makes its calls anew.
func (p *Pinning) At(now int64) error {
	p.now, p.Calls = now, nil
	for _, c := range p.Given.Calls {
		row, err := NewCall(c, now)
		if err != nil {
			return err
		}
		p.Calls = append(p.Calls, row)
	}
	return nil
}

// Now is what At was given.
func (p *Pinning) Now() int64 { return p.now }

// Pinned is the answer to a pinning that left the run as row has it.
func (p *Pinning) Pinned(row *Run, accepted bool, store string) (ledger.Pinned, error) {
	stored, err := row.Stored(store)
	if err != nil {
		return ledger.Pinned{}, err
	}
	pinned := ledger.Pinned{Stored: stored, Accepted: accepted}
	if !accepted {
		pinned.Same = bytes.Equal(row.Plan, p.Plan)
		return pinned, nil
	}
	for i, c := range row.Calls {
		if IsOpen(c.Shown.GetState()) && c.LeaseUntil > 0 {
			leased := p.Given.Calls[i]
			leased.Shown, leased.Run = proto.CloneOf(c.Shown), p.Given.Run
			pinned.Leased = append(pinned.Leased, leased)
		}
	}
	return pinned, nil
}

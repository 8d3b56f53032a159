package erasure

import (
	"context"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Store is a ledger whose rows can be erased. What it reads to begin with is read
// beside its writer; what is changed is read again in the transaction that changes it.
type Store interface {
	ledger.Outbox

	// Newest is the number of the newest event; 0 where there is none. No event with
	// a number up to it comes later.
	Newest(ctx context.Context) (int64, error)
	// Cases are those of events with numbers above after and up to through, in their order.
	Cases(ctx context.Context, after, through int64, limit int) ([]Case, error)
	// Bodies are those of such events.
	Bodies(ctx context.Context, after, through int64, limit int) ([]Blob, error)
	// Deltas are those of entries with a higher number, of events up to through, but
	// for what says what was forgotten.
	Deltas(ctx context.Context, after, through int64, limit int) ([]Blob, error)
	// Reports are those with a higher number.
	Reports(ctx context.Context, after int64, limit int) ([]Blob, error)
	// Reasons are those of entries that were set aside.
	Reasons(ctx context.Context) ([]Reason, error)
	// Erase commits what f does, or nothing of it.
	Erase(ctx context.Context, f func(Tx) error) error
}

// Blob is a row's bytes by its number.
type Blob struct {
	Seq   int64
	Bytes []byte
}

// Reason is why an entry was set aside.
type Reason struct {
	Sink   ledger.Sink
	Entry  int64
	Reason string
}

// Tx is a transaction that erases. What it reads nobody else changes until it ends.
type Tx interface {
	// Lock holds the rows of refs, links by where they come from. It comes before all
	// that is read and written.
	Lock(refs []string) error

	// Case is false for an event that is not there.
	Case(seq int64) (Case, bool, error)
	// SaveCase writes event, run, plan and calls, dates the decision and removes the body.
	SaveCase(c Case) (bodies int64, err error)
	DeleteBody(seq int64) (bodies int64, err error)

	Delta(seq int64) ([]byte, bool, error)
	SaveDelta(seq int64, delta []byte) error
	Report(seq int64) ([]byte, bool, error)
	SaveReport(seq int64, record []byte) error
	SaveReason(r Reason) error

	Entity(ref string) (*record.Entity, error)
	SaveEntity(e *record.Entity) error
	DeleteEntity(e *record.Entity) error
	// Linked tells whether any link names a ref.
	Linked(ref string) (bool, error)
	Link(k ledger.LinkKey) (record.Link, bool, error)
	SaveLink(l record.Link) error
	DeleteLink(k ledger.LinkKey) error
	Observation(k ledger.ObservationKey) (record.Observation, bool, error)
	SaveObservation(o record.Observation) error
	DeleteObservation(k ledger.ObservationKey) error

	// After tells whether an event has a number above seq.
	After(eventID string, seq int64) (bool, error)
	// Enter appends an entry of kind forgotten that names what was touched.
	Enter(run int64, touched project.Delta, authn string) (ledger.Position, error)
}

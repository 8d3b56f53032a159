package ledger

import (
	"cmp"
	"context"
	"errors"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// ErrNotHeld: the owner's lease of the sink ran out, or another one has it.
var ErrNotHeld = errors.New("ledger: the sink is held by another process")

// Sink names a store that follows the ledger: clickhouse, neo4j.
type Sink string

// Outbox is how stores beside the ledger follow it.
//
// A sink copies state and not changes. A batch of entries says which rows were
// touched; what is written is those rows as the ledger has them when the batch is
// read, under the batch's number. Numbers rise and never come back, through
// restarts and rebuilds alike, so that a store keeps the row of the higher number
// and a batch may be written again, or late, or by somebody who believes that it
// still holds the sink.
type Outbox interface {
	// ID names this ledger, and no other one: random, made with its schema.
	ID(ctx context.Context) (string, error)

	// Hold leases a sink for an owner, or renews its lease, and tells where the
	// sink stands. It is false where another owner's lease runs. A lease of 0 gives
	// the sink up.
	Hold(ctx context.Context, s Sink, owner Owner, lease time.Duration) (Cursor, bool, error)
	// Fix returns the sink's next batch, of at most limit entries, oldest first.
	// Its bounds are durable when Fix returns: until it is confirmed, Fix returns the
	// same entries under the same number. No entry is left out that is committed
	// later than one that comes after it. A batch without entries is not fixed: its
	// Number is 0. ErrNotHeld where the owner's lease ran out.
	Fix(ctx context.Context, s Sink, owner Owner, limit int) (Batch, error)
	// Confirm moves the sink past a batch, as often as it is told. ErrNotHeld as above,
	// and for a batch that was forgotten meanwhile.
	Confirm(ctx context.Context, s Sink, owner Owner, number uint64) error
	// Rewind lets a sink begin again at the beginning of the outbox: what a rebuild
	// is, and what a store needs that was emptied or restored. Numbers go on, and
	// above the given one, which is the highest that the store is known to have. A batch that was
	// fixed is forgotten, and what was parked is tried again. Whoever holds the sink finds out with
	// its next Fix or Confirm.
	Rewind(ctx context.Context, s Sink, above uint64) error
	// Park sets entries aside that a store can't take, with the reason, so that
	// the others go on. An entry is parked once; its time is the store's.
	Park(ctx context.Context, s Sink, parked ...Parked) error
	// SetAside reports whether an entry is parked.
	SetAside(ctx context.Context, s Sink, p Position) (bool, error)
	// Lag tells how far a sink is behind. A sink that was never held is behind by all there is.
	Lag(ctx context.Context, s Sink) (Lag, error)

	// Rows returns the rows of keys as they are now. Those that are no more are left
	// out. Links come without Gone: what follows the ledger judges it by the entity's Texts.
	Rows(ctx context.Context, k Keys) (Rows, error)
	// Scan returns rows of a table in the order of their keys, after a token that
	// an earlier Scan returned; "" begins, and a returned "" is the end. Of the rows
	// that are there all the while none is left out and none comes twice.
	Scan(ctx context.Context, t Table, after string, limit int) (Rows, string, error)
}

// Position is a place in the outbox. Entries are ordered by it, and one that is
// visible has no later neighbour that comes to stand before it.
type Position struct {
	// Xid is the transaction's; 0 where commits have the order of Seq, and for what
	// another database cluster wrote before this ledger was moved here.
	Xid uint64
	Seq int64
}

// Compare orders positions.
func (p Position) Compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Xid, o.Xid), cmp.Compare(p.Seq, o.Seq))
}

// Cursor is where a sink stands.
type Cursor struct {
	// At is the last entry that was confirmed.
	At Position
	// Confirmed is the number of the last batch that was confirmed, Number of the last
	// one that was fixed.
	Confirmed, Number uint64
	// Rebuild is the highest number from before the sink began again, while it has
	// not come to the end that the outbox had then; else 0.
	Rebuild uint64
}

// Batch is a part of the outbox that is written as a whole.
type Batch struct {
	Number  uint64
	After   Position
	Through Position
	Entries []Entry
	// Rebuild is the cursor's; Last, that this batch is the rebuild's last one: what
	// the store has of numbers up to Rebuild is no more in the ledger.
	Rebuild uint64
	Last    bool
}

// Entry is one commit's line in the outbox.
type Entry struct {
	Position
	EventID string
	Kind    string // opened, planned, changed, forgotten
	// Delta names what was touched. Its values are those of the time.
	Delta project.Delta
	Authn string
	At    time.Time // of the commit, by the store's clock
}

// ParkedShown is the most parked entries that Lag tells.
const ParkedShown = 100

// Parked is an entry that a store can't take.
type Parked struct {
	Position
	EventID string
	Reason  string
	At      time.Time
}

// Lag is how far a sink is behind.
type Lag struct {
	Cursor Cursor
	// End is the last entry that is committed, whether it can be read already or not.
	End Position
	// Entries that are committed and not confirmed.
	Entries int64
	// Total is about how many entries the outbox has.
	Total int64
	// Oldest is when the first of the unconfirmed was committed; zero where there is none.
	Oldest time.Time
	// Holder is who holds the sink; "" for nobody.
	Holder Owner
	// Parked are the newest, at most ParkedShown.
	Parked []Parked
	// Blocker is the oldest transaction that keeps committed entries from being
	// read, and since when; "" where there is none.
	Blocker      string
	BlockerSince time.Time
}

// Table is one of the four that sinks copy.
type Table string

// The tables. Their keys are the fields of the same names in Keys.
const (
	Events       Table = "event"
	Entities     Table = "entity"
	Links        Table = "link"
	Observations Table = "observation"
)

// Keys name rows.
type Keys struct {
	Events       []string
	Entities     []string
	Links        []LinkKey
	Observations []ObservationKey
}

// LinkKey is a link's natural key.
type LinkKey struct{ From, Where, To, Kind, Authn string }

// ObservationKey is an observation's natural key.
type ObservationKey struct{ Subject, Name, SubKey string }

// Rows are what sinks copy.
type Rows struct {
	Events       []EventRow
	Entities     []EntityRow
	Links        []graph.Related
	Observations []fact.Observed
}

// EventRow is an event without its text.
type EventRow struct {
	ID    string
	Head  *toolsv1.EventHead
	Authn string
}

// EntityRow is an entity with what a link's state is judged by.
type EntityRow struct {
	project.Entity
	// Vouched: a signed event saw it.
	Vouched bool
	// Version is that of the identity: kind, native id, place.
	Version project.Version
	// Texts has, by where, when a text of the entity was last seen whole, in
	// microseconds; "~title" is a title that no signed event told. A link that stood
	// there and was last seen before is gone.
	Texts map[string]int64
	// Unvouched names the attributes that no signed event told.
	Unvouched []string
}

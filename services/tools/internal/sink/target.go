package sink

import (
	"context"
	"errors"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

var (
	// ErrRow wraps an error that lies in the rows: the store is well and would refuse
	// the same again. All other errors of a Target say that the store is away.
	ErrRow = errors.New("sink: the store does not take these rows")
	// ErrTooMuch wraps one that lies in how many rows there are. They are written in
	// smaller parts, and none is set aside: what is short of memory for one row is away.
	ErrTooMuch = errors.New("sink: the store does not take as many rows at once")
)

// Target is a store that follows the ledger. Every implementation passes sinktest.
// Its methods come back within their context's deadline, and within 5 s without one.
type Target interface {
	// Sink is the store's word in answers: clickhouse, neo4j.
	Sink() ledger.Sink
	// Prepare makes the schema, or brings an older one up to date, and returns what
	// the store itself recorded with its last Write; the zero Mark for an empty one.
	// A store whose schema is newer than the program's is refused.
	Prepare(ctx context.Context) (Mark, error)
	// Write writes rows and removes those that are gone, and records the mark with
	// them or after them. Rows that the store has, or removed, under a higher number
	// stay as they are, and so does a mark with a higher number of the same ledger, so
	// that a write may be repeated and may come late. Another ledger's mark is replaced.
	Write(ctx context.Context, w Writing) error
	// Sweep removes all rows that were last written under a number up to number. The mark stays.
	Sweep(ctx context.Context, number uint64) error
	// Scan returns rows of a table as they were written, each once (links without Gone), in an order of the store's own, after
	// a token that an earlier Scan returned; "" begins, and a returned "" is the end.
	Scan(ctx context.Context, t ledger.Table, after string, limit int) (ledger.Rows, string, error)
	// Tables are those that the store keeps.
	Tables() []ledger.Table
	// Ping fails when the store can't be asked.
	Ping(ctx context.Context) error
	Close() error
}

// Eraser is a Target that keeps earlier versions of its rows for a while.
type Eraser interface {
	// Erase removes the versions of rows that were written under lower numbers.
	Erase(ctx context.Context, k ledger.Keys, number uint64) error
}

// Mark is how far a store is, as it knows itself: it differs from the ledger's
// cursor where the store was emptied, restored, or is another ledger's.
type Mark struct {
	// Ledger is the ledger's ID.
	Ledger string
	Number uint64
}

// Writing is a batch's rows.
type Writing struct {
	Mark
	Rows ledger.Rows
	// Gone are rows that the ledger has no more.
	Gone ledger.Keys
	// Repair names the repair that this is part of; "" for a batch. The same rows may have
	// been written under this number before, by another repair too, and were lost since:
	// a store that takes a repeated write once takes each repair's.
	Repair string
}

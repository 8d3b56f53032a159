package ledger

import (
	"context"
	"errors"
	"time"
)

// ErrUnknownRef: nothing is known of what was to be forgotten.
var ErrUnknownRef = errors.New("ledger: nothing is known of this ref")

// ReasonForgotten is the code of the gap that a run has whose event was forgotten, and
// the reason of its calls that can't be made any more.
const ReasonForgotten = "forgotten"

// Keeper removes what is not to be kept. Its methods work in chunks that others
// wait a few milliseconds for, in any number of processes at once, and may be
// stopped anywhere: done again they come to the same end.
type Keeper interface {
	// PruneBodies removes raw bodies of events that were received before a time, the
	// first that came first, at most limit, and returns how many it removed; fewer where
	// no more are due. The event, its run and what is remembered stay.
	PruneBodies(ctx context.Context, before time.Time, limit int) (int, error)

	// Forget removes what is known of an entity, of a place with all that is in it, or of a
	// person. What recognizes a delivery and an effect stays, so that nothing happens twice. What
	// is told after Forget began stays. Where dry is set it counts and writes nothing.
	// It reads the whole ledger, which takes minutes on a large one, and tells how far it is
	// now and then; nil for nobody. ErrUnknownRef where there is nothing to forget.
	Forget(ctx context.Context, ref string, dry bool, tell func(Pass)) (Forgotten, error)

	// Tidy empties the entries that name what was forgotten, once every sink has followed them.
	Tidy(ctx context.Context) error
}

// Pass is how far Forget is in reading one kind of rows.
type Pass struct {
	// entities, events, bodies, entries, deliveries, observations or links.
	Reading string
	// Total is about how many there are; 0 where that is not known.
	Done, Total int64
}

// Forgotten is what Forget removed or emptied.
type Forgotten struct {
	Events, Bodies, Entities, Links, Observations uint64
	// Through is the last entry that names any of it: a sink that confirmed it
	// has followed. Zero for a dry run.
	Through Position
}

// Sum is how much it is.
func (f Forgotten) Sum() uint64 {
	return f.Events + f.Bodies + f.Entities + f.Links + f.Observations
}

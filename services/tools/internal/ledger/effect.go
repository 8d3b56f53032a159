package ledger

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Effects is what policy asks about our own doing.
type Effects interface {
	// Spent counts the calls that have drawn on a budget within the last BudgetWindow, up
	// to its Most: those that act, or may yet, or may have. What was refused, held or
	// skipped doesn't count, nor do reads.
	Spent(ctx context.Context, b Budget) (uint32, error)

	// Made returns calls of ours that act on one of targets and whose Latest is since or
	// later, or that have one of keys, whenever that was; newest first, at most 100.
	Made(ctx context.Context, targets, keys []string, since time.Time) ([]Effect, error)

	// Remember writes what a run's read saw, in a commit of its own with its entry in
	// the outbox. An operator's run remembers nothing.
	Remember(ctx context.Context, run RunID, d project.Delta) error
}

// Effect is a call of ours with what it made.
type Effect struct {
	Key    EffectKey
	Tool   string
	Target string
	// The ref of what was made or changed; "" where nobody told it.
	Ref     string
	Payload *structpb.Struct
	// When the time of its last attempt ends or ended; before one, when it was planned. A
	// call may wait for an hour before it is made.
	Latest time.Time
}

package ledger

import (
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Call is an intent: what is shown of it, and what it takes to perform it.
//
// In a Pinning the state is policy's decision: queued (leased by Owner, if any, who
// begins it by Extend), running (performed at once, leased by Owner), held,
// refused, dry_run or, for class memory, done. The ledger turns queued and running
// into skipped (same_as, superseded) where another call holds the effect, and
// running into queued where a call of the same effect is being performed: for
// create and set any other call that is open, done or unknown is same_as; for a
// read one that is queued and was not begun is, and is valid for as long as ours;
// for an upsert one of the same occurrence is same_as, and an open or done one of
// a later version makes ours superseded. Only calls of mode act hold effects.
type Call struct {
	Shown   *toolsv1.Call
	Run     RunID
	EventID string
	// The tool's input without its target.
	Payload *structpb.Struct
	// act, look or dry_run.
	Mode string
	// What tells two happenings apart, also for an upsert, whose key leaves it out.
	Occurrence string
	// The version of the subject that the call was planned on.
	Version time.Time
	// Who acted and where, for counting; "" where the call makes no effect outside.
	Actor, Place string
	// Budgets are what the call draws on where it acts. Beyond one it becomes refused,
	// budget.
	Budgets []Budget
	// Needs are calls of the same run, before this one, whose results it needs. Until
	// all are done it is queued, dependency, and not leased, nor does it expire; while
	// one is held it is held, dependency, and nobody decides on it; once one can't be done
	// any more it becomes skipped, dependency. One that is refused has them too, and waits
	// for them once it is tried again and let through.
	Needs []CallID
	// Sets is the attribute of its target that a call of class set sets, and with "=" to
	// what, where the payload has no field of its name; "" where none is remembered. Where
	// a signed event by somebody else changed it later than Version, and it is not now what
	// the call would set it to, the call becomes skipped, superseded. One that repeats
	// what it is changes nothing.
	Sets string
	// Absolute: no effect starts after it.
	NotAfter time.Time
	// Nobody looks, and nobody tries again, before it.
	LookAt time.Time
	// Begun: an attempt was made, is over, and nobody knows what came of it. Only
	// LeaseCalls tells.
	Begun bool
	// After it the call fails as expired.
	ValidUntil time.Time
	Owner      Owner
	Lease      time.Duration
}

// Leasing is what LeaseCalls is asked for.
type Leasing struct {
	Owner Owner
	// At most so many calls.
	Limit int
	Lease time.Duration
	// Except are providers whose calls are passed over.
	Except []string
	// Run is the one run whose calls are asked for; "" for all.
	Run RunID
}

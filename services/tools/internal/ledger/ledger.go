package ledger

import (
	"context"
	"errors"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// RunID is a random UUID.
type RunID string

// CallID is UUIDv5(event id, rule/step/target path).
type CallID string

// EffectKey is UUIDv5(rule/step/tool, target, subject, occurrence).
type EffectKey string

// Owner names a process that holds leases.
type Owner string

var (
	// ErrNotFound: no such run.
	ErrNotFound = errors.New("ledger: run not found")
	// ErrNoCall: the run has no such call.
	ErrNoCall = errors.New("ledger: the run has no such call")
	// ErrSettled: the call is in no state for what was asked.
	ErrSettled = errors.New("ledger: the call is not in a state for this")
	// ErrWaits: the call is held only because one that it needs is.
	ErrWaits = errors.New("ledger: the call waits for one that is held")
	// ErrChanged: the call is held with another request than the one that was meant.
	ErrChanged = errors.New("ledger: the held request is another one")
	// ErrUnavailable wraps an error of the store itself: it is away, full or closed.
	ErrUnavailable = errors.New("ledger: store unavailable")
	// ErrToken: a page token that List did not make.
	ErrToken = errors.New("ledger: no such page token")
)

// Operator is the authn of an event that ingress did not seal. Its run is kept,
// and nothing that it says is remembered: whoever reaches a port could
// otherwise tell the memory which links a sealed event may act on.
const Operator = "operator"

// Signature is the authn of an event that its provider signed. What other
// events tell is remembered too, apart from it: it never replaces what a signed
// event told, makes none of its links gone, and is no sighting to Known.
const Signature = "signature"

// Ledger is implemented once a store. Every implementation passes ledgertest.
//
// Methods that write are durable when they return nil. A context's deadline
// drops an operation before it starts, never in its middle; the outcome of a
// call that returned a context error is unknown only if the error wraps
// ErrUnavailable as well. Times of leases are the store's.
type Ledger interface {
	// Open records event, delta, outbox entry and run in one commit, or, for an
	// event that is known, its delivery.
	Open(ctx context.Context, o Opening) (Opened, error)

	// Known tells what the memory holds about a subject before its event is
	// opened: its links in both directions (at most 500, oldest first, without
	// those that are gone; none where subject is ""), and which of refs are entities that signed events saw (not stubs),
	// with the visibility that signed events told of them. Where links are too many,
	// those of signed events come first, and each author's oldest before anybody's
	// next, so that nobody hides another's.
	Known(ctx context.Context, subject string, refs []string) (Known, error)

	// Pin fixes the plan of a run and writes its intents and memory writes in
	// the same commit. The first plan wins: another one changes nothing.
	Pin(ctx context.Context, p Pinning) (Pinned, error)

	// Record stores what came of calls, in one commit, and returns their run. What is
	// late counts only as far as Outcome says.
	Record(ctx context.Context, run RunID, outcomes []Outcome) (Stored, error)

	// Claim leases runs that have no plan and whose lease ran out.
	Claim(ctx context.Context, owner Owner, limit int, lease time.Duration) ([]Stored, error)

	// LeaseCalls leases calls that are queued or running, due (NextAt and LookAt
	// are past), and held by nobody: at most one of an effect key, and none of a
	// key that somebody works on. States stay: running means that an attempt was
	// begun and its outcome never recorded. An upsert with a later version open or
	// done is not leased: it becomes skipped, superseded. Nor is a call past its
	// ValidUntil: a queued one becomes failed, expired; one that was begun, which may
	// have had its effect, unknown, unless it is a dry run or a read and can't have.
	LeaseCalls(ctx context.Context, l Leasing) ([]Call, error)

	// Extend makes a leased call running and fixes the fence of a new attempt at
	// it before that starts. It is false where the owner's lease ran out or the
	// LookAt of another attempt lies ahead: of two who believe they hold the call,
	// one may go on. Nor may one whose call ran out meanwhile.
	Extend(ctx context.Context, owner Owner, call CallID, notAfter, lookAt time.Time) (bool, error)

	// Resolve gives a leased call that waited for results of its run's other calls what
	// came of them. It is false where the owner's lease ran out, or where nothing is
	// left to perform: policy refused it, a budget is spent, or another call holds the effect.
	Resolve(ctx context.Context, owner Owner, r Resolution) (Call, bool, error)

	// Restart starts a run's failed calls again, on a redelivery: each becomes what
	// decided makes of it, in the same commit; one that is not among them stays as it is. A
	// call whose effect key is held by another one by now becomes skipped, same_as, and
	// one beyond a budget refused.
	Restart(ctx context.Context, run RunID, decided []Resolution) (Stored, error)

	// Retry does the same with one call, or with all that are failed, at somebody's
	// wish: one that is named also where it was refused by policy or only shown, and
	// with Force where the outcome is unknown. Such a one stays unknown, and keeps its
	// key, where it is not to be made by now, also where it would be held or only shown; once
	// started again it ends unknown unless it is done or superseded. ErrNoCall where the run has no such call, ErrSettled where it is in no
	// state to be tried again.
	Retry(ctx context.Context, run RunID, r Retrying) (Stored, error)

	// Decide queues or refuses a call that is held, or has it held on: see Deciding.
	// ErrNoCall as above, ErrSettled where the call is not held, ErrWaits where it is another
	// one that is to be decided on, ErrChanged where another request is held.
	Decide(ctx context.Context, run RunID, d Deciding) (Stored, error)

	// Run returns ErrNotFound for an id that it does not have.
	Run(ctx context.Context, run RunID) (Stored, error)
	// List returns runs, newest first.
	List(ctx context.Context, q Query) (runs []Stored, next string, err error)
	// Changed returns runs that were opened, planned or changed after cursor,
	// oldest change first, and the cursor after them. A negative cursor
	// returns no runs and the present cursor.
	Changed(ctx context.Context, cursor int64, limit int) (runs []Stored, next int64, err error)

	Accounts
	Effects
	Deliveries
	Keeper

	// Subscribe returns a channel that receives soon after any run changed, once
	// for many changes; look first, then wait. Changes made by other processes are
	// not told: look now and then as well. cancel ends it.
	Subscribe() (wake <-chan struct{}, cancel func())

	// Ping fails when the store can't be written.
	Ping(ctx context.Context) error
	// Store is the word for answers: sqlite or postgres.
	Store() string
	Close() error
}

// Opening is what OpenRun writes.
type Opening struct {
	Run      RunID // for the run, if this makes it
	Event    *eventv1.WebhookEvent
	Sealed   []byte // the event as it was sealed
	Body     []byte // the raw body, s2; nil where there is none
	Authn    string
	Delivery *eventv1.Delivery // nil for an operator's event
	Delta    project.Delta
	Links    []*toolsv1.Link // judged
	Owner    Owner
	Lease    time.Duration
}

// Opened is what came of it.
type Opened struct {
	Stored
	Created bool
	// Leased: the caller is the only one who may plan the run now.
	Leased bool
}

// Stored is a run with its event.
type Stored struct {
	Run *toolsv1.Run
	// As it was sealed; only Open, Claim and Run return it.
	Event *eventv1.WebhookEvent
	// Entry is the position of what opening the run remembered: a sink that
	// confirmed it has taken that.
	Entry Position
	// Late are the calls of which an outcome was late; only Record tells.
	Late []CallID
}

// Known is what the memory holds about a subject.
type Known struct {
	// Links where the subject is From or To, as extracted, each with its Authn.
	Links []project.Link
	Seen  map[string]bool
	// Public or private, by ref; refs of which no event told it are left out.
	Visibility map[string]string
}

// Pinning is a plan and the intents that policy made of it.
type Pinning struct {
	Run   RunID
	Authn string // the run's
	Plan  *toolsv1.Plan
	Calls []Call // in the plan's order
	// What calls of class memory write; applied only if the plan is accepted.
	Delta project.Delta
}

// Pinned is what came of it.
type Pinned struct {
	Stored
	// Accepted: this plan was the first, and its calls are the run's.
	Accepted bool
	// Same: another caller pinned an identical plan before.
	Same bool
	// Leased are the calls that the caller holds and may perform now.
	Leased []Call
}

// Query selects runs.
type Query struct {
	Limit     int
	Token     string // from the page before
	Source    string
	CallState string
	Call      CallID // only the run that has it
}

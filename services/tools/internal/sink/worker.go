package sink

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// Lease is how long a holder that died keeps a sink from others.
	Lease = 10 * time.Second
	// Poll is how often entries are looked for that other processes wrote, and a
	// sink that another process holds.
	Poll = time.Second

	// renewAfter leaves two thirds of the lease for what is under way.
	renewAfter = Lease / 3
	// askTime bounds one question to ledger or store, so that a lease outlives it.
	askTime = 5 * time.Second
	// lookEvery is how often an idle store's own mark is compared with the cursor.
	lookEvery = time.Minute
	// compareEvery is the same for a process that does not hold the sink.
	compareEvery = 10 * time.Second
	// staleAfter is how long entries may lie in the outbox unread before it is told why.
	staleAfter = 5 * time.Minute

	// writeTime and sweepTime bound what the store does meanwhile.
	writeTime = 20 * time.Second
	sweepTime = 10 * time.Minute
	// pace is from one batch to the next while they are small: a store is spared
	// many tiny writes, and who waits for one still is told in time.
	pace = 50 * time.Millisecond

	// A write has mostKeys rows at most, fewer where the store takes too long for them.
	mostKeys  = 20_000
	leastKeys = 64

	// batchEntries is the most entries that are written as a whole. A rebuild, for
	// which nobody waits, takes more at a time.
	batchEntries   = 1000
	rebuildEntries = 4000
)

// Options of a Worker. All but Log are needed.
type Options struct {
	Outbox ledger.Outbox
	Target Target
	// Owner names this process.
	Owner ledger.Owner
	// Setting is what the target is configured by, for those who read why it is away.
	Setting string
	// Subscribe is the ledger's.
	Subscribe func() (wake <-chan struct{}, cancel func())
	Now       func() time.Time
	// Random returns numbers in [0, 1), so that processes don't try again in step.
	Random func() float64
	// Log gets what no caller can be told; nil discards it.
	Log *slog.Logger
}

// Worker keeps one store following the ledger. Any number of processes may run
// one: one holds the sink, the others stand by. It is safe for concurrent use.
type Worker struct {
	Options
	nudged chan struct{}

	// Only Run's goroutine uses these.
	identity string
	heldAt   time.Time
	lookedAt time.Time // at the store's mark; zero when it has to be looked at
	// As lookedAt, while another process holds the sink.
	comparedAt time.Time
	told       string // what was logged last
	chunk      int    // the most keys of a write
	refused    bool   // rows of the batch that is written

	mu      sync.Mutex
	circuit circuit
	holding bool
	cursor  ledger.Cursor
	// What this process wrote last without that the store refused any of it.
	whole span
	// The last batch was a full one: there is more behind it.
	full bool
	// Why the store is not written; nil while it is.
	trouble error
	// The store's own mark was seen, and fits the cursor.
	looked bool
	// A question to the store failed.
	doubted bool
	// Closed when any of these changed, and replaced.
	changed chan struct{}

	lag lagCache
}

// New returns a worker that has asked nobody yet.
func New(o Options) *Worker {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Worker{Options: o, nudged: make(chan struct{}, 1), chunk: mostKeys, changed: make(chan struct{})}
}

// Run writes what the ledger has to the store until ctx is done.
func (w *Worker) Run(ctx context.Context) {
	entries, stop := w.Subscribe()
	defer stop()
	defer w.release(ctx)
	for ctx.Err() == nil {
		wait, idle := w.turn(ctx)
		if wait <= 0 {
			continue
		}
		var wake <-chan struct{}
		if idle { // Who waits for a store, or for the sink, has no use for more entries.
			wake = entries
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-w.nudged:
		case <-wake:
		}
		timer.Stop()
	}
}

// nudge has Run look now.
func (w *Worker) nudge() {
	select {
	case w.nudged <- struct{}{}:
	default:
	}
}

// publish changes what others see of the worker.
func (w *Worker) publish(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	close(w.changed)
	w.changed = make(chan struct{})
}

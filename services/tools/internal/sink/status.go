package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// State is how a store follows the ledger.
type State string

// The states. Whatever it is, the ledger answers what a store can't.
const (
	OK          State = "ok"
	Behind      State = "behind"
	Rebuilding  State = "rebuilding"
	Unavailable State = "unavailable"
)

// behindAfter is how long an entry may wait for the store before that is worth a word.
const behindAfter = 2 * time.Second

// Status is what can be said of a store that follows the ledger.
type Status struct {
	Sink    ledger.Sink
	Setting string
	State   State
	// Detail is what is wrong; "" where nothing is.
	Detail string
	Lag    ledger.Lag
}

// Status tells how the store follows. What the ledger has to be asked for is
// asked at most once a second, however many want to know.
func (w *Worker) Status(ctx context.Context) Status {
	s := Status{Sink: w.Target.Sink(), Setting: w.Setting, State: OK}
	lag, err := w.lag.get(ctx, w)
	s.Lag = lag
	w.mu.Lock()
	trouble, holding := w.trouble, w.holding
	w.mu.Unlock()
	switch {
	case err != nil:
		s.State, s.Detail = Unavailable, "the ledger can't be asked: "+err.Error()
	case trouble != nil:
		s.State, s.Detail = Unavailable, trouble.Error()
	case lag.Cursor.Rebuild > 0:
		s.State, s.Detail = Rebuilding, fmt.Sprintf("%d of %d entries are to be written", lag.Entries, lag.Total)
	case lag.Entries > 0 && w.Now().Sub(lag.Oldest) > behindAfter:
		s.State, s.Detail = Behind, w.behind(lag, holding)
	case len(lag.Parked) > 0:
		s.State, s.Detail = Behind, fmt.Sprintf("%d entries are set aside whose rows it does not take: `switchyard memory status` has them", len(lag.Parked))
	}
	return s
}

func (w *Worker) behind(lag ledger.Lag, holding bool) string {
	text := fmt.Sprintf("%d entries behind, since %s", lag.Entries, lag.Oldest.UTC().Format(time.RFC3339))
	switch {
	case lag.Blocker != "" && w.Now().Sub(lag.Oldest) > staleAfter:
		text += fmt.Sprintf("; a transaction of %s keeps them from being read: %s", lag.BlockerSince.UTC().Format(time.RFC3339), lag.Blocker)
	case !holding && lag.Holder != "":
		text += fmt.Sprintf("; process %s holds the sink", lag.Holder)
	case !holding:
		text += "; no process holds the sink"
	}
	return text
}

// lagCache asks for the lag at most once a second, one caller for all.
type lagCache struct {
	mu     sync.Mutex
	asking chan struct{} // closed when the one who asks is answered
	at     time.Time
	lag    ledger.Lag
	err    error
}

// errNotHeard: the ledger has not said yet how far the store is.
var errNotHeard = errors.New("no answer yet")

// lagWait is how long an answer to a webhook waits to hear how far a store is: a
// ledger that is slow to say must not make a request late whose event is durable.
const lagWait = 250 * time.Millisecond

// get returns the lag as it is known by then.
func (c *lagCache) get(ctx context.Context, w *Worker) (ledger.Lag, error) {
	c.mu.Lock()
	if age := w.Now().Sub(c.at); !c.at.IsZero() && age >= 0 && age < Poll {
		defer c.mu.Unlock()
		return c.lag, c.err
	}
	if c.asking == nil {
		c.asking = make(chan struct{})
		// The answer is for others too: a caller who leaves must not make it one of failure.
		go c.ask(context.WithoutCancel(ctx), w, c.asking)
	}
	asking := c.asking
	c.mu.Unlock()
	timer := time.NewTimer(lagWait)
	defer timer.Stop()
	select {
	case <-asking:
	case <-timer.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return ledger.Lag{}, errNotHeard
	}
	return c.lag, c.err
}

func (c *lagCache) ask(ctx context.Context, w *Worker, done chan struct{}) {
	var lag ledger.Lag
	err := w.ask(ctx, func(ctx context.Context) (err error) {
		lag, err = w.Outbox.Lag(ctx, w.Target.Sink())
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lag, c.err, c.at, c.asking = lag, err, w.Now(), nil
	close(done)
}

// Passed reports whether the store has what was committed up to a position, but for
// what it refused. It waits for that, at most as long as it is told to, where it is worth it: not while
// the store is away, more than a batch behind, or in another process's hands.
func (w *Worker) Passed(ctx context.Context, p ledger.Position, most time.Duration) bool {
	if most <= 0 {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.passed(p)
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		w.mu.Lock()
		passed, hopeless, changed := w.passed(p), w.hopeless(), w.changed
		w.mu.Unlock()
		if passed || hopeless {
			return passed
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// passed: a store that begins again has what it had until it comes to where it
// was, but for what it lost; nothing is known of it.
func (w *Worker) passed(p ledger.Position) bool { return w.cursor.At.Compare(p) >= 0 }

func (w *Worker) hopeless() bool {
	return w.circuit.open() || !w.holding || w.full || w.cursor.Rebuild > 0 || errors.Is(w.trouble, ErrForeign)
}

// span is a part of the outbox: what comes after one entry, through another.
type span struct{ after, through ledger.Position }

func (s span) has(p ledger.Position) bool {
	return s.after.Compare(p) < 0 && s.through.Compare(p) >= 0
}

// Refused reports whether an entry that was passed was set aside, because the store
// refuses a row that it touched. The ledger is asked only where this process can't
// tell by itself, and not for longer than an answer may wait.
func (w *Worker) Refused(ctx context.Context, p ledger.Position) (refused bool, err error) {
	w.mu.Lock()
	whole := w.whole.has(p)
	w.mu.Unlock()
	if whole {
		return false, nil
	}
	lag, err := w.lag.get(ctx, w)
	if err == nil && lag.Cursor.At.Compare(p) >= 0 && len(lag.Parked) < ledger.ParkedShown {
		return slices.ContainsFunc(lag.Parked, func(parked ledger.Parked) bool { return parked.Seq == p.Seq }), nil
	}
	ctx, cancel := context.WithTimeout(ctx, lagWait)
	defer cancel()
	return w.Outbox.SetAside(ctx, w.Target.Sink(), p)
}

// CaughtUp reports whether the store is well and has what was committed before
// now. It waits for that as Passed does.
func (w *Worker) CaughtUp(ctx context.Context, most time.Duration) bool {
	if !w.well() {
		return false
	}
	var lag ledger.Lag
	if err := w.ask(ctx, func(ctx context.Context) (err error) {
		lag, err = w.Outbox.Lag(ctx, w.Target.Sink())
		return err
	}); err != nil || lag.Cursor.Rebuild > 0 || len(lag.Parked) > 0 {
		return false
	}
	return lag.Cursor.At.Compare(lag.End) >= 0 || w.Passed(ctx, lag.End, most) && w.well()
}

// well: this process has seen that the store is there and ours, and it is not
// being filled again.
func (w *Worker) well() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trouble == nil && w.looked && w.cursor.Rebuild == 0
}

// Doubt tells the worker that the store failed a question: nobody asks it again
// before the worker has looked at it.
func (w *Worker) Doubt(err error) {
	w.publish(func() { w.trouble, w.doubted = err, true })
	w.nudge()
}

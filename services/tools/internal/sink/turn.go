package sink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// errLedger wraps the ledger's errors: the store is not to blame.
var errLedger = errors.New("the ledger")

// ErrForeign: the store holds what another ledger wrote.
var ErrForeign = errors.New("it holds another ledger's memory")

func (w *Worker) foreign() error {
	return fmt.Errorf("%w: to have it hold this one's, `switchyard memory rebuild %s`", ErrForeign, w.Target.Sink())
}

// turn does one step and tells how long to wait for the next one, and whether
// that is for want of entries.
func (w *Worker) turn(ctx context.Context) (wait time.Duration, idle bool) {
	held, err := w.hold(ctx)
	switch {
	case err != nil:
		w.tell(ctx, err)
		return Poll, false
	case !held:
		// Whoever holds it keeps it. But this process may be pointed at another
		// store than he is, and answers from its own.
		err := w.compare(ctx)
		w.tell(ctx, err)
		if err != nil {
			w.publish(func() { w.trouble = err })
			return Poll, false
		}
		w.recovered()
		return Poll, false
	}
	worked, err := w.follow(ctx)
	switch {
	case ctx.Err() != nil:
		return Poll, false
	case errors.Is(err, ledger.ErrNotHeld):
		// Another process has the sink, or has it begin again. What was written
		// under this batch's number gives way to what it writes.
		w.heldAt, w.lookedAt = time.Time{}, time.Time{}
		return pace, false
	case errors.Is(err, errLedger):
		w.tell(ctx, err)
		return Poll, false
	case err != nil:
		return w.failed(ctx, err), false
	}
	w.tell(ctx, nil)
	w.recovered()
	switch {
	case !worked:
		return Poll, true
	case w.full:
		return 0, true
	default:
		return pace, false
	}
}

// failed is for a store that is away, or not ours. Once that seems to last, the
// sink is given up: another process may reach it.
func (w *Worker) failed(ctx context.Context, err error) (wait time.Duration) {
	w.heldAt, w.lookedAt = time.Time{}, time.Time{}
	w.tell(ctx, err)
	w.publish(func() {
		wait = w.circuit.failed(w.Random())
		w.trouble = err
	})
	if w.circuit.open() {
		w.release(ctx)
	}
	return wait
}

func (w *Worker) recovered() {
	w.publish(func() {
		w.circuit.succeeded()
		w.trouble = nil
	})
}

// release gives the sink up, so that nobody waits for a lease to run out.
func (w *Worker) release(ctx context.Context) {
	w.heldAt = time.Time{}
	w.publish(func() { w.holding = false })
	// Where it can't be told the lease runs out by itself.
	_ = w.askLedger(context.WithoutCancel(ctx), func(ctx context.Context) error {
		_, _, err := w.Outbox.Hold(ctx, w.Target.Sink(), w.Owner, 0)
		return err
	})
}

// tell logs a trouble once, and its end.
func (w *Worker) tell(ctx context.Context, err error) {
	now := ""
	if err != nil {
		now = err.Error()
	}
	switch {
	case now == w.told:
		return
	case err != nil:
		w.Log.WarnContext(ctx, "sink: waiting", "store", string(w.Target.Sink()), "setting", w.Setting, "error", err)
	default:
		w.Log.InfoContext(ctx, "sink: going on", "store", string(w.Target.Sink()))
	}
	w.told = now
}

// hold takes or renews the lease. It is counted from before it was asked for.
func (w *Worker) hold(ctx context.Context) (bool, error) {
	now := w.Now()
	if !w.heldAt.IsZero() && now.Sub(w.heldAt) < renewAfter {
		return true, nil
	}
	var cursor ledger.Cursor
	var held bool
	err := w.askLedger(ctx, func(ctx context.Context) (err error) {
		cursor, held, err = w.Outbox.Hold(ctx, w.Target.Sink(), w.Owner, Lease)
		return err
	})
	if err != nil {
		w.heldAt = time.Time{}
		w.publish(func() { w.holding = false })
		return false, err
	}
	if !held || now.Sub(w.heldAt) >= Lease {
		w.lookedAt = time.Time{} // Others may have written meanwhile.
	}
	w.heldAt = time.Time{}
	if held {
		w.heldAt = now
	}
	w.publish(func() {
		if w.holding, w.cursor = held, cursor; !held {
			w.whole = span{} // The holder may write the same again, and have it refused.
		}
	})
	return held, nil
}

// follow writes the next batch, and reports whether there was one.
func (w *Worker) follow(ctx context.Context) (bool, error) {
	now := w.Now()
	looked := now.Sub(w.lookedAt) >= lookEvery || w.doubts()
	if looked {
		if err := w.look(ctx); err != nil {
			return false, err
		}
		w.lookedAt = now
		w.publish(func() { w.looked = true })
	}
	batch, err := w.fix(ctx)
	if err != nil {
		return false, err
	}
	if batch.Number == 0 {
		w.publish(func() { w.full = false })
		if looked {
			w.stale(ctx)
		}
		return false, nil
	}
	if err := w.copy(ctx, batch); err != nil {
		return false, err
	}
	if batch.Last {
		if err := w.keeping(ctx, sweepTime, func(ctx context.Context) error { return w.Target.Sweep(ctx, batch.Rebuild) }); err != nil {
			return false, err
		}
		w.Log.InfoContext(ctx, "sink: rebuilt", "store", string(w.Target.Sink()))
	}
	return true, w.confirm(ctx, batch)
}

// doubts reports whether somebody found the store failing since it was asked last.
func (w *Worker) doubts() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	doubted := w.doubted
	w.doubted = false
	return doubted
}

func (w *Worker) fix(ctx context.Context) (batch ledger.Batch, err error) {
	limit := batchEntries
	if w.seen().Rebuild > 0 {
		limit = rebuildEntries
	}
	err = w.askLedger(ctx, func(ctx context.Context) (err error) {
		batch, err = w.Outbox.Fix(ctx, w.Target.Sink(), w.Owner, limit)
		return err
	})
	if err == nil && batch.Number > 0 {
		w.publish(func() {
			w.cursor.At, w.cursor.Number, w.cursor.Rebuild = batch.After, batch.Number, batch.Rebuild
			w.full = len(batch.Entries) >= batchEntries
			if w.whole.through != batch.After {
				w.whole = span{batch.After, batch.After}
			}
		})
	}
	return batch, err
}

func (w *Worker) confirm(ctx context.Context, batch ledger.Batch) error {
	err := w.askLedger(ctx, func(ctx context.Context) error {
		return w.Outbox.Confirm(ctx, w.Target.Sink(), w.Owner, batch.Number)
	})
	if err != nil {
		return err
	}
	w.publish(func() {
		w.cursor.At, w.cursor.Confirmed = batch.Through, batch.Number
		if w.whole.through = batch.Through; w.refused {
			w.whole.after = batch.Through
		}
		if batch.Last {
			w.cursor.Rebuild = 0
		}
	})
	return nil
}

// ask bounds a question to ledger or store.
func (w *Worker) ask(ctx context.Context, question func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return question(ctx)
}

// askLedger tells the ledger's errors from the store's.
func (w *Worker) askLedger(ctx context.Context, question func(context.Context) error) error {
	err := w.ask(ctx, question)
	if err != nil && !errors.Is(err, ledger.ErrNotHeld) {
		return fmt.Errorf("%w: %w", errLedger, err)
	}
	return err
}

// keeping keeps the lease while the store works at something that may take long.
func (w *Worker) keeping(ctx context.Context, most time.Duration, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	tick := time.NewTicker(renewAfter)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil && ctx.Err() != nil {
				err = errors.Join(err, ctx.Err())
			}
			return err
		case <-tick.C:
			if held, err := w.hold(ctx); err == nil && !held {
				cancel()
				return errors.Join(ledger.ErrNotHeld, <-done)
			}
		}
	}
}

// stale says why nothing is read of entries that were committed long ago.
func (w *Worker) stale(ctx context.Context) {
	lag, err := w.lag.get(ctx, w)
	if err != nil || lag.Entries == 0 || w.Now().Sub(lag.Oldest) < staleAfter {
		return
	}
	w.Log.WarnContext(ctx, "sink: entries are committed and can't be read", "store", string(w.Target.Sink()), "entries", lag.Entries,
		"since", lag.Oldest, "oldest_transaction", lag.Blocker, "begun", lag.BlockerSince)
}

// seen is the cursor as this process knows it.
func (w *Worker) seen() ledger.Cursor {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cursor
}

// look compares what the store says of itself with the cursor. A store that was
// emptied or put back, or that is ahead of a ledger that was, is filled again from the
// beginning; one that another ledger filled is left alone until an operator says.
func (w *Worker) look(ctx context.Context) error {
	mark, err := w.mark(ctx)
	if err != nil {
		return err
	}
	cursor, why := w.seen(), ""
	begun := cursor.At != ledger.Position{}
	switch {
	case mark.Ledger != "" && mark.Ledger != w.identity:
		if begun || cursor.Rebuild == 0 || cursor.Rebuild < mark.Number {
			return w.foreign()
		}
	case mark.Number > cursor.Number:
		why = "the store is ahead of the ledger, which was restored"
	case begun && mark.Ledger == "":
		why = "the store is empty"
	case begun && mark.Number < cursor.Confirmed:
		why = "the store is behind what it confirmed: it was restored"
	}
	if why == "" {
		return nil
	}
	w.Log.WarnContext(ctx, "sink: filled again from the beginning", "store", string(w.Target.Sink()), "because", why,
		"store_number", mark.Number, "ledger_number", cursor.Confirmed)
	if err := w.askLedger(ctx, func(ctx context.Context) error { return w.Outbox.Rewind(ctx, w.Target.Sink(), mark.Number) }); err != nil {
		return err
	}
	return fmt.Errorf("%w: it begins again", ledger.ErrNotHeld)
}

// compare is look for who does not hold the sink: he leaves the mending to the
// holder, and asks the store nothing while it does not fit.
func (w *Worker) compare(ctx context.Context) error {
	now := w.Now()
	if !w.doubts() && !w.comparedAt.IsZero() && now.Sub(w.comparedAt) < compareEvery {
		return nil
	}
	w.comparedAt = time.Time{}
	if err := w.identify(ctx); err != nil {
		return err
	}
	var mark Mark
	if err := w.ask(ctx, func(ctx context.Context) (err error) {
		mark, err = w.Target.Prepare(ctx)
		return err
	}); err != nil {
		return err
	}
	cursor := w.seen()
	begun := cursor.At != ledger.Position{}
	switch {
	case mark.Ledger != "" && mark.Ledger != w.identity:
		return fmt.Errorf("%w, and another process holds the sink: do all processes name the same store?", ErrForeign)
	case begun && mark.Number < cursor.Confirmed:
		return errors.New("it does not have what was confirmed: it was emptied or restored, or other processes name another store")
	}
	w.comparedAt = now
	w.publish(func() { w.looked = true })
	return nil
}

// mark prepares the store and returns what it says of itself.
func (w *Worker) mark(ctx context.Context) (mark Mark, err error) {
	if err := w.identify(ctx); err != nil {
		return mark, err
	}
	// A server that was just started takes its time over a schema.
	err = w.keeping(ctx, writeTime, func(ctx context.Context) (err error) {
		mark, err = w.Target.Prepare(ctx)
		return err
	})
	return mark, err
}

// identify asks the ledger once for what names it.
func (w *Worker) identify(ctx context.Context) error {
	return w.askLedger(ctx, func(ctx context.Context) (err error) {
		if w.identity == "" {
			w.identity, err = w.Outbox.ID(ctx)
		}
		return err
	})
}

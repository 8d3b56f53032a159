package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// mostParked is how many rows of one batch a store may refuse. Where it is more
// the fault is not in the rows.
const mostParked = 100

// copy writes the rows that a batch touched, as they are now. Those that the
// store refuses are found by halves, and the entries that touched each are parked.
func (w *Worker) copy(ctx context.Context, batch ledger.Batch) error {
	refused, err := w.write(ctx, batch.Number, ledger.Touched(batch.Entries).Of(w.Target.Tables()))
	if err != nil {
		return err
	}
	w.refused = len(refused) > 0
	for _, r := range refused {
		if err := w.park(ctx, batch.Entries, r); err != nil {
			return err
		}
	}
	return w.erase(ctx, batch)
}

// erase has a store that keeps earlier versions of rows drop those of rows that
// were touched by forgetting: they say what is forgotten.
func (w *Worker) erase(ctx context.Context, batch ledger.Batch) error {
	eraser, ok := w.Target.(Eraser)
	forgotten := slices.DeleteFunc(slices.Clone(batch.Entries), func(e ledger.Entry) bool { return e.Kind != "forgotten" })
	if !ok || len(forgotten) == 0 {
		return nil
	}
	keys := ledger.Touched(forgotten).Of(w.Target.Tables())
	return w.keeping(ctx, sweepTime, func(ctx context.Context) error { return eraser.Erase(ctx, keys, batch.Number) })
}

// refusal is a row that the store does not take.
type refusal struct {
	keys ledger.Keys // of the one row
	err  error
}

// write writes the rows of keys, and returns those that the store refused.
func (w *Worker) write(ctx context.Context, number uint64, keys ledger.Keys) ([]refusal, error) {
	if keys.Len() > w.chunk {
		return w.writeHalves(ctx, number, keys)
	}
	if held, err := w.hold(ctx); err != nil || !held {
		return nil, errors.Join(err, ledger.ErrNotHeld)
	}
	var rows ledger.Rows
	if err := w.askLedger(ctx, func(ctx context.Context) (err error) {
		rows, err = w.Outbox.Rows(ctx, keys)
		return err
	}); err != nil {
		return nil, err
	}
	begun := w.Now()
	err := w.keeping(ctx, writeTime, func(ctx context.Context) error {
		return w.Target.Write(ctx, Writing{Mark: Mark{Ledger: w.identity, Number: number}, Rows: rows, Gone: keys.Without(rows)})
	})
	switch {
	case err == nil:
		if w.Now().Sub(begun) < writeTime/8 {
			w.chunk = min(2*w.chunk, mostKeys)
		}
		return nil, nil
	case errors.Is(err, context.DeadlineExceeded):
		w.chunk = max(min(w.chunk, keys.Len())/2, leastKeys)
		return nil, err
	case errors.Is(err, ErrTooMuch) && keys.Len() > 1:
		w.chunk = max(keys.Len()/2, leastKeys)
		return w.writeHalves(ctx, number, keys)
	case !errors.Is(err, ErrRow):
		return nil, err
	case keys.Len() <= 1:
		return []refusal{{keys, err}}, nil
	}
	return w.writeHalves(ctx, number, keys)
}

func (w *Worker) writeHalves(ctx context.Context, number uint64, keys ledger.Keys) (refused []refusal, err error) {
	for _, half := range keys.Halves() {
		more, err := w.write(ctx, number, half)
		if err != nil {
			return nil, err
		}
		if refused = append(refused, more...); len(refused) > mostParked {
			return nil, fmt.Errorf("it refuses more than %d rows of one batch: %s", mostParked, refused[0].err.Error())
		}
	}
	return refused, nil
}

// park sets all entries aside that touched a refused row: of none can be said that
// the store has what it told.
func (w *Worker) park(ctx context.Context, entries []ledger.Entry, r refusal) error {
	var parked []ledger.Parked
	for _, e := range entries {
		if r.keys.Shares(ledger.Touched([]ledger.Entry{e})) {
			parked = append(parked, ledger.Parked{Position: e.Position, EventID: e.EventID, Reason: r.err.Error()})
		}
	}
	if len(parked) == 0 {
		return fmt.Errorf("sink: no entry touched %+v", r.keys)
	}
	last := parked[len(parked)-1].EventID
	w.Log.ErrorContext(ctx, "sink: the store refuses a row", "store", string(w.Target.Sink()), "event_id", last, "row", fmt.Sprintf("%+v", r.keys), "error", r.err)
	return w.askLedger(ctx, func(ctx context.Context) error { return w.Outbox.Park(ctx, w.Target.Sink(), parked...) })
}

package sink

import (
	"context"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// progressEvery is how often a rebuild tells how far it is.
const progressEvery = 500 * time.Millisecond

// Progress is how far a rebuild is.
type Progress struct {
	// Entries of the ledger.
	Done, Total int64
	Finished    bool
	// Waiting is why it does not go on at the moment; "" while it does.
	Waiting string
}

// Rebuild has the store filled from the ledger again, beside what goes on, and
// reports how far that is until it is done or ctx is: whoever leaves ends the
// report and not the rebuild. Where one runs already, it is joined.
func (w *Worker) Rebuild(ctx context.Context, report func(Progress) error) error {
	goal, err := w.begin(ctx)
	if err != nil {
		return err
	}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		p, err := w.progress(ctx, goal)
		if err != nil {
			return err
		}
		if err := report(p); err != nil || p.Finished {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// goal is what a rebuild waits for.
type goal struct {
	// The cursor's rebuild is over.
	rebuild bool
	// Of a store that had nothing: the cursor has come to where the outbox ended when it
	// began. Under load there may be no moment without entries that wait.
	end ledger.Position
}

// begin has the sink begin again, and tells what there is to wait for.
func (w *Worker) begin(ctx context.Context) (goal, error) {
	var lag ledger.Lag
	var id string
	if err := w.ask(ctx, func(ctx context.Context) (err error) {
		if id, err = w.Outbox.ID(ctx); err == nil {
			lag, err = w.Outbox.Lag(ctx, w.Target.Sink())
		}
		return err
	}); err != nil {
		return goal{}, err
	}
	// A store that is away is begun again all the same, and looked at when it is back.
	var mark Mark
	away := w.ask(ctx, func(ctx context.Context) (err error) {
		mark, err = w.Target.Prepare(ctx)
		return err
	})
	running := lag.Cursor.Rebuild > 0 && (mark.Ledger == "" || mark.Ledger == id || mark.Number <= lag.Cursor.Rebuild)
	if running {
		return goal{rebuild: true}, nil
	}
	w.Log.InfoContext(ctx, "sink: an operator has it filled again", "store", string(w.Target.Sink()), "entries", lag.Total)
	if err := w.ask(ctx, func(ctx context.Context) error { return w.Outbox.Rewind(ctx, w.Target.Sink(), mark.Number) }); err != nil {
		return goal{}, err
	}
	defer w.nudge()
	if lag.Total > 0 {
		return goal{rebuild: max(lag.Cursor.Number, mark.Number) > 0, end: lag.End}, nil
	}
	if away != nil {
		return goal{}, away
	}
	// No entry comes along whose batch would end in a sweep.
	number := max(lag.Cursor.Number, mark.Number)
	return goal{}, w.ask(ctx, func(ctx context.Context) error {
		if err := w.Target.Sweep(ctx, number); err != nil {
			return err
		}
		return w.Target.Write(ctx, Writing{Mark: Mark{Ledger: id, Number: number}})
	})
}

// progress of a rebuild, or of a store's first filling.
func (w *Worker) progress(ctx context.Context, g goal) (p Progress, err error) {
	var lag ledger.Lag
	if err := w.ask(ctx, func(ctx context.Context) (err error) {
		lag, err = w.Outbox.Lag(ctx, w.Target.Sink())
		return err
	}); err != nil {
		return p, err
	}
	p = Progress{Done: lag.Total - lag.Entries, Total: lag.Total}
	switch {
	case lag.Entries == 0:
		p.Finished = true
	case g.rebuild:
		p.Finished = lag.Cursor.Rebuild == 0
	default:
		p.Finished = lag.Cursor.At.Compare(g.end) >= 0
	}
	if p.Finished {
		return p, nil
	}
	w.mu.Lock()
	trouble := w.trouble
	w.mu.Unlock()
	switch {
	case trouble != nil:
		p.Waiting = trouble.Error()
	case lag.Holder == "":
		p.Waiting = "no process holds the sink"
	}
	return p, nil
}

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
	begun, err := w.begin(ctx)
	if err != nil {
		return err
	}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		p, err := w.progress(ctx, begun)
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

// begin has the sink begin again, and reports whether there is a rebuild to wait for.
func (w *Worker) begin(ctx context.Context) (bool, error) {
	var lag ledger.Lag
	var id string
	if err := w.ask(ctx, func(ctx context.Context) (err error) {
		if id, err = w.Outbox.ID(ctx); err == nil {
			lag, err = w.Outbox.Lag(ctx, w.Target.Sink())
		}
		return err
	}); err != nil {
		return false, err
	}
	// A store that is away is begun again all the same, and looked at when it is back.
	var mark Mark
	away := w.ask(ctx, func(ctx context.Context) (err error) {
		mark, err = w.Target.Prepare(ctx)
		return err
	})
	running := lag.Cursor.Rebuild > 0 && (mark.Ledger == "" || mark.Ledger == id || mark.Number <= lag.Cursor.Rebuild)
	if running {
		return true, nil
	}
	w.Log.InfoContext(ctx, "sink: an operator has it filled again", "store", string(w.Target.Sink()), "entries", lag.Total)
	if err := w.ask(ctx, func(ctx context.Context) error { return w.Outbox.Rewind(ctx, w.Target.Sink(), mark.Number) }); err != nil {
		return false, err
	}
	defer w.nudge()
	if lag.Total > 0 {
		return max(lag.Cursor.Number, mark.Number) > 0, nil
	}
	if away != nil {
		return false, away
	}
	// No entry comes along whose batch would end in a sweep.
	number := max(lag.Cursor.Number, mark.Number)
	return false, w.ask(ctx, func(ctx context.Context) error {
		if err := w.Target.Sweep(ctx, number); err != nil {
			return err
		}
		return w.Target.Write(ctx, Writing{Mark: Mark{Ledger: id, Number: number}})
	})
}

// progress of a rebuild, or of a store's first filling.
func (w *Worker) progress(ctx context.Context, rebuild bool) (p Progress, err error) {
	var lag ledger.Lag
	if err := w.ask(ctx, func(ctx context.Context) (err error) {
		lag, err = w.Outbox.Lag(ctx, w.Target.Sink())
		return err
	}); err != nil {
		return p, err
	}
	p = Progress{Done: lag.Total - lag.Entries, Total: lag.Total}
	if p.Finished = lag.Entries == 0 || rebuild && lag.Cursor.Rebuild == 0; p.Finished {
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

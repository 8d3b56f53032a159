package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// recording is one Record.
type recording struct {
	run      ledger.RunID
	outcomes []ledger.Outcome
	at       int64

	row  record.Run
	left []ledger.Outcome
	err  error
}

func (r *recording) reset()         { r.row, r.left, r.err = record.Run{}, nil, nil }
func (r *recording) outcome() error { return r.err }

// Record implements ledger.Ledger.
func (s *Store) Record(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	r := &recording{run: run, outcomes: outcomes, at: s.fixed()}
	if err := s.notes.do(ctx, r); err != nil {
		return ledger.Stored{}, err
	}
	if len(r.left) > 0 {
		return s.regain(ctx, run, r.left, r.row.Late)
	}
	return r.row.Stored(Word)
}

// regain records late outcomes of calls that may get their effect back, whose keys it locks.
func (s *Store) regain(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome, late []ledger.CallID) (ledger.Stored, error) {
	var keys []ledger.Resolution
	for _, o := range outcomes {
		keys = append(keys, ledger.Resolution{Shown: &toolsv1.Call{EffectKey: string(o.Effect)}})
	}
	var more []ledger.CallID
	stored, err := s.changeRun(ctx, run, keys, func(e *effects, calls []record.Call, now int64) ([]*record.Call, error) {
		recorded, err := record.Record(calls, run, outcomes, &record.Holding{Now: now, Holder: e.holder})
		more = recorded.Late
		return recorded.Changed, err
	})
	stored.Late = append(late, more...)
	return stored, err
}

// recordGroup takes two round trips.
func (s *Store) recordGroup(t *transaction, group []*recording) error {
	var ids []string
	for _, r := range group {
		ids = append(ids, string(r.run))
	}
	var numbers []int64
	runs := t.lockRuns(ids)
	t.numbers(&numbers, "entry_seq", len(group))
	if err := t.send(); err != nil {
		return err
	}
	var c changes
	var told []record.Account
	for i, r := range group {
		if err := r.take(t, runs[string(r.run)], &c, numbers[i]); err != nil {
			return err
		}
		if r.err == nil {
			told = append(told, record.NewAccounts(runs[string(r.run)].Calls, r.outcomes)...)
		}
	}
	c.write(t)
	saveAccounts(t, told)
	return nil
}

func (r *recording) take(t *transaction, run *runRow, c *changes, number int64) error {
	if run == nil {
		r.err = notFound(r.run)
		return nil
	}
	calls := run.snapshot().Calls // An error leaves those of the others alone.
	recorded, err := record.Record(calls, r.run, r.outcomes, nil)
	if err == nil {
		run.Calls = calls
		if err := c.changed(t, run, recorded.Changed, or(r.at, t.now), number); err != nil {
			return err
		}
		r.row = run.snapshot()
		r.row.Late, r.left = recorded.Late, recorded.Left
	}
	r.err = err
	return nil
}

// changed saves the calls of a run that changed, if any.
func (c *changes) changed(t *transaction, run *runRow, calls []*record.Call, now, number int64) error {
	if len(calls) == 0 {
		return nil
	}
	following, err := record.Settle(run.Calls, now)
	if err != nil {
		return err
	}
	for _, call := range append(following, calls...) {
		if err := c.save(call); err != nil {
			return err
		}
	}
	if err := run.settle(now); err != nil {
		return err
	}
	c.settle(run, number, t.now)
	return nil
}

func or(at, now int64) int64 {
	if at != 0 {
		return at
	}
	return now
}

// Extend implements ledger.Ledger.
func (s *Store) Extend(ctx context.Context, owner ledger.Owner, id ledger.CallID, notAfter, lookAt time.Time) (held bool, err error) {
	err = s.again(ctx, func(t *transaction) error {
		held = false
		var run string
		t.query(func(rows pgx.Rows) error { return rows.Scan(into{&run}) },
			`SELECT run.id FROM call JOIN run ON run.seq = call.run WHERE call.id = $1`, text(string(id)))
		if err := t.send(); err != nil || run == "" {
			return err
		}
		var numbers []int64
		runs := t.lockRuns([]string{run})
		t.numbers(&numbers, "entry_seq", 1)
		if err := t.send(); err != nil {
			return err
		}
		row := runs[run]
		c, err := record.FindCall(row.Calls, ledger.RunID(run), id)
		if err != nil {
			return err
		}
		if held, err = c.Extend(owner, t.now, ledger.Micros(notAfter), ledger.Micros(lookAt)); err != nil || !held {
			return err
		}
		superseded, err := t.supersede(c)
		if err != nil {
			return err
		}
		held = !superseded
		var changes changes
		if err := changes.changed(t, row, []*record.Call{c}, t.now, numbers[0]); err != nil {
			return err
		}
		changes.write(t)
		return nil
	})
	return held && err == nil, err
}

// again runs a transaction anew where another one was in its way.
func (s *Store) again(ctx context.Context, f func(*transaction) error) (err error) {
	for range 3 {
		if err = s.transact(ctx, beginWrite, f); !passing(err) {
			break
		}
	}
	return s.translate(err)
}

package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// Restart implements ledger.Ledger.
func (s *Store) Restart(ctx context.Context, id ledger.RunID, decided []ledger.Resolution) (ledger.Stored, error) {
	return s.changeRun(ctx, id, decided, func(_ *effects, calls []record.Call, now int64) ([]*record.Call, error) {
		return record.Restart(calls, decided, now)
	})
}

// Retry implements ledger.Ledger.
func (s *Store) Retry(ctx context.Context, id ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
	return s.changeRun(ctx, id, r.Decided, func(_ *effects, calls []record.Call, now int64) ([]*record.Call, error) {
		return record.Retry(calls, id, r, now)
	})
}

// Decide implements ledger.Ledger.
func (s *Store) Decide(ctx context.Context, id ledger.RunID, d ledger.Deciding) (ledger.Stored, error) {
	return s.changeRun(ctx, id, []ledger.Resolution{d.Decided}, func(_ *effects, calls []record.Call, now int64) ([]*record.Call, error) {
		c, err := record.Decide(calls, id, d, now)
		return []*record.Call{c}, err
	})
}

// changeRun lets change start calls of a run again as they were decided on, and admits those.
// What change is given knows who holds the effects of the run's calls.
func (s *Store) changeRun(ctx context.Context, id ledger.RunID, decided []ledger.Resolution, change func(e *effects, calls []record.Call, now int64) ([]*record.Call, error)) (ledger.Stored, error) {
	var row record.Run
	err := s.again(ctx, func(t *transaction) error {
		// What effects it may want is read before they are locked: they never change, but
		// for those of calls that wait, which are not admitted here, and of those decided on.
		e, b := newEffects(), newBudgets()
		for _, r := range decided {
			if key := r.Shown.GetEffectKey(); key != "" {
				e.wanted[key] = true
			}
			b.want(r.Budgets)
		}
		t.query(func(rows pgx.Rows) error {
			var key string
			err := rows.Scan(into{&key})
			e.wanted[key] = true
			return err
		}, `SELECT effect_key FROM call JOIN run ON run.seq = call.run WHERE run.id = $1 AND call.mode = 'act'`, text(string(id)))
		if err := t.send(); err != nil {
			return err
		}
		var numbers []int64
		t.lock(slices.Concat(e.keys(), b.names()))
		runs := t.lockRuns([]string{string(id)})
		e.read(t)
		t.numbers(&numbers, "entry_seq", 1)
		if err := t.send(); err != nil {
			return err
		}
		run := runs[string(id)]
		if run == nil {
			return notFound(id)
		}
		changed, err := change(e, run.Calls, t.now)
		if err != nil {
			return err
		}
		// None of them counts against itself. What stays unknown draws on nothing, and counts on.
		b.read(t, drawing(changed)...)
		if err := t.send(); err != nil {
			return err
		}
		if err := e.admitAgain(run, changed, b, t.now); err != nil {
			return err
		}
		var c changes
		if err := c.changed(t, run, changed, t.now, numbers[0]); err != nil {
			return err
		}
		c.write(t)
		e.write(t)
		row = run.snapshot()
		return nil
	})
	if err != nil {
		return ledger.Stored{}, err
	}
	return row.Stored(Word)
}

// drawing are those that are to be let through, or that don't count.
func drawing(calls []*record.Call) (ids []string) {
	for _, c := range calls {
		if c.Shown.GetState() != "unknown" {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (e *effects) admitAgain(run *runRow, queued []*record.Call, b *budgets, now int64) error {
	for _, c := range queued {
		if !record.IsOpen(c.Shown.GetState()) {
			continue
		}
		if key := c.Shown.GetEffectKey(); c.Admission() != record.Free && !e.wanted[key] {
			return fmt.Errorf("%w: run %s was planned meanwhile", ledger.ErrUnavailable, run.ID)
		}
		if err := e.admit(c, now); err != nil {
			return err
		}
		if err := b.draw(c); err != nil {
			return err
		}
		e.hold(c)
	}
	return nil
}

// Resolve implements ledger.Ledger.
func (s *Store) Resolve(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (call ledger.Call, held bool, err error) {
	err = s.again(ctx, func(t *transaction) error {
		held = false
		e, b := newEffects(), newBudgets()
		e.wanted[r.Shown.GetEffectKey()] = true
		b.want(r.Budgets)
		var id string
		t.query(func(rows pgx.Rows) error { return rows.Scan(into{&id}) },
			`SELECT run.id FROM call JOIN run ON run.seq = call.run WHERE call.id = $1`, text(string(r.Call)))
		if err := t.send(); err != nil || id == "" {
			return err
		}
		var numbers []int64
		t.lock(slices.Concat(e.keys(), b.names()))
		run := t.lockRuns([]string{id})
		e.read(t)
		b.read(t, string(r.Call))
		t.numbers(&numbers, "entry_seq", 1)
		if err := t.send(); err != nil {
			return err
		}
		c, err := record.FindCall(run[id].Calls, ledger.RunID(id), r.Call)
		if err != nil {
			return err
		}
		if held, err = c.Resolve(owner, t.now, r); err != nil || !held {
			return err
		}
		if record.IsOpen(c.Shown.GetState()) {
			if err := e.admit(c, t.now); err != nil {
				return err
			}
			if err := b.draw(c); err != nil {
				return err
			}
		}
		held = record.IsOpen(c.Shown.GetState())
		var changes changes
		if err := changes.changed(t, run[id], []*record.Call{c}, t.now, numbers[0]); err != nil {
			return err
		}
		changes.write(t)
		e.write(t)
		call, err = c.Leased()
		return err
	})
	return call, held && err == nil, err
}

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// Restart implements ledger.Ledger.
func (s *Store) Restart(ctx context.Context, id ledger.RunID) (ledger.Stored, error) {
	return s.changeRun(ctx, id, func(calls []record.Call, now int64) ([]*record.Call, error) {
		return record.Requeue(calls, "", false, "started again by a redelivery", now)
	})
}

// Retry implements ledger.Ledger.
func (s *Store) Retry(ctx context.Context, id ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
	return s.changeRun(ctx, id, func(calls []record.Call, now int64) ([]*record.Call, error) {
		return record.Retry(calls, id, r, now)
	})
}

// Decide implements ledger.Ledger.
func (s *Store) Decide(ctx context.Context, id ledger.RunID, d ledger.Deciding) (ledger.Stored, error) {
	return s.changeRun(ctx, id, func(calls []record.Call, now int64) ([]*record.Call, error) {
		c, err := record.Decide(calls, id, d, now)
		return []*record.Call{c}, err
	})
}

// changeRun lets change queue calls of a run again, and admits those.
func (s *Store) changeRun(ctx context.Context, id ledger.RunID, change func(calls []record.Call, now int64) ([]*record.Call, error)) (ledger.Stored, error) {
	var row record.Run
	err := s.again(ctx, func(t *transaction) error {
		// What effects it may want is read before they are locked: they never change, but
		// for those of calls that wait, which are not admitted here.
		e := newEffects()
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
		t.lock(e.keys())
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
		changed, err := change(run.Calls, t.now)
		if err != nil {
			return err
		}
		if err := e.admitAgain(run, changed, t.now); err != nil {
			return err
		}
		var c changes
		if err := c.changed(t, run, changed, t.now, numbers[0]); err != nil {
			return err
		}
		c.write(t)
		row = run.snapshot()
		return nil
	})
	if err != nil {
		return ledger.Stored{}, err
	}
	return row.Stored(Word)
}

func (e *effects) admitAgain(run *runRow, queued []*record.Call, now int64) error {
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
		e.hold(c)
	}
	return nil
}

const resolveCall = `UPDATE call SET effect_key = $2, mode = $3, provider = $4, target = $5, payload = $6, needs = '' WHERE id = $1`

// Resolve implements ledger.Ledger.
func (s *Store) Resolve(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (call ledger.Call, held bool, err error) {
	payload, err := record.Payload(r.Call, r.Payload)
	if err != nil {
		return ledger.Call{}, false, err
	}
	err = s.again(ctx, func(t *transaction) error {
		held = false
		e := newEffects()
		e.wanted[r.Shown.GetEffectKey()] = true
		var id string
		t.query(func(rows pgx.Rows) error { return rows.Scan(into{&id}) },
			`SELECT run.id FROM call JOIN run ON run.seq = call.run WHERE call.id = $1`, text(string(r.Call)))
		if err := t.send(); err != nil || id == "" {
			return err
		}
		var numbers []int64
		t.lock(e.keys())
		run := t.lockRuns([]string{id})
		e.read(t)
		t.numbers(&numbers, "entry_seq", 1)
		if err := t.send(); err != nil {
			return err
		}
		c, err := record.FindCall(run[id].Calls, ledger.RunID(id), r.Call)
		if err != nil {
			return err
		}
		if held, err = c.Resolve(owner, t.now, r, payload); err != nil || !held {
			return err
		}
		if record.IsOpen(c.Shown.GetState()) {
			if err := e.admit(c, t.now); err != nil {
				return err
			}
		}
		held = record.IsOpen(c.Shown.GetState())
		var changes changes
		if err := changes.changed(t, run[id], []*record.Call{c}, t.now, numbers[0]); err != nil {
			return err
		}
		// First its state: its new key may be another call's.
		changes.write(t)
		t.exec(resolveCall, text(c.ID), text(c.Key()), text(c.Mode), text(c.Provider()), text(c.Target), c.Payload)
		call, err = c.Leased()
		return err
	})
	return call, held && err == nil, err
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

func scanCall(rows *sql.Rows) (c record.Call, err error) { return scanCallWith(rows) }

func scanCallWith(rows *sql.Rows, more ...any) (c record.Call, err error) {
	err = rows.Scan(append([]any{
		&c.ID, &c.Seq, &c.Run, &c.Event, &c.Mode, &c.Occurrence, &c.Version, &c.NotAfter, &c.LookAt,
		&c.ValidUntil, &c.ValidFor, &c.NextAt, &c.Owner, &c.LeaseUntil, &c.Encoded, &c.Payload, &c.Needs, &c.Sets,
	}, more...)...)
	return c, err
}

func (b *batch) insertCall(c *record.Call, position int) error {
	s := c.Shown
	_, err := b.exec(insertCall, c.ID, c.Seq, position, c.Key(), s.GetClass(), s.GetState(), c.Mode, c.Occurrence, c.Version,
		c.NotAfter, c.LookAt, c.ValidUntil, c.ValidFor, c.NextAt, c.Owner, c.LeaseUntil, c.Encoded, c.Payload,
		c.Provider(), c.Target, c.Actor, c.Place, c.PlannedAt, c.Needs, c.Sets)
	return err
}

func (b *batch) saveCall(c *record.Call) (err error) {
	if err = c.Encode(); err != nil {
		return err
	}
	now := []any{c.Shown.GetState(), c.NotAfter, c.LookAt, c.ValidUntil, c.NextAt, c.Owner, c.LeaseUntil, c.Encoded}
	if c.Redecided {
		_, err = b.exec(redecideCall, append(now, c.Key(), c.Mode, c.Provider(), c.Target, c.Payload, c.Needs, c.PlannedAt, c.ID)...)
		return err
	}
	_, err = b.exec(updateCall, append(now, c.ID)...)
	return err
}

// changeRun lets change work on a run's calls, saves those that it reports to
// have changed, and returns the run as it then stands.
func (s *Store) changeRun(ctx context.Context, id ledger.RunID, change func(b *batch, calls []record.Call) (changed []*record.Call, err error)) (ledger.Stored, error) {
	now := ledger.Micros(s.now())
	var row record.Run
	err := s.writer.do(ctx, func(b *batch) (err error) {
		if row, err = findRun(b, id); err != nil {
			return err
		}
		if err := withCalls(b, &row); err != nil {
			return err
		}
		changed, err := change(b, row.Calls)
		if err != nil || len(changed) == 0 {
			return err
		}
		following, err := record.Settle(row.Calls, now)
		if err != nil {
			return err
		}
		changed = append(changed, following...)
		for _, c := range changed {
			if err := b.saveCall(c); err != nil {
				return err
			}
		}
		row.DecidedAt, err = b.settle(row.Seq, now)
		return err
	})
	if err != nil {
		return ledger.Stored{}, err
	}
	return row.Stored(Word)
}

// settle dates the run's decision, or takes the date back, after calls changed.
func (b *batch) settle(run, now int64) (decidedAt int64, err error) {
	if err := b.row(settleRun, now, run).Scan(&decidedAt); err != nil {
		return 0, unavailable(err)
	}
	_, err = b.enter(run, "changed", nil)
	return decidedAt, err
}

// Record implements ledger.Ledger.
func (s *Store) Record(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	now := ledger.Micros(s.now())
	var late []ledger.CallID
	stored, err := s.changeRun(ctx, run, func(b *batch, calls []record.Call) ([]*record.Call, error) {
		recorded, err := record.Record(calls, run, outcomes, &record.Holding{Now: now, Holder: b.holder})
		if err != nil {
			return nil, err
		}
		late = recorded.Late
		for _, a := range record.NewAccounts(calls, outcomes) {
			if _, err := b.exec(upsertAccount, a.Provider, a.Name, now, a.Blocked); err != nil {
				return nil, err
			}
		}
		return recorded.Changed, nil
	})
	if err != nil {
		return ledger.Stored{}, err // late may still be written to.
	}
	stored.Late = late
	return stored, nil
}

// holder is the other call that holds a call's effect, or "".
func (b *batch) holder(c *record.Call) (holder string, err error) {
	holds := selectEffectHolder
	if c.Reads() {
		holds = selectReader
	}
	err = b.row(holds, c.Shown.GetEffectKey(), c.ID).Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return holder, unavailable(err)
}

// Restart implements ledger.Ledger.
func (s *Store) Restart(ctx context.Context, run ledger.RunID, decided []ledger.Resolution) (ledger.Stored, error) {
	now := ledger.Micros(s.now())
	return s.changeRun(ctx, run, func(b *batch, calls []record.Call) (changed []*record.Call, err error) {
		changed, err = record.Restart(calls, decided, now)
		return changed, errors.Join(err, b.admitAgain(changed, now))
	})
}

// Retry implements ledger.Ledger.
func (s *Store) Retry(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
	now := ledger.Micros(s.now())
	return s.changeRun(ctx, run, func(b *batch, calls []record.Call) (changed []*record.Call, err error) {
		changed, err = record.Retry(calls, run, r, now)
		return changed, errors.Join(err, b.admitAgain(changed, now))
	})
}

// Decide implements ledger.Ledger.
func (s *Store) Decide(ctx context.Context, run ledger.RunID, d ledger.Deciding) (ledger.Stored, error) {
	now := ledger.Micros(s.now())
	return s.changeRun(ctx, run, func(b *batch, calls []record.Call) ([]*record.Call, error) {
		c, err := record.Decide(calls, run, d, now)
		if err != nil {
			return nil, err
		}
		return []*record.Call{c}, b.admitAgain([]*record.Call{c}, now)
	})
}

// admitAgain admits calls that were queued again, each in turn: two calls of a run
// may share a key.
func (b *batch) admitAgain(queued []*record.Call, now int64) error {
	for _, c := range queued {
		if record.IsOpen(c.Shown.GetState()) {
			if err := b.letThrough(c, now); err != nil {
				return err
			}
		}
		if err := b.saveCall(c); err != nil {
			return err
		}
	}
	return nil
}

// Resolve implements ledger.Ledger.
func (s *Store) Resolve(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (ledger.Call, bool, error) {
	now := ledger.Micros(s.now())
	var call record.Call
	var held bool
	err := s.writer.do(ctx, func(b *batch) error {
		found, err := collect(b, scanCall, selectCall, string(r.Call))
		if err != nil || len(found) == 0 {
			return err
		}
		c := &found[0]
		if held, err = c.Resolve(owner, now, r); err != nil || !held {
			return err
		}
		if record.IsOpen(c.Shown.GetState()) {
			if err := b.letThrough(c, now); err != nil {
				return err
			}
		}
		held = record.IsOpen(c.Shown.GetState())
		if err := b.saveCall(c); err != nil {
			return err
		}
		if err := b.follow(c.Seq, now); err != nil {
			return err
		}
		call = *c
		_, err = b.settle(c.Seq, now)
		return err
	})
	if err != nil || !held {
		return ledger.Call{}, false, err // Both may still be written to.
	}
	leased, err := call.Leased()
	return leased, err == nil, err
}

// follow lets the run's other calls follow one that was put to rest.
func (b *batch) follow(run, now int64) error {
	calls, err := collect(b, scanCall, selectCalls, run)
	if err != nil {
		return err
	}
	following, err := record.Settle(calls, now)
	if err != nil {
		return err
	}
	for _, c := range following {
		if err := b.saveCall(c); err != nil {
			return err
		}
	}
	return nil
}

// LeaseCalls implements ledger.Ledger.
func (s *Store) LeaseCalls(ctx context.Context, given ledger.Leasing) ([]ledger.Call, error) {
	now := s.now()
	except, err := list(append([]string{}, given.Except...)) // Of nil it is a null.
	if err != nil {
		return nil, err
	}
	l := leasing{
		owner: string(given.Owner), now: ledger.Micros(now), until: ledger.Micros(now.Add(given.Lease)), limit: given.Limit,
		except: except, only: string(given.Run),
	}
	if err := s.writer.do(ctx, l.run); err != nil {
		return nil, err
	}
	calls := make([]ledger.Call, 0, len(l.leased))
	for i := range l.leased {
		c, err := l.leased[i].Leased()
		if err != nil {
			return nil, err
		}
		c.Lease = given.Lease
		calls = append(calls, c)
	}
	return calls, nil
}

// Extend implements ledger.Ledger.
func (s *Store) Extend(ctx context.Context, owner ledger.Owner, id ledger.CallID, notAfter, lookAt time.Time) (bool, error) {
	now := ledger.Micros(s.now())
	var held bool
	err := s.writer.do(ctx, func(b *batch) error {
		found, err := collect(b, scanCall, selectCall, string(id))
		if err != nil || len(found) == 0 {
			return err
		}
		c := &found[0]
		if held, err = c.Extend(owner, now, ledger.Micros(notAfter), ledger.Micros(lookAt)); err != nil || !held {
			return err
		}
		superseded, err := b.supersede(c)
		if err != nil {
			return err
		}
		held = !superseded
		if err := b.saveCall(c); err != nil {
			return err
		}
		if superseded {
			if err := b.follow(c.Seq, now); err != nil {
				return err
			}
		}
		_, err = b.settle(c.Seq, now)
		return err
	})
	if err != nil {
		return false, err // held may still be written to.
	}
	return held, nil
}

package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

func scanCall(rows *sql.Rows) (c record.Call, err error) {
	err = rows.Scan(&c.ID, &c.Seq, &c.Run, &c.Event, &c.Mode, &c.Occurrence, &c.Version, &c.NotAfter, &c.LookAt,
		&c.ValidUntil, &c.ValidFor, &c.NextAt, &c.Owner, &c.LeaseUntil, &c.Encoded, &c.Payload)
	return c, err
}

func (b *batch) insertCall(c *record.Call, position int) error {
	s := c.Shown
	_, err := b.exec(insertCall, c.ID, c.Seq, position, s.GetEffectKey(), s.GetClass(), s.GetState(), c.Mode, c.Occurrence, c.Version,
		c.NotAfter, c.LookAt, c.ValidUntil, c.ValidFor, c.NextAt, c.Owner, c.LeaseUntil, c.Encoded, c.Payload,
		c.Provider(), c.Target, c.Actor, c.Place, c.PlannedAt)
	return err
}

func (b *batch) saveCall(c *record.Call) (err error) {
	if err = c.Encode(); err != nil {
		return err
	}
	_, err = b.exec(updateCall, c.Shown.GetState(), c.NotAfter, c.LookAt, c.ValidUntil, c.NextAt, c.Owner, c.LeaseUntil, c.Encoded, c.ID)
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
	return s.changeRun(ctx, run, func(b *batch, calls []record.Call) ([]*record.Call, error) {
		changed, err := record.Record(calls, run, outcomes)
		if err != nil {
			return nil, err
		}
		for _, a := range record.NewAccounts(calls, outcomes) {
			if _, err := b.exec(upsertAccount, a.Provider, a.Name, now, a.Blocked); err != nil {
				return nil, err
			}
		}
		return changed, nil
	})
}

// Restart implements ledger.Ledger.
func (s *Store) Restart(ctx context.Context, run ledger.RunID) (ledger.Stored, error) {
	now := ledger.Micros(s.now())
	return s.changeRun(ctx, run, func(b *batch, calls []record.Call) (changed []*record.Call, err error) {
		for i := range calls {
			c := &calls[i]
			if queued, err := c.Requeue(now); err != nil || !queued {
				if err != nil {
					return nil, err
				}
				continue
			}
			if err := b.admit(c, now); err != nil {
				return nil, err
			}
			// At once: two calls of a run may share a key.
			if err := b.saveCall(c); err != nil {
				return nil, err
			}
			changed = append(changed, c)
		}
		return changed, nil
	})
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
		if err := b.saveCall(c); err != nil {
			return err
		}
		_, err = b.settle(c.Seq, now)
		return err
	})
	if err != nil {
		return false, err // held may still be written to.
	}
	return held, nil
}

package sqlite

import (
	"context"
	"database/sql"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// pinning writes a pinning.
type pinning struct{ *record.Pinning }

// Pin implements ledger.Ledger.
func (s *Store) Pin(ctx context.Context, given ledger.Pinning) (ledger.Pinned, error) {
	encoded, err := record.NewPinning(given)
	if err == nil {
		err = encoded.At(ledger.Micros(s.now()))
	}
	if err != nil {
		return ledger.Pinned{}, err
	}
	p := pinning{encoded}
	var row record.Run
	var accepted bool
	err = s.writer.do(ctx, func(b *batch) (err error) {
		row, accepted, err = p.write(b)
		return err
	})
	if err != nil {
		return ledger.Pinned{}, err
	}
	return p.Pinned(&row, accepted, Word)
}

func (p pinning) write(b *batch) (row record.Run, accepted bool, err error) {
	if row, err = findRun(b, p.Given.Run); err != nil {
		return row, false, err
	}
	if row.Planned {
		return row, false, withCalls(b, &row)
	}
	if _, err := b.exec(updatePlan, p.Plan, row.Seq); err != nil {
		return row, false, err
	}
	row.Planned, row.Plan = true, p.Plan
	var eventID string
	if err := b.row(selectEventID, row.Seq).Scan(&eventID); err != nil {
		return row, false, unavailable(err)
	}
	if _, err := b.apply(&p.Memory, eventID); err != nil {
		return row, false, err
	}
	for i := range p.Calls {
		c := &p.Calls[i]
		c.Seq = row.Seq
		// What it needs was decided before it.
		if _, err := record.Settle(p.Calls[:i+1], p.Now()); err != nil {
			return row, false, err
		}
		if record.IsOpen(c.Shown.GetState()) {
			superseded, err := b.supersede(c)
			if err == nil && !superseded {
				err = b.letThrough(c, p.Now())
			}
			if err != nil {
				return row, false, err
			}
		}
		if err := c.Encode(); err != nil {
			return row, false, err
		}
		if err := b.insertCall(c, i); err != nil {
			return row, false, err
		}
	}
	row.Calls = p.Calls
	if err := b.row(settleRun, p.Now(), row.Seq).Scan(&row.DecidedAt); err != nil {
		return row, false, unavailable(err)
	}
	_, err = b.enter(row.Seq, "planned", p.Memory.Entry)
	return row, true, err
}

// letThrough admits a call and has it draw on its budgets.
func (b *batch) letThrough(c *record.Call, now int64) error {
	if err := b.admit(c, now); err != nil {
		return err
	}
	return b.draw(c, now)
}

// admit lets a call that is to act hold its effect, or puts it behind the one that does.
func (b *batch) admit(c *record.Call, now int64) error {
	switch c.Admission() {
	case record.Free:
		return nil
	case record.Exclusive:
		holder, err := b.holder(c)
		if err != nil || holder == "" {
			return err
		}
		c.SkipAs(holder)
		if c.Reads() { // It is wanted for as long as this one was.
			if _, err := b.exec(prolongRead, c.ValidUntil, holder); err != nil {
				return err
			}
		}
	case record.Shared:
		others, err := b.upserts(c)
		if err != nil {
			return err
		}
		others.Admit(c, now)
	}
	return c.Encode()
}

func (b *batch) upserts(c *record.Call) (record.Upserts, error) {
	return collect(b, func(rows *sql.Rows) (u record.Upsert, err error) {
		return u, rows.Scan(&u.ID, &u.State, &u.Occurrence, &u.Version, &u.LeaseUntil, &u.LookAt)
	}, selectUpserts, c.Shown.GetEffectKey(), c.ID)
}

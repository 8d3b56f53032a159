package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// opening writes an opening.
type opening struct{ *record.Opening }

// Open implements ledger.Ledger.
func (s *Store) Open(ctx context.Context, given ledger.Opening) (ledger.Opened, error) {
	encoded, err := record.NewOpening(given)
	if err == nil {
		err = encoded.At(ledger.Micros(s.now()))
	}
	if err != nil {
		return ledger.Opened{}, err
	}
	o := opening{encoded}
	var row record.Run
	var created, leased bool
	err = s.writer.do(ctx, func(b *batch) (err error) {
		row, created, leased, err = o.write(b)
		return err
	})
	if err != nil {
		return ledger.Opened{}, err
	}
	if created {
		return o.Created(row, Word), nil
	}
	stored, err := row.Stored(Word)
	return ledger.Opened{Stored: stored, Leased: leased}, err
}

func (o opening) write(b *batch) (row record.Run, created, leased bool, err error) {
	seq, err := o.insertEvent(b)
	if err != nil {
		return row, false, false, err
	}
	if seq == 0 {
		row, leased, err = o.repeat(b)
		return row, false, leased, err
	}
	row, err = o.insertRun(b, seq)
	return row, true, true, err
}

// insertEvent returns 0 where the event is known.
func (o opening) insertEvent(b *batch) (int64, error) {
	e := o.Event
	var window any
	if key, _, ok := o.Window(); ok {
		window = key
		if _, err := o.inWindow(b); err == nil || !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
	}
	seq, err := b.insert(insertEvent, e.GetId(), e.GetSource(), e.GetInstance(), o.ReceivedAt, window, o.Sealed)
	if err != nil || seq == 0 {
		return 0, err
	}
	if o.Body != nil {
		if _, err := b.exec(insertBody, seq, o.Body); err != nil {
			return 0, err
		}
	}
	return seq, o.insertDelivery(b, seq)
}

// inWindow finds the newest event of the same key that came within the window.
func (o opening) inWindow(b *batch) (seq int64, err error) {
	key, window, _ := o.Window()
	err = b.row(selectEventInWindow, o.Event.GetSource(), o.Event.GetInstance(), key, o.ReceivedAt-window, o.ReceivedAt+window).Scan(&seq)
	return seq, unavailable(err)
}

func (o opening) insertDelivery(b *batch, seq int64) error {
	d := o.Delivery
	if d == nil {
		return nil
	}
	_, err := b.exec(insertDelivery, seq, d.GetDeliveryId(), d.GetHookId(), d.GetRetry(), o.DeliveredAt())
	return err
}

func (o opening) insertRun(b *batch, seq int64) (row record.Run, err error) {
	if row.Written, err = b.apply(&o.Memory, o.Event.GetId()); err != nil {
		return row, err
	}
	if row.Entry.Seq, err = b.enter(seq, "opened", o.Memory.Entry); err != nil {
		return row, err
	}
	w := row.Written
	_, err = b.exec(insertRun, seq, o.Run.GetRunId(), o.Event.GetSource(), string(o.Owner), o.LeaseUntil(), w.Records, w.Facts, w.Links, o.Opened, row.Entry.Seq)
	return row, err
}

// repeat counts a further delivery. The lease is taken only where nobody has
// planned the run and nobody is about to.
func (o opening) repeat(b *batch) (row record.Run, leased bool, err error) {
	seq, err := o.known(b)
	if err != nil {
		return row, false, err
	}
	if err := o.insertDelivery(b, seq); err != nil {
		return row, false, err
	}
	if _, err := b.exec(countDelivery, seq); err != nil {
		return row, false, err
	}
	taken, err := b.exec(leaseRun, string(o.Owner), o.LeaseUntil(), seq, o.Now())
	if err != nil {
		return row, false, err
	}
	if row, err = oneRun(b, selectRunBySeq, seq); err != nil {
		return row, false, err
	}
	if err := withCalls(b, &row); err != nil {
		return row, false, err
	}
	return row, taken > 0, withEvent(b, &row)
}

func (o opening) known(b *batch) (seq int64, err error) {
	if _, _, ok := o.Window(); ok {
		if seq, err = o.inWindow(b); !errors.Is(err, sql.ErrNoRows) {
			return seq, err
		}
	}
	err = b.row(selectEventSeq, o.Event.GetId()).Scan(&seq)
	return seq, unavailable(err)
}

// enter appends to the outbox and has watchers woken after the commit.
func (b *batch) enter(run int64, kind string, delta []byte) (seq int64, err error) {
	b.changed = true
	return b.insert(insertEntry, run, kind, delta, b.now)
}

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// sinkRow is a row of sink.
type sinkRow struct {
	owner                                      string
	leaseUntil, at, confirmed, number, through int64
	rebuild, rebuildTo                         int64
}

func scanSink(rows *sql.Rows) (r sinkRow, err error) {
	return r, rows.Scan(&r.owner, &r.leaseUntil, &r.at, &r.confirmed, &r.number, &r.through, &r.rebuild, &r.rebuildTo)
}

// findSink returns the zero row for a sink that was never held.
func findSink(q querier, s ledger.Sink) (sinkRow, error) {
	found, err := collect(q, scanSink, selectSink, string(s))
	if err != nil || len(found) == 0 {
		return sinkRow{}, err
	}
	return found[0], nil
}

func (r sinkRow) save(b *batch, s ledger.Sink) error {
	_, err := b.exec(upsertSink, string(s), r.owner, r.leaseUntil, r.at, r.confirmed, r.number, r.through, r.rebuild, r.rebuildTo)
	return err
}

func (r sinkRow) cursor() ledger.Cursor {
	return ledger.Cursor{At: ledger.Position{Seq: r.at}, Confirmed: uint64(r.confirmed), Number: uint64(r.number), Rebuild: uint64(r.rebuild)}
}

func (r sinkRow) heldBy(owner ledger.Owner, now int64) bool {
	return r.owner == string(owner) && r.leaseUntil > now
}

// ID implements ledger.Outbox.
func (s *Store) ID(ctx context.Context) (string, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return "", err
	}
	found, err := collect(q, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }, selectIdentity)
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("%w: the ledger has %d identities", ledger.ErrUnavailable, len(found))
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}

// Hold implements ledger.Outbox.
func (s *Store) Hold(ctx context.Context, name ledger.Sink, owner ledger.Owner, lease time.Duration) (ledger.Cursor, bool, error) {
	now := s.now()
	var cursor ledger.Cursor
	var held bool
	err := s.writer.do(ctx, func(b *batch) error {
		row, err := findSink(b, name)
		if err != nil {
			return err
		}
		cursor, held = row.cursor(), row.owner == string(owner) || row.leaseUntil <= ledger.Micros(now)
		if !held {
			return nil
		}
		row.owner, row.leaseUntil = string(owner), ledger.Micros(now.Add(lease))
		return row.save(b, name)
	})
	if err != nil {
		return ledger.Cursor{}, false, err // Both may still be written to.
	}
	return cursor, held, nil
}

// Fix implements ledger.Outbox.
func (s *Store) Fix(ctx context.Context, name ledger.Sink, owner ledger.Owner, limit int) (ledger.Batch, error) {
	now := ledger.Micros(s.now())
	var row sinkRow
	err := s.writer.do(ctx, func(b *batch) (err error) {
		row, err = b.heldSink(name, owner, now)
		if err != nil || row.through > 0 {
			return err
		}
		through, err := collect(b, scanNumber, selectBatchEnd, row.at, limit)
		if err != nil || through[0] == 0 {
			return err
		}
		row.through, row.number = through[0], row.number+1
		return row.save(b, name)
	})
	if err != nil || row.through == 0 {
		return ledger.Batch{}, err
	}
	batch := ledger.Batch{
		Number: uint64(row.number), After: ledger.Position{Seq: row.at}, Through: ledger.Position{Seq: row.through},
		Rebuild: uint64(row.rebuild), Last: row.rebuild > 0 && row.through >= row.rebuildTo,
	}
	// What is fixed is committed: it is read beside the writer, which others wait for.
	q, err := s.reader.at(ctx)
	if err != nil {
		return ledger.Batch{}, err
	}
	entries, err := collect(q, scanEntry, selectBatch, row.at, row.through)
	if err != nil {
		return ledger.Batch{}, err
	}
	batch.Entries, err = record.Entries(entries)
	return batch, err
}

func (b *batch) heldSink(name ledger.Sink, owner ledger.Owner, now int64) (sinkRow, error) {
	row, err := findSink(b, name)
	if err == nil && !row.heldBy(owner, now) {
		err = fmt.Errorf("%w: %s", ledger.ErrNotHeld, name)
	}
	return row, err
}

// Confirm implements ledger.Outbox.
func (s *Store) Confirm(ctx context.Context, name ledger.Sink, owner ledger.Owner, number uint64) error {
	now := ledger.Micros(s.now())
	return s.writer.do(ctx, func(b *batch) error {
		row, err := b.heldSink(name, owner, now)
		switch {
		case err != nil:
			return err
		case row.through == 0 && row.confirmed == int64(number):
			return nil
		case row.through == 0 || row.number != int64(number):
			return fmt.Errorf("%w: %s: batch %d was forgotten", ledger.ErrNotHeld, name, number)
		}
		row.at, row.confirmed, row.through = row.through, row.number, 0
		if row.at >= row.rebuildTo {
			row.rebuild, row.rebuildTo = 0, 0
		}
		return row.save(b, name)
	})
}

// Rewind implements ledger.Outbox.
func (s *Store) Rewind(ctx context.Context, name ledger.Sink, above uint64) error {
	return s.writer.do(ctx, func(b *batch) error {
		row, err := findSink(b, name)
		if err != nil {
			return err
		}
		last, err := collect(b, scanNumber, selectLastEntry)
		if err != nil {
			return err
		}
		row.number = max(row.number, int64(above))
		row.at, row.through, row.rebuild, row.rebuildTo = 0, 0, 0, 0
		if last[0] > 0 {
			row.rebuild, row.rebuildTo = row.number, last[0]
		}
		if _, err := b.exec(deleteParked, string(name)); err != nil {
			return err
		}
		return row.save(b, name)
	})
}

// Park implements ledger.Outbox.
func (s *Store) Park(ctx context.Context, name ledger.Sink, parked ...ledger.Parked) error {
	now := ledger.Micros(s.now())
	return s.writer.do(ctx, func(b *batch) error {
		for _, p := range parked {
			if _, err := b.exec(insertParked, string(name), p.Seq, p.EventID, p.Reason, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetAside implements ledger.Outbox.
func (s *Store) SetAside(ctx context.Context, name ledger.Sink, p ledger.Position) (bool, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return false, err
	}
	found, err := collect(q, scanNumber, selectSetAside, string(name), p.Seq)
	return len(found) > 0, err
}

// Lag implements ledger.Outbox. Nothing keeps committed entries from being read here.
func (s *Store) Lag(ctx context.Context, name ledger.Sink) (lag ledger.Lag, err error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return lag, err
	}
	row, err := findSink(q, name)
	if err != nil {
		return lag, err
	}
	last, err := collect(q, scanNumber, selectLastEntry)
	if err != nil {
		return lag, err
	}
	oldest, err := collect(q, scanNumber, selectOldestEntry, row.at)
	if err != nil {
		return lag, err
	}
	// Entries have no gaps: none is counted for this.
	lag = ledger.Lag{Cursor: row.cursor(), End: ledger.Position{Seq: last[0]}, Total: last[0], Entries: last[0] - row.at}
	if len(oldest) > 0 {
		lag.Oldest = ledger.Time(oldest[0])
	}
	if row.leaseUntil > ledger.Micros(s.now()) {
		lag.Holder = ledger.Owner(row.owner)
	}
	lag.Parked, err = collect(q, scanParked, selectParked, string(name), ledger.ParkedShown)
	return lag, err
}

func scanParked(rows *sql.Rows) (p ledger.Parked, err error) {
	var at int64
	err = rows.Scan(&p.Seq, &p.EventID, &p.Reason, &at)
	p.At = ledger.Time(at)
	return p, err
}

func scanEntry(rows *sql.Rows) (e record.Entry, err error) {
	return e, rows.Scan(&e.Seq, &e.Event, &e.Kind, &e.Delta, &e.At)
}

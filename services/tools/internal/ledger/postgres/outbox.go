package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// sinkRow is a row of sink.
type sinkRow struct {
	owner                      string
	leaseUntil                 int64
	at, through, rebuildTo     ledger.Position
	confirmed, number, rebuild uint64
}

const (
	selectSink = `SELECT owner, lease_until, at_xid, at_seq, confirmed, number, through_xid, through_seq, rebuild, rebuild_xid, rebuild_seq FROM sink WHERE name = $1`
	// One is there before it is locked: what is not there can't be.
	insertSink = `INSERT INTO sink (name) VALUES ($1) ON CONFLICT (name) DO NOTHING`
	updateSink = `UPDATE sink SET owner = $2, lease_until = $3, at_xid = $4::text::xid8, at_seq = $5, confirmed = $6, number = $7,
		through_xid = $8::text::xid8, through_seq = $9, rebuild = $10, rebuild_xid = $11::text::xid8, rebuild_seq = $12 WHERE name = $1`

	entryOrder  = ` ORDER BY entry.xid, entry.seq `
	afterEntry  = ` (entry.xid, entry.seq) > ($1::text::xid8, $2::bigint) `
	lastEntry   = `SELECT xid, seq FROM entry ORDER BY xid DESC, seq DESC LIMIT 1`
	selectBatch = `SELECT entry.xid, entry.seq, coalesce(event.id, ''), entry.kind, entry.delta, entry.at
		FROM entry LEFT JOIN event ON event.seq = entry.run WHERE` + afterEntry + `AND (entry.xid, entry.seq) <= ($3::text::xid8, $4::bigint)` + entryOrder
)

func (r *sinkRow) scan(rows pgx.Rows) error {
	return rows.Scan(into{&r.owner}, &r.leaseUntil, &r.at.Xid, &r.at.Seq, &r.confirmed, &r.number, &r.through.Xid, &r.through.Seq,
		&r.rebuild, &r.rebuildTo.Xid, &r.rebuildTo.Seq)
}

func (r *sinkRow) save(t *transaction, s ledger.Sink) {
	t.exec(updateSink, text(string(s)), text(r.owner), r.leaseUntil, xid(r.at), r.at.Seq, int64(r.confirmed), int64(r.number),
		xid(r.through), r.through.Seq, int64(r.rebuild), xid(r.rebuildTo), r.rebuildTo.Seq)
}

func xid(p ledger.Position) string { return strconv.FormatUint(p.Xid, 10) }

func (r *sinkRow) cursor() ledger.Cursor {
	return ledger.Cursor{At: r.at, Confirmed: r.confirmed, Number: r.number, Rebuild: r.rebuild}
}

// ID implements ledger.Outbox.
func (s *Store) ID(ctx context.Context) (id string, err error) {
	err = s.read(ctx, func(t *transaction) error {
		t.query(func(rows pgx.Rows) error { return rows.Scan(&id) }, `SELECT id FROM ledger`)
		return nil
	})
	return id, err
}

// sink runs f on a sink's row, which nobody else touches meanwhile, and saves it
// where f says so.
func (s *Store) sink(ctx context.Context, name ledger.Sink, f func(*transaction, *sinkRow) (save bool, err error)) error {
	return s.write(ctx, func(t *transaction) error {
		var row sinkRow
		t.lock([]string{"sink " + string(name)})
		t.exec(insertSink, text(string(name)))
		t.query(row.scan, selectSink, text(string(name)))
		if err := t.era(); err != nil {
			return err
		}
		save, err := f(t, &row)
		if save {
			row.save(t, name)
		}
		return err
	})
}

func (r *sinkRow) held(name ledger.Sink, owner ledger.Owner, now int64) error {
	if r.owner != string(owner) || r.leaseUntil <= now {
		return fmt.Errorf("%w: %s", ledger.ErrNotHeld, name)
	}
	return nil
}

// Hold implements ledger.Outbox.
func (s *Store) Hold(ctx context.Context, name ledger.Sink, owner ledger.Owner, lease time.Duration) (cursor ledger.Cursor, held bool, err error) {
	err = s.sink(ctx, name, func(t *transaction, row *sinkRow) (bool, error) {
		cursor, held = row.cursor(), row.owner == string(owner) || row.leaseUntil <= t.now
		if held {
			row.owner, row.leaseUntil = string(owner), t.now+lease.Microseconds()
		}
		return held, nil
	})
	return cursor, held && err == nil, err
}

// Fix implements ledger.Outbox. It reads below the oldest transaction that is
// still open: what commits later comes later.
func (s *Store) Fix(ctx context.Context, name ledger.Sink, owner ledger.Owner, limit int) (batch ledger.Batch, err error) {
	var found []record.Entry
	err = s.sink(ctx, name, func(t *transaction, row *sinkRow) (save bool, err error) {
		if err := row.held(name, owner, t.now); err != nil {
			return false, err
		}
		if row.through == (ledger.Position{}) {
			t.query(func(rows pgx.Rows) error { return rows.Scan(&row.through.Xid, &row.through.Seq) },
				`SELECT xid, seq FROM (SELECT xid, seq FROM entry WHERE`+afterEntry+`AND`+visible+entryOrder+`LIMIT $3) AS batch ORDER BY xid DESC, seq DESC LIMIT 1`,
				xid(row.at), row.at.Seq, limit)
			if err := t.send(); err != nil || row.through == (ledger.Position{}) {
				return false, err
			}
			row.number++
			save = true
		}
		t.query(func(rows pgx.Rows) error {
			var e record.Entry
			err := rows.Scan(&e.Xid, &e.Seq, into{&e.Event}, into{&e.Kind}, &e.Delta, &e.At)
			found = append(found, e)
			return err
		}, selectBatch, xid(row.at), row.at.Seq, xid(row.through), row.through.Seq)
		if err := t.send(); err != nil {
			return false, err
		}
		batch = ledger.Batch{
			Number: row.number, After: row.at, Through: row.through,
			Rebuild: row.rebuild, Last: row.rebuild > 0 && row.through.Compare(row.rebuildTo) >= 0,
		}
		return save, nil
	})
	if err != nil {
		return ledger.Batch{}, err
	}
	if len(found) > 0 {
		batch.Entries, err = record.Entries(found)
	}
	return batch, err
}

// Confirm implements ledger.Outbox.
func (s *Store) Confirm(ctx context.Context, name ledger.Sink, owner ledger.Owner, number uint64) error {
	return s.sink(ctx, name, func(t *transaction, row *sinkRow) (bool, error) {
		none := row.through == (ledger.Position{})
		if err := row.held(name, owner, t.now); err != nil {
			return false, err
		}
		if none && row.confirmed == number {
			return false, nil
		}
		if none || row.number != number {
			return false, fmt.Errorf("%w: %s: batch %d was forgotten", ledger.ErrNotHeld, name, number)
		}
		row.at, row.confirmed, row.through = row.through, row.number, ledger.Position{}
		if row.at.Compare(row.rebuildTo) >= 0 {
			row.rebuild, row.rebuildTo = 0, ledger.Position{}
		}
		return true, nil
	})
}

// Rewind implements ledger.Outbox.
func (s *Store) Rewind(ctx context.Context, name ledger.Sink, above uint64) error {
	return s.sink(ctx, name, func(t *transaction, row *sinkRow) (bool, error) {
		var last ledger.Position
		t.query(func(rows pgx.Rows) error { return rows.Scan(&last.Xid, &last.Seq) }, lastEntry)
		t.exec(`DELETE FROM parked WHERE sink = $1`, text(string(name)))
		if err := t.send(); err != nil {
			return false, err
		}
		row.number = max(row.number, above)
		row.at, row.through, row.rebuild, row.rebuildTo = ledger.Position{}, ledger.Position{}, 0, ledger.Position{}
		if last != (ledger.Position{}) {
			row.rebuild, row.rebuildTo = row.number, last
		}
		return true, nil
	})
}

// Park implements ledger.Outbox.
func (s *Store) Park(ctx context.Context, name ledger.Sink, parked ...ledger.Parked) error {
	return s.write(ctx, func(t *transaction) error {
		if err := t.send(); err != nil { // For the time.
			return err
		}
		for _, p := range parked {
			t.exec(`INSERT INTO parked (sink, entry, event_id, reason, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sink, entry) DO NOTHING`,
				text(string(name)), p.Seq, text(p.EventID), text(p.Reason), t.now)
		}
		return nil
	})
}

// SetAside implements ledger.Outbox.
func (s *Store) SetAside(ctx context.Context, name ledger.Sink, p ledger.Position) (found bool, err error) {
	err = s.read(ctx, func(t *transaction) error {
		t.query(func(rows pgx.Rows) error { return rows.Scan(&found) },
			`SELECT EXISTS (SELECT 1 FROM parked WHERE sink = $1 AND entry = $2)`, text(string(name)), p.Seq)
		return nil
	})
	return found, err
}

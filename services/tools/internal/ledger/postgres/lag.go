package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// counted is how many entries are counted one by one; more are told by their numbers.
	counted = 10_000

	// The oldest transaction that keeps entries from being read, if any are kept: as
	// its session tells it, or as it was prepared.
	selectBlocker = `SELECT coalesce(session.who, prepared.who, 'transaction ' || oldest.xid::text), coalesce(session.since, prepared.since, now())
		FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid) AS oldest
		LEFT JOIN LATERAL (SELECT concat_ws(' ', 'pid', pid, usename, application_name, client_addr, state) AS who, xact_start AS since
			FROM pg_stat_activity WHERE backend_xid = (oldest.xid::text::numeric % 4294967296)::text::xid LIMIT 1) AS session ON true
		LEFT JOIN LATERAL (SELECT 'prepared transaction ' || gid AS who, prepared AS since
			FROM pg_prepared_xacts WHERE transaction = (oldest.xid::text::numeric % 4294967296)::text::xid LIMIT 1) AS prepared ON true
		WHERE ` + heldBack

	// Whether an entry after the cursor can't be read yet. If any can't, the last one
	// can't: it has the highest number, and the others, which may be millions, are not looked at.
	heldBack = `EXISTS (SELECT 1 FROM (` + lastEntry + `) AS entry WHERE` + afterEntry + `AND NOT` + visible + `)`
)

// Lag implements ledger.Outbox.
func (s *Store) Lag(ctx context.Context, name ledger.Sink) (lag ledger.Lag, err error) {
	var row sinkRow
	var first, last int64
	err = s.read(ctx, func(t *transaction) error {
		t.query(row.scan, selectSink, text(string(name)))
		if err := t.send(); err != nil {
			return err
		}
		t.query(func(rows pgx.Rows) error { return rows.Scan(&first, &last) }, `SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM entry`)
		t.query(func(rows pgx.Rows) error { return rows.Scan(&lag.End.Xid, &lag.End.Seq) }, lastEntry)
		t.query(func(rows pgx.Rows) error { return rows.Scan(&lag.Entries) },
			`SELECT count(*) FROM (SELECT 1 FROM entry WHERE`+afterEntry+`LIMIT $3) AS behind`, xid(row.at), row.at.Seq, counted)
		t.query(func(rows pgx.Rows) error {
			var at int64
			err := rows.Scan(&at)
			lag.Oldest = ledger.Time(at)
			return err
		}, `SELECT at FROM entry WHERE`+afterEntry+entryOrder+`LIMIT 1`, xid(row.at), row.at.Seq)
		t.query(func(rows pgx.Rows) error {
			var p ledger.Parked
			var at int64
			err := rows.Scan(&p.Xid, &p.Seq, into{&p.EventID}, into{&p.Reason}, &at)
			p.At = ledger.Time(at)
			lag.Parked = append(lag.Parked, p)
			return err
		}, `SELECT coalesce((SELECT xid FROM entry WHERE seq = parked.entry), '0'), entry, event_id, reason, at FROM parked WHERE sink = $1 ORDER BY entry DESC LIMIT $2`,
			text(string(name)), ledger.ParkedShown)
		t.query(func(rows pgx.Rows) error {
			var since time.Time
			err := rows.Scan(&lag.Blocker, &since)
			lag.BlockerSince = since.UTC()
			return err
		}, selectBlocker, xid(row.at), row.at.Seq)
		if row.leaseUntil > t.now {
			lag.Holder = ledger.Owner(row.owner)
		}
		return t.send()
	})
	if err != nil {
		return ledger.Lag{}, err
	}
	// Numbers have gaps, where a transaction failed.
	if lag.Total = last - first + 1; lag.Entries == counted {
		lag.Entries = max(counted, last-row.at.Seq)
	}
	lag.Cursor = row.cursor()
	return lag, nil
}

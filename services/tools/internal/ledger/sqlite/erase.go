package sqlite

import (
	"context"
	"database/sql"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/erasure"
)

const caseColumns = runColumns + `, event.event, event.id, EXISTS (SELECT 1 FROM event_body WHERE event_body.event = event.seq)`

func scanCase(rows *sql.Rows) (c erasure.Case, err error) {
	r, w := &c.Run, &c.Written
	err = rows.Scan(&r.Seq, &r.ID, &r.Deliveries, &r.DecidedAt, &w.Records, &w.Facts, &w.Links, &r.Opened, &r.Planned, &r.Plan, &r.Entry.Seq,
		&r.Event, &c.EventID, &c.HasBody)
	return c, err
}

func cases(q asker, after, through int64, limit int) ([]erasure.Case, error) {
	found, err := ask(q, scanCase, `SELECT `+caseColumns+` FROM event JOIN run ON run.seq = event.seq
		WHERE event.seq > ? AND event.seq <= ? ORDER BY event.seq LIMIT ?`, after, through, limit)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	calls, err := ask(q, scanCall, `SELECT `+callColumns+callTables+`WHERE call.run BETWEEN ? AND ? ORDER BY call.run, call.position`,
		found[0].Seq, found[len(found)-1].Seq)
	if err != nil {
		return nil, err
	}
	i := 0
	for _, c := range calls {
		for found[i].Seq < c.Seq {
			i++
		}
		found[i].Calls = append(found[i].Calls, c)
	}
	return found, nil
}

// Newest implements erasure.Store.
func (s *Store) Newest(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, notStarted(err)
	}
	found, err := ask(s.reader.db, scanNumber, `SELECT coalesce(max(seq), 0) FROM event`)
	if err != nil {
		return 0, err
	}
	return found[0], nil
}

// Cases implements erasure.Store.
func (s *Store) Cases(ctx context.Context, after, through int64, limit int) ([]erasure.Case, error) {
	if err := ctx.Err(); err != nil {
		return nil, notStarted(err)
	}
	return cases(s.reader.db, after, through, limit)
}

// Bodies implements erasure.Store.
func (s *Store) Bodies(ctx context.Context, after, through int64, limit int) ([]erasure.Blob, error) {
	return s.blobs(ctx, `SELECT event, body FROM event_body WHERE event > ? AND event <= ? ORDER BY event LIMIT ?`, after, through, limit)
}

// Deltas implements erasure.Store.
func (s *Store) Deltas(ctx context.Context, after, through int64, limit int) ([]erasure.Blob, error) {
	return s.blobs(ctx, `SELECT seq, delta FROM entry WHERE seq > ? AND run <= ? AND kind <> 'forgotten' AND delta IS NOT NULL ORDER BY seq LIMIT ?`, after, through, limit)
}

// Reports implements erasure.Store.
func (s *Store) Reports(ctx context.Context, after int64, limit int) ([]erasure.Blob, error) {
	return s.blobs(ctx, `SELECT seq, record FROM report WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
}

func (s *Store) blobs(ctx context.Context, text string, args ...any) ([]erasure.Blob, error) {
	if err := ctx.Err(); err != nil {
		return nil, notStarted(err)
	}
	return ask(s.reader.db, func(rows *sql.Rows) (b erasure.Blob, err error) { return b, rows.Scan(&b.Seq, &b.Bytes) }, text, args...)
}

// Reasons implements erasure.Store.
func (s *Store) Reasons(ctx context.Context) ([]erasure.Reason, error) {
	if err := ctx.Err(); err != nil {
		return nil, notStarted(err)
	}
	return ask(s.reader.db, func(rows *sql.Rows) (r erasure.Reason, err error) {
		return r, rows.Scan(&r.Sink, &r.Entry, &r.Reason)
	}, `SELECT sink, entry, reason FROM parked ORDER BY sink, entry`)
}

// Erase implements erasure.Store.
func (s *Store) Erase(ctx context.Context, f func(erasure.Tx) error) error {
	return s.writer.do(ctx, func(b *batch) error { return f(erasing{b}) })
}

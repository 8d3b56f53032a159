package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/erasure"
)

const selectCases = `SELECT ` + runColumns + `, event.event, event.id, EXISTS (SELECT 1 FROM event_body WHERE event_body.event = event.seq)
	FROM run JOIN event ON event.seq = run.seq WHERE event.seq > $1 AND event.seq <= $2 ORDER BY event.seq LIMIT $3`

// cases sends.
func (t *transaction) cases(after, through int64, limit int) (found []erasure.Case, err error) {
	at := make(map[int64]int)
	var seqs []int64
	t.query(func(rows pgx.Rows) error {
		var c erasure.Case
		var event []byte
		r, err := scanRun(rows, &event, into{&c.EventID}, &c.HasBody)
		c.Run = r.Run
		c.Event = event
		at[c.Seq] = len(found)
		found, seqs = append(found, c), append(seqs, c.Seq)
		return err
	}, selectCases, after, through, limit)
	if err := t.send(); err != nil || len(found) == 0 {
		return nil, err
	}
	t.query(func(rows pgx.Rows) error {
		c, err := scanCall(rows)
		if err == nil {
			found[at[c.Seq]].Calls = append(found[at[c.Seq]].Calls, c)
		}
		return err
	}, `SELECT `+callColumns+callTables+`WHERE call.run = ANY($1::bigint[]) ORDER BY call.run, call.position`, seqs)
	return found, t.send()
}

// Newest implements erasure.Store. It waits for those that open events just now:
// one with a smaller number is there, or will never be.
func (s *Store) Newest(ctx context.Context) (newest int64, err error) {
	err = s.again(ctx, func(t *transaction) error {
		t.lockAll()
		t.query(func(rows pgx.Rows) error { return rows.Scan(&newest) }, `SELECT coalesce(max(seq), 0) FROM event`)
		return nil
	})
	return newest, err
}

// Cases implements erasure.Store.
func (s *Store) Cases(ctx context.Context, after, through int64, limit int) (found []erasure.Case, err error) {
	err = s.read(ctx, func(t *transaction) error {
		found, err = t.cases(after, through, limit)
		return err
	})
	return found, err
}

// Bodies implements erasure.Store.
func (s *Store) Bodies(ctx context.Context, after, through int64, limit int) ([]erasure.Blob, error) {
	return s.blobs(ctx, `SELECT event, body FROM event_body WHERE event > $1 AND event <= $2 ORDER BY event LIMIT $3`, after, through, limit)
}

// Deltas implements erasure.Store.
func (s *Store) Deltas(ctx context.Context, after, through int64, limit int) ([]erasure.Blob, error) {
	return s.blobs(ctx, `SELECT seq, delta FROM entry WHERE seq > $1 AND run <= $2 AND kind <> 'forgotten' AND delta IS NOT NULL ORDER BY seq LIMIT $3`, after, through, limit)
}

// Reports implements erasure.Store.
func (s *Store) Reports(ctx context.Context, after int64, limit int) ([]erasure.Blob, error) {
	return s.blobs(ctx, `SELECT seq, record FROM report WHERE seq > $1 ORDER BY seq LIMIT $2`, after, limit)
}

func (s *Store) blobs(ctx context.Context, sql string, args ...any) (list []erasure.Blob, err error) {
	err = s.read(ctx, func(t *transaction) error {
		t.query(func(rows pgx.Rows) error {
			var b erasure.Blob
			err := rows.Scan(&b.Seq, &b.Bytes)
			list = append(list, b)
			return err
		}, sql, args...)
		return nil
	})
	return list, err
}

// Reasons implements erasure.Store.
func (s *Store) Reasons(ctx context.Context) (list []erasure.Reason, err error) {
	err = s.read(ctx, func(t *transaction) error {
		t.query(func(rows pgx.Rows) error {
			var sink string
			var r erasure.Reason
			err := rows.Scan(into{&sink}, &r.Entry, into{&r.Reason})
			r.Sink = ledger.Sink(sink)
			list = append(list, r)
			return err
		}, `SELECT sink, entry, reason FROM parked ORDER BY sink, entry`)
		return nil
	})
	return list, err
}

// Erase implements erasure.Store.
func (s *Store) Erase(ctx context.Context, f func(erasure.Tx) error) error {
	return s.again(ctx, func(t *transaction) error {
		if err := t.send(); err != nil { // For the time.
			return err
		}
		e := erasing{t, newMemory()}
		if err := f(e); err != nil {
			return err
		}
		return e.memory.write(t)
	})
}

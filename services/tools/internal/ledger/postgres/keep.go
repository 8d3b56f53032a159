package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/erasure"
)

const (
	// pruneChunk is how many bodies one commit removes, tidyChunk how many entries one
	// commit empties.
	pruneChunk = 32
	tidyChunk  = 200
)

// PruneBodies implements ledger.Keeper. It looks at all bodies, a window at a time, in
// the order of their arrival: those that a wrong clock dated later hide none behind
// them. Processes that prune at once take different bodies.
func (s *Store) PruneBodies(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	for after := int64(0); removed < limit; {
		window, err := s.bodyWindow(ctx, after, max(limit, pruneChunk))
		if err != nil || window == 0 {
			return removed, err
		}
		chunk := min(pruneChunk, limit-removed)
		n, err := s.counted(ctx, `WITH due AS (SELECT event_body.event FROM event_body JOIN event ON event.seq = event_body.event
				WHERE event_body.event > $1 AND event_body.event <= $2 AND event.received_at < $3 ORDER BY event_body.event LIMIT $4
				FOR UPDATE OF event_body SKIP LOCKED)
			DELETE FROM event_body USING due WHERE event_body.event = due.event RETURNING 1`,
			after, window, ledger.Micros(before), chunk)
		if err != nil {
			return removed, err
		}
		if removed += n; n < chunk {
			after = window
		}
	}
	return removed, nil
}

// bodyWindow is the last of the next bodies, at most limit; 0 where there is none.
func (s *Store) bodyWindow(ctx context.Context, after int64, limit int) (last int64, err error) {
	err = s.read(ctx, func(t *transaction) error {
		t.query(func(rows pgx.Rows) error { return rows.Scan(&last) },
			`SELECT coalesce(max(event), 0) FROM (SELECT event FROM event_body WHERE event > $1 ORDER BY event LIMIT $2) AS next`, after, limit)
		return nil
	})
	return last, err
}

// counted runs a statement in a transaction of its own and returns how many rows it returned.
func (s *Store) counted(ctx context.Context, sql string, args ...any) (n int, err error) {
	err = s.again(ctx, func(t *transaction) error {
		n = 0
		t.query(func(pgx.Rows) error { n++; return nil }, sql, args...)
		return t.send()
	})
	return n, err
}

// Forget implements ledger.Keeper. What was overwritten is in the database's files
// until they are vacuumed, and in its log as long as that is kept.
func (s *Store) Forget(ctx context.Context, ref string, dry bool, tell func(ledger.Pass)) (ledger.Forgotten, error) {
	found, err := erasure.Forget(ctx, s, ref, dry, tell)
	if err != nil || dry {
		return found, err
	}
	return found, s.Tidy(ctx)
}

// Tidy implements ledger.Keeper.
func (s *Store) Tidy(ctx context.Context) error {
	for {
		n, err := s.counted(ctx, `UPDATE entry SET delta = NULL FROM (SELECT seq FROM entry WHERE kind = 'forgotten' AND delta IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM sink WHERE (sink.at_xid, sink.at_seq) < (entry.xid, entry.seq)) ORDER BY seq LIMIT $1) AS due
			WHERE entry.seq = due.seq RETURNING 1`, tidyChunk)
		if err != nil || n == 0 {
			return err
		}
	}
}

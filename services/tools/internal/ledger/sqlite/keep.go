package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/erasure"
)

const (
	// pruneChunk is how many bodies one commit removes: about a millisecond that a
	// run may have to wait.
	pruneChunk = 32
	// tidyChunk is how many entries one commit empties.
	tidyChunk = 200
)

// PruneBodies implements ledger.Keeper. It looks at all bodies, a window at a time, in
// the order of their arrival: those that a wrong clock dated later hide none behind them.
func (s *Store) PruneBodies(ctx context.Context, before time.Time, limit int) (int, error) {
	removed, after := 0, int64(0)
	for removed < limit {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		window, err := ask(s.reader.db, scanNumber, `SELECT coalesce(max(event), 0) FROM (SELECT event FROM event_body WHERE event > ? ORDER BY event LIMIT ?)`,
			after, max(limit, pruneChunk))
		if err != nil || window[0] == 0 {
			return removed, err
		}
		due, err := ask(s.reader.db, scanNumber, `SELECT event_body.event FROM event_body JOIN event ON event.seq = event_body.event
			WHERE event_body.event > ? AND event_body.event <= ? AND event.received_at < ? ORDER BY event_body.event LIMIT ?`,
			after, window[0], ledger.Micros(before), min(pruneChunk, limit-removed))
		if err != nil {
			return removed, err
		}
		if len(due) == 0 {
			after = window[0]
			continue
		}
		n, err := s.deleteBodies(ctx, due)
		if err != nil {
			return removed, err
		}
		removed, after = removed+n, due[len(due)-1]
	}
	return removed, nil
}

func (s *Store) deleteBodies(ctx context.Context, events []int64) (int, error) {
	var n int64
	err := s.writer.do(ctx, func(b *batch) error {
		n = 0
		for _, seq := range events {
			gone, err := erasing{b}.DeleteBody(seq)
			if err != nil {
				return err
			}
			n += gone
		}
		return nil
	})
	return int(n), err
}

// Forget implements ledger.Keeper.
func (s *Store) Forget(ctx context.Context, ref string, dry bool, tell func(ledger.Pass)) (ledger.Forgotten, error) {
	found, err := erasure.Forget(ctx, s, ref, dry, tell)
	if err != nil || dry {
		return found, err
	}
	if err := s.Tidy(ctx); err != nil {
		return found, err
	}
	return found, s.checkpoint(ctx)
}

// Tidy implements ledger.Keeper.
func (s *Store) Tidy(ctx context.Context) error {
	for {
		due, err := ask(s.reader.db, scanNumber, `SELECT seq FROM entry WHERE kind = 'forgotten' AND delta IS NOT NULL
			AND seq <= (SELECT coalesce(min(at), 9223372036854775807) FROM sink) ORDER BY seq LIMIT ?`, tidyChunk)
		if err != nil || len(due) == 0 {
			return err
		}
		err = s.writer.do(ctx, func(b *batch) error {
			_, err := execute(b, `UPDATE entry SET delta = NULL WHERE kind = 'forgotten' AND delta IS NOT NULL AND seq BETWEEN ? AND ?`, due[0], due[len(due)-1])
			return err
		})
		if err != nil {
			return err
		}
	}
}

// checkpoint empties the write-ahead log, which still has what was forgotten. Where
// somebody reads just then it is left to later commits, which write over it.
func (s *Store) checkpoint(ctx context.Context) error {
	db, err := openPool(s.path, 1, map[string][]string{"_pragma": {"busy_timeout(200)"}})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, mode := range []string{"PASSIVE", "TRUNCATE"} {
		var busy, log, done int
		if err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &log, &done); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// asker is what the pool of readers and a transaction share, for statements that
// are rare enough not to be prepared.
type asker interface {
	Query(text string, args ...any) (*sql.Rows, error)
}

func ask[T any](q asker, scan func(*sql.Rows) (T, error), text string, args ...any) ([]T, error) {
	rows, err := q.Query(text, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	return scanAll(rows, scan)
}

func execute(b *batch, text string, args ...any) (int64, error) {
	result, err := b.tx.Exec(text, args...)
	if err != nil {
		return 0, unavailable(err)
	}
	return result.RowsAffected()
}

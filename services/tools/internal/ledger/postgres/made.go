package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

const (
	// A call that acts, or did, or may have: the condition of the indexes call_spent_actor
	// and call_spent_place, word for word.
	spends     = ` call.mode = 'act' AND call.class IN ('create', 'set', 'upsert') AND call.state IN ('queued', 'running', 'done', 'unknown', 'failed') `
	selectMade = `SELECT ` + callColumns + `, call.planned_at` + callTables + `WHERE call.id IN (
			SELECT id FROM call WHERE target = ANY($1::text[]) AND target <> '' AND greatest(planned_at, not_after) >= $2
			UNION SELECT id FROM call WHERE effect_key = ANY($3::text[]) AND target <> '')
		AND` + spends + `ORDER BY greatest(call.planned_at, call.not_after) DESC, call.id LIMIT $4`
)

// Made implements ledger.Effects.
func (s *Store) Made(ctx context.Context, targets, keys []string, since time.Time) (effects []ledger.Effect, err error) {
	err = s.read(ctx, func(t *transaction) error {
		effects = []ledger.Effect{}
		t.query(func(rows pgx.Rows) error {
			var planned int64
			c, err := scanCall(rows, &planned)
			if err != nil {
				return err
			}
			c.PlannedAt = planned
			e, err := c.Effect()
			effects = append(effects, e)
			return err
		}, selectMade, texts(targets), ledger.Micros(since), texts(keys), record.MostMade)
		return nil
	})
	return effects, err
}

// Remember implements ledger.Effects.
func (s *Store) Remember(ctx context.Context, run ledger.RunID, d project.Delta) error {
	return s.again(ctx, func(t *transaction) error {
		// Names are locked before rows: what the run is comes first, and never changes.
		runs, err := t.runs(`FROM run WHERE id = $1`, text(string(run)))
		if err != nil {
			return err
		}
		if len(runs) == 0 {
			return notFound(run)
		}
		told, ok, err := runs[0].Remembered(d)
		if err != nil || !ok {
			return err
		}
		m := newMemory()
		m.want(&told)
		var event string
		var numbers []int64
		t.lock(m.names())
		m.read(t)
		t.query(func(rows pgx.Rows) error { return rows.Scan(into{&event}) }, `SELECT id FROM event WHERE seq = $1`, runs[0].Seq)
		t.numbers(&numbers, "entry_seq", 1)
		if err := t.send(); err != nil {
			return err
		}
		m.apply(&told, event)
		if err := m.write(t); err != nil {
			return err
		}
		var e entries
		e.add(numbers[0], runs[0].Seq, "changed", t.now, told.Entry)
		e.write(t, nil)
		return nil
	})
}

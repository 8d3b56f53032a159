package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Made implements ledger.Effects.
func (s *Store) Made(ctx context.Context, targets, keys []string, since time.Time) ([]ledger.Effect, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := list(append([]string{}, targets...))
	if err != nil {
		return nil, err
	}
	marked, err := list(append([]string{}, keys...))
	if err != nil {
		return nil, err
	}
	found, err := collect(q, func(rows *sql.Rows) (record.Call, error) {
		var planned int64
		c, err := scanCallWith(rows, &planned)
		c.PlannedAt = planned
		return c, err
	}, selectMade, wanted, ledger.Micros(since), marked, record.MostMade)
	if err != nil {
		return nil, err
	}
	effects := make([]ledger.Effect, len(found))
	for i := range found {
		if effects[i], err = found[i].Effect(); err != nil {
			return nil, err
		}
	}
	return effects, nil
}

// Remember implements ledger.Effects.
func (s *Store) Remember(ctx context.Context, run ledger.RunID, d project.Delta) error {
	return s.writer.do(ctx, func(b *batch) error {
		row, err := findRun(b, run)
		if err != nil {
			return err
		}
		m, ok, err := row.Remembered(d)
		if err != nil || !ok {
			return err
		}
		var event string
		if err := b.row(selectEventID, row.Seq).Scan(&event); err != nil {
			return unavailable(err)
		}
		if _, err := b.apply(&m, event); err != nil {
			return err
		}
		_, err = b.enter(row.Seq, "changed", m.Entry)
		return err
	})
}

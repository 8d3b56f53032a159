package clickhouse

import (
	"context"
	"reflect"
	"time"

	clickhouse "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Patient are options for a machine that has much else to do.
func Patient() Options { return Options{patience: time.Minute} }

// Empty throws all rows away, and the mark.
func (s *Store) Empty(ctx context.Context) error {
	for _, table := range []string{"event", "observation", "mark"} {
		if err := s.pool.exec(ctx, `TRUNCATE TABLE `+table); err != nil {
			return err
		}
	}
	return nil
}

// Lose implements sinktest.Target.
func (s *Store) Lose(ctx context.Context, k ledger.Keys) error {
	wait := clickhouse.WithSettings(clickhouse.Settings{"mutations_sync": 1})
	return s.eraseVersions(clickhouse.Context(ctx, wait), k, "true")
}

// Exec runs a statement as an operator would.
func (s *Store) Exec(ctx context.Context, statement string) error { return s.pool.exec(ctx, statement) }

// Count counts rows as they lie in the server's files.
func (s *Store) Count(ctx context.Context, table string) (uint64, error) {
	return s.count(ctx, `SELECT count() FROM `+table)
}

// Rows returns what a statement of anybody's finds.
func (s *Store) Rows(ctx context.Context, statement string) ([][]any, error) {
	return query(ctx, s.pool, func(r driver.Rows) ([]any, error) {
		var row []any
		for _, c := range r.ColumnTypes() {
			row = append(row, reflect.New(c.ScanType()).Interface())
		}
		err := r.Scan(row...)
		for i := range row {
			row[i] = reflect.ValueOf(row[i]).Elem().Interface()
		}
		return row, err
	}, statement)
}

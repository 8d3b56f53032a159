package clickhouse

import "context"

// Empty throws all rows away, and the mark.
func (s *Store) Empty(ctx context.Context) error {
	for _, table := range []string{"event", "observation", "mark"} {
		if err := s.pool.exec(ctx, `TRUNCATE TABLE `+table); err != nil {
			return err
		}
	}
	return nil
}

// Exec runs a statement as an operator would.
func (s *Store) Exec(ctx context.Context, statement string) error { return s.pool.exec(ctx, statement) }

// Count counts rows as they lie in the server's files.
func (s *Store) Count(ctx context.Context, table string) (uint64, error) {
	return s.count(ctx, `SELECT count() FROM `+table)
}

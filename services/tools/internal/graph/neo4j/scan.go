package neo4j

import (
	"context"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Scan implements sink.Target.
func (s *Store) Scan(ctx context.Context, t ledger.Table, after string, limit int) (ledger.Rows, string, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	switch t {
	case ledger.Entities:
		rows, next, err := scan(ctx, s, scanEntities, after, limit, "ref", decodeEntity)
		return ledger.Rows{Entities: rows}, next, err
	case ledger.Links:
		rows, next, err := scan(ctx, s, scanLinks, after, limit, "_key", decodeLink)
		return ledger.Rows{Links: rows}, next, err
	default:
		return ledger.Rows{}, "", nil
	}
}

// scan reads a page of lines in the order of a column, whose last value is the
// token: text that begins nothing comes after "".
func scan[T any](ctx context.Context, s *Store, cypher, after string, limit int, column string, decode func(record) (T, error)) ([]T, string, error) {
	found, err := s.server.read(ctx, cypher, record{"after": after, "limit": limit})
	if err != nil {
		return nil, "", err
	}
	rows := make([]T, 0, len(found))
	for _, r := range found {
		row, err := decode(r)
		if err != nil {
			return nil, "", err
		}
		rows = append(rows, row)
	}
	if len(found) < limit {
		return rows, "", nil
	}
	return rows, word(found[len(found)-1], column), nil
}

package neo4j

import (
	"context"
)

// sweepLimit is the most rows that are removed in one transaction, which the
// server holds in memory.
const sweepLimit = 5000

// Sweep implements sink.Target. One that is stopped has removed a part, and the
// next one goes on there. From its beginning no write up to number has any effect.
func (s *Store) Sweep(ctx context.Context, number uint64) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	if err := s.server.write(ctx, func(t *transaction) error {
		_, err := t.run(setSwept, record{"number": int64(number)})
		return err
	}); err != nil {
		return err
	}
	// Links first: a node that is still named stays, as a placeholder.
	for _, cypher := range []string{sweepLinks, sweepEntities, sweepBuried} {
		for {
			more, err := s.sweep(ctx, cypher, number)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// sweep removes a part, and reports whether there may be another one.
func (s *Store) sweep(ctx context.Context, cypher string, number uint64) (more bool, err error) {
	err = s.server.write(ctx, func(t *transaction) error {
		if _, err := t.run(lockMark, nil); err != nil {
			return err
		}
		found, err := t.run(cypher, record{"number": int64(number), "limit": sweepLimit})
		if err != nil {
			return err
		}
		more = len(found) == sweepLimit
		var left []string
		for _, r := range found {
			for _, name := range []string{"ref", "a", "b"} {
				if ref := word(r, name); ref != "" {
					left = append(left, ref)
				}
			}
		}
		return t.each(deletePlaceholders, "refs", sorted(left))
	})
	return more, err
}

package neo4j

import "context"

// Empty removes all that is in the database but the schema's constraints and indexes.
func (s *Store) Empty(ctx context.Context) error {
	_, err := s.server.once(ctx, 0, `MATCH (n) CALL { WITH n DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS`, nil)
	return err
}

// Ask runs a statement as somebody by hand would.
func (s *Store) Ask(ctx context.Context, cypher string) ([]map[string]any, error) {
	return s.server.once(ctx, 0, cypher, nil)
}

package neo4j

import (
	"context"

	driver "github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Empty removes all that is in the database but the schema's constraints and indexes.
func (s *Store) Empty(ctx context.Context) error {
	_, err := s.server.once(ctx, 0, `MATCH (n) CALL { WITH n DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS`, nil)
	return err
}

// Lose implements sinktest.Target.
func (s *Store) Lose(ctx context.Context, k ledger.Keys) error {
	var links []string
	for _, key := range k.Links {
		links = append(links, digest(key))
	}
	return s.server.write(ctx, func(t *transaction) error {
		if _, err := t.run(`MATCH ()-[l:LINKS]->() WHERE l._key IN $keys DELETE l`, record{"keys": links}); err != nil {
			return err
		}
		_, err := t.run(`MATCH (n:Entity) WHERE n.ref IN $refs DETACH DELETE n`, record{"refs": k.Entities})
		return err
	})
}

// Told is what a write fails with where the server answers with a code.
func Told(code, message string) error {
	return told((&server{}).failed(&driver.Neo4jError{Code: code, Msg: message}))
}

// Ask runs a statement as somebody by hand would.
func (s *Store) Ask(ctx context.Context, cypher string) ([]map[string]any, error) {
	return s.server.once(ctx, 0, cypher, nil)
}

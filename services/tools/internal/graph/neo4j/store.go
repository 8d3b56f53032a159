package neo4j

import (
	"context"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// Word is what answers call this store.
const Word ledger.Sink = "neo4j"

// boundTime is how long a method takes at most without a deadline of the caller's.
const boundTime = 4500 * time.Millisecond

// Options of a Store. The zero value is good.
type Options struct{}

// Store is a Neo4j server that follows the ledger. It is safe for concurrent use.
type Store struct {
	server *server
}

var (
	_ sink.Target = (*Store)(nil)
	_ graph.Graph = (*Store)(nil)
)

// Open takes the settings NEO4J_URI (bolt, bolt+s, bolt+ssc, neo4j, neo4j+s or
// neo4j+ssc; a path names a database), NEO4J_USER and NEO4J_PASSWORD (both "":
// the server asks nobody who they are). It connects to nothing: the first
// question does, and each one tries again. It fails for settings that can't be right.
func Open(uri, user, password string, _ Options) (*Store, error) {
	s, err := connect(uri, user, password)
	if err != nil {
		return nil, err
	}
	return &Store{server: s}, nil
}

// Sink returns "neo4j".
func (s *Store) Sink() ledger.Sink { return Word }

// Tables returns entities and links.
func (s *Store) Tables() []ledger.Table { return []ledger.Table{ledger.Entities, ledger.Links} }

// Ping fails when the server can't be asked.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	_, err := s.server.read(ctx, `RETURN 1`, nil)
	return err
}

// Close closes the connections.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), boundTime)
	defer cancel()
	return s.server.close(ctx)
}

// bounded gives a deadline to who has none.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, boundTime)
}

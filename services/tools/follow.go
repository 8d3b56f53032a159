package tools

import (
	"cmp"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/clickhouse"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/neo4j"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/memory"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// follower is a ledger that stores follow.
type follower interface {
	memory.Ledger
	ledger.Outbox
	Subscribe() (wake <-chan struct{}, cancel func())
}

// newMemory opens the stores that the settings name. It connects to none: they
// may all be down.
func newMemory(cfg Config, store follower, owner ledger.Owner, log *slog.Logger, now func() time.Time) (*memory.Memory, error) {
	m, err := openStores(cfg, func(target sink.Target, setting string) *sink.Worker {
		return sink.New(sink.Options{
			Outbox: store, Target: target, Owner: owner, Setting: setting, Subscribe: store.Subscribe, Now: now,
			Random: rand.Float64, //nolint:forbidigo // where randomness comes from: whoever embeds the service has none to choose
			Log:    log,
		})
	})
	if err == nil {
		m.Ledger = store
	}
	return m, err
}

// openStores leaves the worker of each to its caller; nil for one that nobody runs.
func openStores(cfg Config, worker func(sink.Target, string) *sink.Worker) (*memory.Memory, error) {
	if worker == nil {
		worker = func(t sink.Target, setting string) *sink.Worker {
			return sink.New(sink.Options{Target: t, Setting: setting})
		}
	}
	m := &memory.Memory{}
	if cfg.ClickHouseURL != "" {
		s, err := clickhouse.Open(cfg.ClickHouseURL, clickhouse.Options{})
		if err != nil {
			return nil, errors.Join(err, m.Close())
		}
		m.Stores = append(m.Stores, memory.Store{Worker: worker(s, clickhouse.Setting), Facts: s})
	}
	if cfg.Neo4jURI != "" {
		user := cfg.Neo4jUser
		if cfg.Neo4jPassword != "" {
			user = cmp.Or(user, "neo4j")
		}
		s, err := neo4j.Open(cfg.Neo4jURI, user, cfg.Neo4jPassword, neo4j.Options{})
		if err != nil {
			return nil, errors.Join(err, m.Close())
		}
		m.Stores = append(m.Stores, memory.Store{Worker: worker(s, "NEO4J_URI"), Graph: s})
	}
	return m, nil
}

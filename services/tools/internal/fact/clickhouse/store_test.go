package clickhouse_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/clickhouse"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/facttest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

// patience is for machines that have much else to do.
const patience = 60 * time.Second

// open opens a store in a database of the test's own, prepared.
func open(t testing.TB) *clickhouse.Store {
	t.Helper()
	s := reopen(t, testkit.ClickHouse(t))
	prepare(t, s)
	return s
}

func prepare(t testing.TB, s *clickhouse.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := s.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
}

func reopen(t testing.TB, address string) *clickhouse.Store {
	t.Helper()
	s, err := clickhouse.Open(address, clickhouse.Patient())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// facts opens one store, and empties it for each entry of the suite.
func facts(t *testing.T) facttest.Opener {
	s := open(t)
	var n uint64
	return func(t testing.TB) facttest.Store {
		if err := s.Empty(t.Context()); err != nil {
			t.Fatal(err)
		}
		return facttest.Store{Facts: s, Load: func(ctx context.Context, rows []fact.Observed) error {
			n++
			return s.Write(ctx, sink.Writing{Mark: sink.Mark{Ledger: "a", Number: n}, Rows: ledger.Rows{Observations: rows}})
		}}
	}
}

// That each entry can fail is shown on SQLite, of sinktest on its store in memory:
// what breaks the store is the same there, and each question costs less.
func TestFacts(t *testing.T) { facttest.Run(t, facts(t)) }

// targets opens one database a name: at most one at a time is asked for.
func targets(t *testing.T) sinktest.Opener {
	address, current := testkit.ClickHouse(t), ""
	reader := reopen(t, address)
	prepare(t, reader)
	return func(t testing.TB, name string) sinktest.Target {
		if name != current {
			if err := reader.Empty(t.Context()); err != nil {
				t.Fatal(err)
			}
			current = name
		}
		s, err := clickhouse.Open(address, clickhouse.Patient())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestTarget(t *testing.T) { sinktest.Run(t, targets(t)) }

package clickhouse_test

import (
	"context"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/clickhouse"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/facttest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// open opens a store in a database of the test's own, prepared.
func open(t testing.TB) *clickhouse.Store {
	t.Helper()
	s := reopen(t, testkit.ClickHouse(t))
	if _, err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func reopen(t testing.TB, address string) *clickhouse.Store {
	t.Helper()
	s, err := clickhouse.Open(address, clickhouse.Options{})
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

func TestFacts(t *testing.T) { facttest.Run(t, facts(t)) }

func TestBrokenFacts(t *testing.T) { facttest.RunBroken(t, facts(t)) }

package postgres_test

import (
	"sync"
	"testing"
	"time"

	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/graphtest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/ledgertest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

// opener makes a schema for each place.
func opener(groupLimit int) ledgertest.Opener {
	var mu sync.Mutex
	databases := make(map[string]string)
	return func(t testing.TB, place string, now func() time.Time) ledgertest.Ledger {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if databases[place] == "" {
			databases[place] = kit.Schema(t)
		}
		s, err := postgres.New(databases[place], postgres.Options{Now: now, GroupLimit: groupLimit})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestLedger(t *testing.T) { ledgertest.Run(t, opener(0)) }

func TestLedgerWithoutGroups(t *testing.T) { ledgertest.Run(t, opener(1)) }

func TestBrokenLedger(t *testing.T) { ledgertest.RunBroken(t, opener(0)) }

func openGraph() graphtest.Opener {
	open := opener(0)
	return func(t testing.TB) graphtest.Store {
		s := open(t, t.TempDir(), time.Now)
		t.Cleanup(func() { _ = s.Close() })
		return graphtest.Store{Graph: s, Load: graphtest.LoadLedger(s)}
	}
}

func TestGraph(t *testing.T) { graphtest.Run(t, openGraph()) }

func TestBrokenGraph(t *testing.T) { graphtest.RunBroken(t, openGraph()) }

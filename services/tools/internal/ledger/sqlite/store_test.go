package sqlite_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/facttest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/graphtest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/ledgertest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
)

func opener(groupLimit int) ledgertest.Opener {
	return func(t testing.TB, place string, now func() time.Time) ledgertest.Ledger {
		t.Helper()
		s, err := sqlite.Open(t.Context(), filepath.Join(place, "ledger.db"), sqlite.Options{Now: now, GroupLimit: groupLimit})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// TestMain lets all suites wait at a time, however few cores there are.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// The suites wait for the disk most of the time, and each ledger has a file of its own:
// they run side by side.

func TestLedger(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, opener(0))
}

func TestLedgerWithoutGroups(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, opener(1))
}

func TestBrokenLedger(t *testing.T) {
	t.Parallel()
	ledgertest.RunBroken(t, opener(0))
}

func openGraph(t testing.TB) graphtest.Store {
	s := opener(0)(t, t.TempDir(), time.Now)
	t.Cleanup(func() { _ = s.Close() })
	return graphtest.Store{Graph: s, Load: graphtest.LoadLedger(s)}
}

func TestGraph(t *testing.T) { graphtest.Run(t, openGraph) }

func TestBrokenGraph(t *testing.T) { graphtest.RunBroken(t, openGraph) }

func openFacts(t testing.TB) facttest.Store {
	s := opener(0)(t, t.TempDir(), time.Now)
	t.Cleanup(func() { _ = s.Close() })
	return facttest.Store{Facts: s, Load: facttest.LoadLedger(s)}
}

func TestFacts(t *testing.T) { facttest.Run(t, openFacts) }

func TestBrokenFacts(t *testing.T) { facttest.RunBroken(t, openFacts) }

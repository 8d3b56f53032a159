package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/facttest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/graphtest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/ledgertest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

// ledgers makes a ledger at each call: its tables are copies of those that migrations
// made once. Other tests migrate.
func ledgers(t testing.TB) func(t testing.TB) string {
	t.Helper()
	template := kit.Database(t)
	s, err := postgres.New(template, postgres.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Start(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	return func(t testing.TB) string {
		t.Helper()
		dsn := kit.Copy(t, template)
		run(t, dsn, "UPDATE ledger SET id = replace(gen_random_uuid()::text, '-', '')") // No two have the same name.
		return dsn
	}
}

// opener makes a ledger for each place.
func opener(t testing.TB, groupLimit int) ledgertest.Opener {
	t.Helper()
	ledger := ledgers(t)
	var mu sync.Mutex
	databases := make(map[string]string)
	return func(t testing.TB, place string, now func() time.Time) ledgertest.Ledger {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if databases[place] == "" {
			databases[place] = ledger(t)
		}
		s, err := postgres.New(databases[place], postgres.Options{Now: now, GroupLimit: groupLimit})
		if err != nil {
			t.Fatal(err)
		}
		return &settled{s, connect(t, databases[place])}
	}
}

// settled reads the outbox once no transaction of others on this server holds it
// back: the suite expects to read at once what was committed.
type settled struct {
	ledgertest.Ledger
	beside *pgx.Conn
}

func (s *settled) settle(ctx context.Context) error {
	var last int64
	if err := s.beside.QueryRow(ctx, "SELECT coalesce(max(seq), 0) FROM entry").Scan(&last); err != nil {
		return err
	}
	for free := false; !free; {
		if err := s.beside.QueryRow(ctx, "SELECT coalesce(max(xid), '0') < pg_snapshot_xmin(pg_current_snapshot()) FROM entry WHERE seq <= $1", last).Scan(&free); err != nil {
			return err
		}
	}
	return nil
}

// Fix implements ledger.Outbox.
func (s *settled) Fix(ctx context.Context, name ledger.Sink, owner ledger.Owner, limit int) (ledger.Batch, error) {
	_ = s.settle(ctx) // Before the schema is there is nothing to wait for.
	return s.Ledger.Fix(ctx, name, owner, limit)
}

// Changed implements ledger.Ledger.
func (s *settled) Changed(ctx context.Context, cursor int64, limit int) ([]ledger.Stored, int64, error) {
	_ = s.settle(ctx)
	return s.Ledger.Changed(ctx, cursor, limit)
}

func TestLedger(t *testing.T) {
	ledgertest.Run(t, opener(t, 0))
}

func TestLedgerWithoutGroups(t *testing.T) {
	ledgertest.Run(t, opener(t, 1))
}

func TestBrokenLedger(t *testing.T) {
	ledgertest.RunBroken(t, opener(t, 0))
}

func openGraph(t testing.TB) graphtest.Opener {
	t.Helper()
	open := opener(t, 0)
	return func(t testing.TB) graphtest.Store {
		s := open(t, t.TempDir(), time.Now)
		t.Cleanup(func() { _ = s.Close() })
		return graphtest.Store{Graph: s, Load: graphtest.LoadLedger(s)}
	}
}

func TestGraph(t *testing.T) { graphtest.Run(t, openGraph(t)) }

func TestBrokenGraph(t *testing.T) { graphtest.RunBroken(t, openGraph(t)) }

func openFacts(t testing.TB) facttest.Opener {
	t.Helper()
	open := opener(t, 0)
	return func(t testing.TB) facttest.Store {
		s := open(t, t.TempDir(), time.Now)
		t.Cleanup(func() { _ = s.Close() })
		return facttest.Store{Facts: s, Load: facttest.LoadLedger(s)}
	}
}

func TestFacts(t *testing.T) { facttest.Run(t, openFacts(t)) }

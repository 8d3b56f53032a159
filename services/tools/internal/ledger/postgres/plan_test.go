package postgres_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

// What ran out is found by an index of its time: of 10,000 calls that were held back
// each look, every second, read every row.
func TestLooksDoNotReadAllThatIsOpen(t *testing.T) {
	planned(t, []string{"call_valid", "Index Cond: (valid_until <="}, postgres.Expired, int64(1))
}

// Every event of a source that we act at asks what was made of late.
func TestWhatWasMadeIsAskedByItsTime(t *testing.T) {
	planned(t, []string{"call_made", "GREATEST(planned_at, not_after) >="}, postgres.MadeOf, []string{"a"}, int64(1), []string{"b"}, int64(9))
}

// planned holds a statement to an index.
func planned(t *testing.T, want []string, statement string, args ...any) {
	t.Helper()
	database := kit.Schema(t)
	if _, err := open(t, database, postgres.Options{}).ID(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, database)
	if _, err := conn.Exec(t.Context(), `SET enable_seqscan = off`); err != nil { // Of an empty table it is cheaper.
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), `EXPLAIN `+statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(plan, "\n")
	for _, part := range want {
		if !strings.Contains(got, part) {
			t.Errorf("the plan lacks %s:\n%s", part, got)
		}
	}
}

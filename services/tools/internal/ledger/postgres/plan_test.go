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
	database := kit.Schema(t)
	if _, err := open(t, database, postgres.Options{}).ID(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, database)
	if _, err := conn.Exec(t.Context(), `SET enable_seqscan = off`); err != nil { // Of an empty table it is cheaper.
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), `EXPLAIN `+postgres.Expired, int64(1))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(plan, "\n"); !strings.Contains(got, "call_valid") || !strings.Contains(got, "Index Cond: (valid_until <=") {
		t.Errorf("the plan is\n%s", got)
	}
}

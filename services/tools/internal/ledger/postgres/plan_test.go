package postgres_test

import (
	"encoding/json"
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

// How far a sink is behind is asked about once a second, and the more often the
// longer its store is away: of a million entries that waited each was looked at.
func TestLagDoesNotReadAllThatWaits(t *testing.T) {
	database := kit.Schema(t)
	if _, err := open(t, database, postgres.Options{}).ID(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, database)
	// Of a transaction long before all that others have open here.
	if _, err := conn.Exec(t.Context(), `INSERT INTO entry (seq, xid, run, kind, at) SELECT n, '5', 1, 'changed', 1 FROM generate_series(1, 50000) AS n`); err != nil {
		t.Fatal(err)
	}
	var said []byte
	if err := conn.QueryRow(t.Context(), `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) `+postgres.Blocker, "0", int64(0)).Scan(&said); err != nil {
		t.Fatal(err)
	}
	var explained []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	if err := json.Unmarshal(said, &explained); err != nil {
		t.Fatal(err)
	}
	// The entries' index has 170 blocks or more.
	if blocks := explained[0].Plan.Hit + explained[0].Plan.Read; blocks > 30 {
		t.Errorf("%d blocks were read:\n%s", blocks, said)
	}
}

// Looking at the last entry tells what looking at each does.
func TestLastEntryTellsWhetherAnyIsHeldBack(t *testing.T) {
	database := kit.Schema(t)
	if _, err := open(t, database, postgres.Options{}).ID(t.Context()); err != nil {
		t.Fatal(err)
	}
	const (
		readable = `INSERT INTO entry (seq, xid, run, kind, at) VALUES (1, '5', 1, 'changed', 1), (7, '6', 1, 'changed', 1), (3, '6', 1, 'changed', 1)`
		// By a transaction that is open, with a number below those that are readable.
		open = `INSERT INTO entry (seq, run, kind, at) VALUES (2, 1, 'changed', 1)`
	)
	for name, statements := range map[string][]string{"none": nil, "all can be read": {readable}, "none can": {open}, "one can't": {readable, open}} {
		conn := connect(t, database)
		for _, statement := range append([]string{"BEGIN"}, statements...) {
			if _, err := conn.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		held := 0
		for _, at := range []struct {
			xid string
			seq int64
		}{{"0", 0}, {"5", 1}, {"6", 3}, {"6", 7}, {"6", 9}, {"7", 0}, {"18446744073709551615", 0}} {
			var got, want bool
			if err := conn.QueryRow(t.Context(), postgres.HeldBack, at.xid, at.seq).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if err := conn.QueryRow(t.Context(), postgres.AnyHeldBack, at.xid, at.seq).Scan(&want); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s: after %v: %v, want %v", name, at, got, want)
			}
			if want {
				held++
			}
		}
		if wanted := map[bool]int{true: 6}[strings.HasSuffix(name, "can't") || name == "none can"]; held != wanted {
			t.Errorf("%s: held back after %d positions, want %d: this tests nothing", name, held, wanted)
		}
		if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
	}
}

package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
)

// What is looked for every second is found by an index that begins with what is asked:
// of 10,000 calls that were held back each look read every row, to find that none had run out.
func TestLooksDoNotReadAllThatIsOpen(t *testing.T) {
	due, expired := sqlite.Looks()
	planned(t, due, "call_open (next_at<?)", 1, 1, "[]", "")
	planned(t, expired, "call_valid (valid_until<?)", 1, 1)
}

// Budgets are counted by the one writer: of a flood it would read all that was refused.
func TestBudgetsAreCountedOfWhatCounts(t *testing.T) {
	byActor, inPlace := sqlite.Spending()
	planned(t, byActor, "call_spent_actor (actor=? AND planned_at>?)", "a", 1, "", 9)
	planned(t, inPlace, "call_spent_place (place=? AND planned_at>?)", "p", 1, "", 9)
}

// Every event of a source that we act at asks what was made of late.
func TestWhatWasMadeIsAskedByItsTime(t *testing.T) {
	planned(t, sqlite.Made(), "call_made (target=? AND <expr>>?)", "[]", 1, "[]", 9)
}

// planned holds a statement to an index.
func planned(t *testing.T, statement, index string, args ...any) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	open(t, path, 0)
	rows, err := raw(t, path).QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(plan, "\n"); !strings.Contains(got, "SEARCH call USING INDEX "+index) {
		t.Errorf("the plan lacks %s:\n%s", index, got)
	}
}

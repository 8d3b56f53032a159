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
	path := filepath.Join(t.TempDir(), "ledger.db")
	open(t, path, 0)
	due, expired := sqlite.Looks()
	for statement, index := range map[string]string{due: "call_open (next_at<?)", expired: "call_valid (valid_until<?)"} {
		rows, err := raw(t, path).QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, 1, 1, "[]", "")
		if err != nil {
			t.Fatal(err)
		}
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
		_ = rows.Close()
		if got := strings.Join(plan, "\n"); !strings.Contains(got, "SEARCH call USING INDEX "+index) {
			t.Errorf("the plan lacks %s:\n%s", index, got)
		}
	}
}

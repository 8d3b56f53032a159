package clickhouse_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/clickhouse"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// A batch that comes twice costs nothing: the server knows it by its token. One
// that has other rows by now is written.
func TestRepeatedBatchIsTakenOnce(t *testing.T) {
	s := open(t)
	rows := func() uint64 {
		t.Helper()
		n, err := s.Count(t.Context(), "observation")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := s.Exec(t.Context(), `SYSTEM STOP MERGES observation`); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.Write(t.Context(), observing(1, observed("a", "v"), observed("b", "v"))); err != nil {
			t.Fatal(err)
		}
	}
	if n := rows(); n != 2 {
		t.Errorf("%d rows in the files after the same batch thrice, want 2", n)
	}
	if err := s.Write(t.Context(), observing(1, observed("a", "other"), observed("b", "v"))); err != nil {
		t.Fatal(err)
	}
	if seen, err := s.Timeline(t.Context(), "a", 5); err != nil || len(seen) != 1 || seen[0].Value != "other" {
		t.Errorf("%v, %v", seen, err)
	}
}

// A store that somebody emptied takes the same batch again.
func TestEmptiedStoreForgetsItsTokens(t *testing.T) {
	s := open(t)
	for range 2 {
		if err := s.Write(t.Context(), observing(1, observed("a", "v"))); err != nil {
			t.Fatal(err)
		}
		if seen, err := s.Timeline(t.Context(), "a", 5); err != nil || len(seen) != 1 {
			t.Fatalf("%v, %v", seen, err)
		}
		if err := s.Empty(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// What was forgotten doesn't lie about in the server's files.
func TestForgottenRowsAreErased(t *testing.T) {
	s := open(t)
	w := observing(1, observed("a", "private"), observed("b", "stays"))
	w.Rows.Events = []ledger.EventRow{{ID: "1"}, {ID: "2"}}
	if err := s.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	gone := sink.Writing{Mark: sink.Mark{Ledger: "a", Number: 2}, Gone: ledger.Keys{
		Events: []string{"1"}, Observations: []ledger.ObservationKey{{Subject: "a", Name: "name", SubKey: "1"}},
	}}
	if err := s.Write(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	wantErased(t, s, `observation WHERE value = 'private'`, `event WHERE id = '1' AND gone = 0`)
	if seen, err := s.Timeline(t.Context(), "b", 5); err != nil || len(seen) != 1 {
		t.Errorf("%v, %v", seen, err)
	}
}

// A person who was forgotten stayed in earlier versions of rows that had lost
// the name, to whoever asked without FINAL.
func TestEarlierVersionsAreErased(t *testing.T) {
	s := open(t)
	for number, value := range map[uint64]string{1: "private", 2: ""} {
		if err := s.Write(t.Context(), observing(number, observed("a", value))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Erase(t.Context(), ledger.Keys{Observations: []ledger.ObservationKey{{Subject: "a", Name: "name", SubKey: "1"}}}, 2); err != nil {
		t.Fatal(err)
	}
	wantErased(t, s, `observation WHERE value = 'private'`)
	if seen, err := s.Timeline(t.Context(), "a", 5); err != nil || len(seen) != 1 || seen[0].Value != "" {
		t.Errorf("%v, %v", seen, err)
	}
}

// wantErased waits for rows to be gone from the server's files.
func wantErased(t *testing.T, s *clickhouse.Store, rows ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for _, left := range rows {
		for {
			n, err := s.Count(ctx, left)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			select {
			case <-look.C:
			case <-ctx.Done():
				t.Fatalf("still there: %s", left)
			}
		}
	}
}

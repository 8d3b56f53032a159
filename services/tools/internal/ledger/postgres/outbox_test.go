package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

const sink ledger.Sink = "clickhouse"

func hold(t *testing.T, s *postgres.Store) ledger.Cursor {
	t.Helper()
	cursor, held, err := s.Hold(t.Context(), sink, "us", time.Minute)
	if err != nil || !held {
		t.Fatalf("held %v, %v", held, err)
	}
	return cursor
}

func fix(t *testing.T, s *postgres.Store) ledger.Batch {
	t.Helper()
	b, err := s.Fix(t.Context(), sink, "us", 100)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A transaction that is open for long and commits late is not passed over: what
// came after it waits, and Lag says for whom.
func TestLateCommitIsNotLost(t *testing.T) {
	dsn := kit.Schema(t)
	s := open(t, dsn, postgres.Options{})
	if _, err := s.Open(t.Context(), opening(1)); err != nil {
		t.Fatal(err)
	}
	hold(t, s)
	eventually(t, func() error { // Others use the server too.
		b := fix(t, s)
		if len(b.Entries) != 1 {
			return fmt.Errorf("%d entries before", len(b.Entries))
		}
		return s.Confirm(t.Context(), sink, "us", b.Number)
	})
	late := connect(t, dsn+"&application_name=late")
	for _, statement := range []string{"BEGIN", "INSERT INTO entry (seq, run, kind, at) VALUES (nextval('entry_seq'), 1, 'changed', 1)"} {
		if _, err := late.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Open(t.Context(), opening(2)); err != nil {
		t.Fatal(err)
	}
	_, cursor, err := s.Changed(t.Context(), -1, 10)
	if err != nil {
		t.Fatal(err)
	}
	if b := fix(t, s); len(b.Entries) != 0 {
		t.Errorf("%d entries were read before the one that is still to be committed", len(b.Entries))
	}
	eventually(t, func() error {
		lag, err := s.Lag(t.Context(), sink)
		if err == nil && (lag.Entries != 1 || !strings.Contains(lag.Blocker, "late") || lag.BlockerSince.IsZero()) {
			err = fmt.Errorf("lag %+v; want one entry, held back by the session called late", lag)
		}
		return err
	})
	if _, err := late.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if runs, _, err := s.Changed(t.Context(), cursor, 10); err != nil {
			return err
		} else if len(runs) != 2 {
			return fmt.Errorf("a watcher is told %d changes, want 2", len(runs))
		}
		if b := fix(t, s); len(b.Entries) != 2 || b.Entries[0].Kind != "changed" || b.Entries[1].Kind != "opened" {
			return fmt.Errorf("after the late commit: %+v", b.Entries)
		}
		return nil
	})
	if lag, err := s.Lag(t.Context(), sink); err != nil || lag.Blocker != "" {
		t.Errorf("afterwards held back by %q, %v", lag.Blocker, err)
	}
}

// A ledger that was dumped and restored in another cluster, where transactions are
// numbered lower, loses no entry and orders them as they were.
func TestRestoredLedgerIsFollowedOn(t *testing.T) {
	dsn := kit.Schema(t)
	s := open(t, dsn, postgres.Options{})
	for n := range 4 {
		if _, err := s.Open(t.Context(), opening(n)); err != nil {
			t.Fatal(err)
		}
	}
	hold(t, s)
	eventually(t, func() error {
		b, err := s.Fix(t.Context(), sink, "us", 2)
		if err == nil && len(b.Entries) != 2 {
			err = fmt.Errorf("%d entries", len(b.Entries))
		}
		if err != nil {
			return err
		}
		return s.Confirm(t.Context(), sink, "us", b.Number)
	})
	// What a restore leaves: numbers far above those of the cluster it lies in now.
	for _, statement := range []string{
		"UPDATE entry SET xid = ((xid::text::bigint) + 1000000000)::text::xid8",
		"UPDATE sink SET at_xid = ((at_xid::text::bigint) + 1000000000)::text::xid8",
		"UPDATE ledger SET era = 'another cluster'",
	} {
		run(t, dsn, statement)
	}
	// A process that was connected all the while notices, and so does a new one.
	if _, _, err := s.Hold(t.Context(), sink, "us", time.Minute); err == nil {
		t.Error("an outbox of another cluster's numbers is read")
	}
	again := open(t, dsn, postgres.Options{})
	if _, err := again.Open(t.Context(), opening(9)); err != nil {
		t.Fatal(err)
	}
	for _, store := range []*postgres.Store{s, again} {
		eventually(t, func() error {
			_, held, err := store.Hold(t.Context(), sink, "us", time.Minute)
			if err == nil && !held {
				err = fmt.Errorf("not held")
			}
			return err
		})
	}
	var events []string
	eventually(t, func() error {
		b := fix(t, again)
		for _, e := range b.Entries {
			events = append(events, strings.TrimLeft(e.EventID[len(e.EventID)-3:], "0"))
		}
		if len(b.Entries) > 0 {
			if err := again.Confirm(t.Context(), sink, "us", b.Number); err != nil {
				return err
			}
		}
		if got := strings.Join(events, " "); got != "2 3 9" {
			return fmt.Errorf("entries of events %q, want 2 3 9", got)
		}
		return nil
	})
}

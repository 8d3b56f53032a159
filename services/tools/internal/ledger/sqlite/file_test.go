package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func open(t testing.TB, path string, groupLimit int) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: time.Now, GroupLimit: groupLimit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// raw opens the file beside the store, as another process would.
func raw(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func execute(t *testing.T, conn *sql.Conn, statement string) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// opening is of the size of a real one: a pull request that names an issue.
func opening(n int) ledger.Opening {
	at := time.Date(2026, 3, 1, 12, 0, n, 0, time.UTC)
	ref, repo, issue := fmt.Sprintf("github:pr:acme/api#%d", n), "github:repo:acme/api", fmt.Sprintf("jira:issue:ACME-%d", n%100+1)
	e := &eventv1.WebhookEvent{
		Id: fmt.Sprintf("10000000-0000-4000-8000-%012d", n), DedupKey: strings.Repeat("ab", 32), Source: "github", Kind: "change.merged",
		Type: "pull_request", Action: "closed", Ref: ref, NativeId: fmt.Sprint(n), Place: repo, Visibility: "private",
		Actor: &eventv1.Account{Id: "7", Login: "ana", Type: "User"}, OccurredAt: timestamppb.New(at), ReceivedAt: timestamppb.New(at),
		Text: &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Value: "ACME-7 more tea"}, {Where: "body", Value: strings.Repeat("text ", 100)}}},
	}
	v := project.Version{At: at, KindRank: 4, EventID: e.GetId()}
	var attributes []project.Attribute
	for _, name := range []string{"number", "url", "state", "draft", "merged", "base", "head", "head_sha", "merge_commit_sha", "labels"} {
		attributes = append(attributes, project.Attribute{Name: name, Value: "value of " + name, Version: v})
	}
	return ledger.Opening{
		Run: ledger.RunID(fmt.Sprintf("20000000-0000-4000-8000-%012d", n)), Event: e, Body: make([]byte, 2300), Authn: "signature",
		Delivery: &eventv1.Delivery{DeliveryId: fmt.Sprintf("30000000-0000-4000-8000-%012d", n), ReceivedAt: e.GetReceivedAt()},
		Delta: project.Delta{
			Entities: []project.Entity{
				{Ref: ref, Kind: "change", NativeID: fmt.Sprint(n), Place: repo, Attributes: attributes},
				{Ref: repo, Kind: "repository", Attributes: []project.Attribute{{Name: "visibility", Value: "private", Version: v}}},
				{Ref: "github:user:ana", Kind: "person", NativeID: "7", Attributes: []project.Attribute{{Name: "login", Value: "ana", Version: v}}},
				{Ref: issue, Kind: "issue", Stub: true},
			},
			Links:        []project.Link{{From: ref, To: issue, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: "title", Author: e.GetActor(), At: at}},
			Observations: []project.Observation{{Subject: ref, Name: e.GetKind(), SubKey: "sha", At: at, Value: "sha"}},
		},
		Links: []*toolsv1.Link{{Kind: "issue", Ref: issue, Where: "title", Rule: "issue_key", Confidence: "likely", Target: true, Confirmed: true}},
		Owner: "owner", Lease: 20 * time.Second,
	}
}

func TestFilesAreTheirOwners(t *testing.T) {
	// A name that means something to an URI.
	path := filepath.Join(t.TempDir(), "data", "100% a?b#c.db")
	s := open(t, path, 0)
	if _, err := s.Open(t.Context(), opening(1)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(name), got, want)
		}
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	for _, tc := range []struct{ name, statement, want string }{
		{"newer schema", "PRAGMA user_version = 1000", "schema version 1000"},
		{"another program's", "PRAGMA application_id = 1", "no ledger"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			s := open(t, path, 0)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			execute(t, raw(t, path), tc.statement)
			_, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: time.Now})
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want an error with %q and the path", err, tc.want)
			}
		})
	}
	t.Run("no database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ledger.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("a text file\n", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: time.Now}); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	})
}

// A ledger of the first version keeps what it holds and gets what is new.
func TestOlderFileIsBroughtUpToDate(t *testing.T) {
	path, fresh := filepath.Join(t.TempDir(), "ledger.db"), filepath.Join(t.TempDir(), "ledger.db")
	first, err := os.ReadFile(filepath.Join("schema", "1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	old := raw(t, path)
	execute(t, old, string(first))
	execute(t, old, "PRAGMA application_id = 0x53777964; PRAGMA user_version = 1")
	execute(t, old, "INSERT INTO entity (ref, seen, kind, native_id, place, at, rank, event_id, texts, attributes) VALUES ('jira:issue:ACME-7', 1, '', '', '', 0, 0, '', '{}', '{}')")
	execute(t, old, "INSERT INTO link (from_ref, stood, to_ref, kind, rule, confidence, first_at, last_at, event_id) VALUES ('jira:issue:ACME-7', '', 'a', '', '', '', 1, 1, 'e')")
	execute(t, old, "INSERT INTO observation (subject, name, sub_key, at, value, event_id) VALUES ('jira:issue:ACME-7', 'n', '', 1, 'v', 'e')")
	for range 2 {
		s := open(t, path, 0)
		if seen, err := s.Timeline(t.Context(), "jira:issue:ACME-7", 10); err != nil || len(seen) != 1 {
			t.Fatalf("what was there: %v, %v", seen, err)
		}
		known, err := s.Known(t.Context(), "jira:issue:ACME-7", []string{"jira:issue:ACME-7"})
		if err != nil || len(known.Links) != 1 || known.Links[0].Authn != ledger.Signature || !known.Seen["jira:issue:ACME-7"] {
			t.Fatalf("what was known: %v, %v", known, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open(t, fresh, 0)
	if diff := cmp.Diff(schemaOf(t, raw(t, fresh)), schemaOf(t, raw(t, path))); diff != "" {
		t.Error(diff)
	}
}

func schemaOf(t *testing.T, conn *sql.Conn) (lines []string) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), "SELECT coalesce(sql, name) FROM sqlite_schema UNION ALL SELECT user_version FROM pragma_user_version ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// A failed operation takes nobody with it that shares its commit.
func TestGroupIsolatesFailures(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "ledger.db"), 0)
	var wg sync.WaitGroup
	for n := range 64 {
		wg.Go(func() {
			if n%2 == 0 {
				if _, err := s.Open(t.Context(), opening(n)); err != nil {
					t.Errorf("open: %v", err)
				}
				return
			}
			o := opening(1000 + n)
			o.Run = "the same" // All but one violate a constraint, after rows were written.
			if _, err := s.Open(t.Context(), o); errors.Is(err, ledger.ErrUnavailable) {
				t.Errorf("wrong data is blamed on the store: %v", err)
			}
		})
	}
	wg.Wait()
	list, _, err := s.List(t.Context(), ledger.Query{Limit: 100})
	if err != nil || len(list) != 33 {
		t.Errorf("%d runs, %v; want 33", len(list), err)
	}
	var failed []string
	for n := 1; n < 64; n += 2 {
		failed = append(failed, opening(1000+n).Event.GetRef())
	}
	known, err := s.Known(t.Context(), "", failed)
	if err != nil || len(known.Seen) != 1 {
		t.Errorf("operations that failed left %v, %v; want one, of the one that didn't", known.Seen, err)
	}
}

// An operation that waits is dropped whole when its caller's time is over.
func TestWaitingOperationIsDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path, 0)
	other := raw(t, path)
	execute(t, other, "BEGIN IMMEDIATE") // Another process writes; our writer waits for it.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Open(ctx, opening(1))
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("got %v, want a deadline and nothing unknown", err)
	}
	execute(t, other, "ROLLBACK")
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, _, err := s.List(t.Context(), ledger.Query{Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("a dropped operation wrote %v, %v", list, err)
	}
}

// A result was read while the writer, whose commit its caller had given up, still wrote
// it. The race detector sees it.
func TestWhatWasGivenUpIsNotRead(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "ledger.db"), 0)
	for range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if cursor, held, err := s.Hold(ctx, "facts", "owner", time.Minute); err != nil && (held || cursor != (ledger.Cursor{})) {
			t.Fatalf("%v, %v with %v", cursor, held, err)
		}
		if wait, ok, err := s.Pace(ctx, "notion", 0, time.Minute); err != nil && (wait != 0 || ok) {
			t.Fatalf("%v, %v with %v", wait, ok, err)
		}
		cancel()
	}
}

func TestCloseAnswersEverybody(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "ledger.db"), 0)
	var wg sync.WaitGroup
	var durable atomic.Int32
	for n := range 64 {
		wg.Go(func() {
			_, err := s.Open(t.Context(), opening(n))
			if err == nil {
				durable.Add(1)
			} else if !errors.Is(err, ledger.ErrUnavailable) {
				t.Errorf("got %v, want ErrUnavailable", err)
			}
			if n == 0 {
				_ = s.Close()
			}
		})
	}
	wg.Wait()
	if durable.Load() == 0 {
		t.Error("nothing was written before the store was closed")
	}
}

func TestTwoProcessesShareOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	stores := []*sqlite.Store{open(t, path, 0), open(t, path, 0)}
	var created atomic.Int32
	var wg sync.WaitGroup
	for n := range 64 {
		wg.Go(func() {
			given := opening(1)
			given.Run = ledger.RunID(fmt.Sprint("run", n))
			o, err := stores[n%2].Open(t.Context(), given)
			if err != nil {
				t.Errorf("open: %v", err)
			}
			if o.Created {
				created.Add(1)
			}
		})
	}
	wg.Wait()
	if created.Load() != 1 {
		t.Errorf("%d processes made a run of one event", created.Load())
	}
}

func TestOutboxHasEveryDelta(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path, 0)
	given := opening(1)
	for range 2 { // A duplicate says nothing new.
		if _, err := s.Open(t.Context(), given); err != nil {
			t.Fatal(err)
		}
	}
	planned := project.Delta{Observations: []project.Observation{{Subject: "a:b:c", Name: "n", At: given.Event.GetOccurredAt().AsTime()}}}
	if _, err := s.Pin(t.Context(), ledger.Pinning{Run: given.Run, Delta: planned}); err != nil {
		t.Fatal(err)
	}
	rows, err := raw(t, path).QueryContext(t.Context(), "SELECT kind, delta FROM entry ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var kinds []string
	var deltas []project.Delta
	for rows.Next() {
		var kind string
		var b []byte
		if err := rows.Scan(&kind, &b); err != nil {
			t.Fatal(err)
		}
		d, _, err := ledger.DecodeDelta(b)
		if err != nil {
			t.Fatal(err)
		}
		kinds, deltas = append(kinds, kind), append(deltas, d)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"opened", "planned"}, kinds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]project.Delta{given.Delta, planned}, deltas, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

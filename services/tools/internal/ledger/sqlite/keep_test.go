package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/ledgertest"
)

// columns reads every column of every table, bodies unpacked, in small letters.
func columns(t *testing.T, conn *sql.Conn) map[string]string {
	t.Helper()
	tables := read(t, conn, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	all := make(map[string]string)
	for _, table := range tables {
		for _, column := range read(t, conn, `SELECT name FROM pragma_table_info('`+table+`')`) {
			values := read(t, conn, `SELECT coalesce(`+column+`, '') FROM `+table)
			for i, v := range values {
				if body, err := s2.Decode(nil, []byte(v)); err == nil && table == "event_body" && column == "body" {
					values[i] = string(body)
				}
			}
			all[table+"."+column] = strings.ToLower(strings.Join(values, "\n"))
		}
	}
	return all
}

func read(t *testing.T, conn *sql.Conn, query string) (list []string) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func marksIn(all map[string]string, marks []string) (found []string) {
	for where, text := range all {
		for _, mark := range marks {
			if strings.Contains(text, strings.ToLower(mark)) {
				found = append(found, where+" has "+mark)
			}
		}
	}
	return found
}

// What was forgotten is in no column of any table, nor in a byte of the files:
// not in free pages, and not in the write-ahead log.
func TestForgottenIsNowhereInTheFiles(t *testing.T) {
	for _, c := range []struct {
		ref   string
		marks []string
	}{{ledgertest.MarkedChange, ledgertest.ChangeMarks()}, {ledgertest.MarkedPerson, ledgertest.PersonMarks()}} {
		t.Run(c.ref, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			s := open(t, path, 0)
			fill(t, s, 200)
			if err := ledgertest.Mark(t.Context(), s, time.Now()); err != nil {
				t.Fatal(err)
			}
			conn := raw(t, path)
			if found := marksIn(columns(t, conn), c.marks); len(found) < 2*len(c.marks) {
				t.Fatalf("to begin with it is in %v only", found)
			}
			if _, err := s.Forget(t.Context(), c.ref, false, nil); err != nil {
				t.Fatal(err)
			}
			if found := marksIn(columns(t, conn), c.marks); len(found) > 0 {
				t.Errorf("%s", strings.Join(found, "\n"))
			}
			for _, suffix := range []string{"", "-wal"} {
				b, err := os.ReadFile(path + suffix)
				if err != nil {
					t.Fatal(err)
				}
				for _, mark := range c.marks {
					if i := bytes.Index(bytes.ToLower(b), []byte(strings.ToLower(mark))); i >= 0 {
						t.Errorf("%q is in the file %s at %d: %q", mark, filepath.Base(path)+suffix, i, b[max(0, i-60):min(len(b), i+60)])
					}
				}
			}
		})
	}
}

// A run that comes while bodies are removed, or a person is forgotten, waits a few
// milliseconds: the median is judged, since a shared machine's disk makes the slowest.
func TestRunsDoNotWaitForKeeping(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: fills a ledger")
	}
	s := open(t, filepath.Join(t.TempDir(), "ledger.db"), 0)
	const events = 500
	fill(t, s, events)
	alone := waits(t, s, 1_000_000, func() {})
	for i, work := range []struct {
		name string
		do   func() error
	}{
		{"prune", func() error {
			n, err := s.PruneBodies(t.Context(), time.Now().Add(time.Hour), events)
			if err == nil && n < events {
				err = fmt.Errorf("removed %d bodies", n)
			}
			return err
		}},
		{"forget", func() error { _, err := s.Forget(t.Context(), "github:user:ana", false, nil); return err }},
	} {
		done := make(chan error, 1)
		beside := waits(t, s, 1_000_000*(i+2), func() { done <- work.do() })
		if err := <-done; err != nil {
			t.Fatalf("%s: %v", work.name, err)
		}
		middle := func(list []time.Duration) time.Duration { return list[len(list)/2] }
		most := func(list []time.Duration) time.Duration { return list[len(list)*95/100] }
		t.Logf("%s: of %d runs beside it half took %v, 95%% took %v; alone %v and %v", work.name, len(beside), middle(beside), most(beside), middle(alone), most(alone))
		if middle(beside) > 3*middle(alone)+20*time.Millisecond {
			t.Errorf("%s: a run took %v, alone %v", work.name, middle(beside), middle(alone))
		}
	}
}

func fill(t *testing.T, s ledger.Ledger, events int) {
	t.Helper()
	failed := make(chan error, 16)
	for w := range 16 {
		go func() {
			for n := w; n < events; n += 16 {
				if _, err := s.Open(t.Context(), opening(n)); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range 16 {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
}

// waits opens runs, one after the other, while work is done, at least 50 of them,
// and returns how long each took, the shortest first.
func waits(t *testing.T, s ledger.Ledger, from int, work func()) (list []time.Duration) {
	t.Helper()
	ctx, done := context.WithCancel(t.Context())
	go func() {
		defer done()
		work()
	}()
	for n := 0; n < 50 || ctx.Err() == nil; n++ {
		began := time.Now()
		if _, err := s.Open(t.Context(), opening(from+n)); err != nil {
			t.Fatal(err)
		}
		list = append(list, time.Since(began))
	}
	slices.Sort(list)
	return list
}

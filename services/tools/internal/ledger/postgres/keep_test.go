package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/s2"

	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/ledgertest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

// columns reads every column of every table, bodies unpacked, in small letters.
func columns(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, column := range read(t, conn, `SELECT convert_to(table_name || '.' || column_name || '.' || data_type, 'UTF8') FROM information_schema.columns
		WHERE table_schema = current_schema()`) {
		parts := strings.Split(column, ".")
		value := parts[1]
		if parts[2] != "bytea" {
			value = `convert_to(` + value + `::text, 'UTF8')`
		}
		values := read(t, conn, `SELECT coalesce(`+value+`, '') FROM `+parts[0])
		for i, v := range values {
			if body, err := s2.Decode(nil, []byte(v)); err == nil && parts[0] == "event_body" && parts[1] == "body" {
				values[i] = string(body)
			}
		}
		all[parts[0]+"."+parts[1]] = strings.ToLower(strings.Join(values, "\n"))
	}
	return all
}

func read(t *testing.T, conn *pgx.Conn, query string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var b []byte
		err := row.Scan(&b)
		return string(b), err
	})
	if err != nil {
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

// marked is a ledger with all the ways in which a change and a person are named,
// and a connection beside it.
func marked(t *testing.T) (*postgres.Store, *pgx.Conn) {
	t.Helper()
	dsn := kit.Schema(t)
	s := open(t, dsn, postgres.Options{})
	if err := ledgertest.Mark(t.Context(), s, time.Now()); err != nil {
		t.Fatal(err)
	}
	return s, connect(t, dsn)
}

// What was forgotten is in no column of any table.
func TestForgottenIsInNoColumn(t *testing.T) {
	for _, c := range []struct {
		ref   string
		marks []string
	}{{ledgertest.MarkedChange, ledgertest.ChangeMarks()}, {ledgertest.MarkedPerson, ledgertest.PersonMarks()}} {
		t.Run(c.ref, func(t *testing.T) {
			s, conn := marked(t)
			if found := marksIn(columns(t, conn), c.marks); len(found) < 2*len(c.marks) {
				t.Fatalf("to begin with it is in %v only", found)
			}
			if _, err := s.Forget(t.Context(), c.ref, false, nil); err != nil {
				t.Fatal(err)
			}
			if found := marksIn(columns(t, conn), c.marks); len(found) > 0 {
				t.Errorf("%s", strings.Join(found, "\n"))
			}
		})
	}
}

// An event whose number was drawn before Forget began, and that is committed
// later, is forgotten too: no later one has a number below it.
func TestForgetWaitsForOpeningsUnderWay(t *testing.T) {
	s, conn := marked(t)
	// As an opening in another process does, which holds the name of its event.
	for _, statement := range []string{
		`BEGIN`,
		`SELECT pg_advisory_xact_lock(x'53777964'::integer, 7)`,
		`INSERT INTO event (seq, id, source, instance, received_at, event) SELECT nextval('event_seq'), 'late', source, instance, received_at, event FROM event WHERE seq = 1`,
		`INSERT INTO run SELECT currval('event_seq'), 'late', source, deliveries, lease_owner, lease_until, decided_at, records, facts, links, entry, opened, plan FROM run WHERE seq = 1`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.Forget(t.Context(), ledgertest.MarkedChange, false, nil)
		done <- err
	}()
	eventually(t, func() error {
		select {
		case err := <-done:
			done <- err
			return nil
		default:
		}
		var waits int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))`).Scan(&waits)
		if err == nil && waits == 0 {
			err = errors.New("nobody waits")
		}
		return err
	})
	if _, err := conn.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if found := marksIn(columns(t, conn), ledgertest.ChangeMarks()); len(found) > 0 {
		t.Errorf("%s", strings.Join(found, "\n"))
	}
}

// Two processes that forget, prune and open at once neither wait for each other in
// a circle nor leave anything.
func TestProcessesForgetAtOnce(t *testing.T) {
	stores := processes(t)
	const events = 60
	for n := range events {
		if _, err := stores[n%2].Open(t.Context(), opening(n)); err != nil {
			t.Fatal(err)
		}
	}
	work := []func() error{
		func() error { _, err := stores[0].Forget(t.Context(), "github:user:ana", false, nil); return err },
		func() error { _, err := stores[1].Forget(t.Context(), "github:repo:acme/api", false, nil); return err },
		func() error { _, err := stores[1].PruneBodies(t.Context(), time.Now(), events); return err },
	}
	for w := range 4 {
		work = append(work, func() error {
			for n := range 20 {
				given := opening(1000*(w+1) + n)
				if _, err := stores[w%2].Open(t.Context(), given); err != nil {
					return fmt.Errorf("open: %w", err)
				}
			}
			return nil
		})
	}
	failed := make(chan error, len(work))
	for _, f := range work {
		go func() { failed <- f() }()
	}
	for range work {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if _, err := stores[0].Forget(t.Context(), "github:repo:acme/api", false, nil); err != nil {
		t.Fatal(err)
	}
	rows, _, err := stores[0].Scan(t.Context(), ledger.Entities, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rows.Entities {
		if strings.Contains(e.Ref, "acme/api") {
			t.Errorf("%s is left", e.Ref)
		}
	}
}

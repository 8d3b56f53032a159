package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

func TestForeignDatabasesAreRefused(t *testing.T) {
	for _, tc := range []struct{ name, statement, want string }{
		{"newer schema", "INSERT INTO ledger_schema (version_id, is_applied) VALUES (1000, true)", "schema version 1000"},
		{"another program's", "DROP TABLE ledger_schema", "no ledger"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dsn := kit.Schema(t)
			if err := open(t, dsn, postgres.Options{}).Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			run(t, dsn, tc.statement)
			err := open(t, dsn, postgres.Options{}).Start(t.Context())
			if !errors.Is(err, postgres.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want ErrRefused with %q", err, tc.want)
			}
		})
	}
	t.Run("older, and not to be touched", func(t *testing.T) {
		err := open(t, kit.Schema(t), postgres.Options{Check: true}).Start(t.Context())
		if !errors.Is(err, postgres.ErrRefused) || !strings.Contains(err.Error(), "tools migrate") {
			t.Errorf("got %v, want ErrRefused with what to do", err)
		}
	})
}

func TestProcessesMigrateAtOnce(t *testing.T) {
	dsn := kit.Schema(t)
	var wg sync.WaitGroup
	for range 4 {
		s := open(t, dsn, postgres.Options{})
		wg.Go(func() {
			if err := s.Start(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A migration whose connection is lost in its middle leaves nothing, and runs again.
func TestMigrationStoppedHalfWayRunsAgain(t *testing.T) {
	dsn := kit.Schema(t)
	other := connect(t, dsn)
	// It has to wait for this name, after half of its tables.
	for _, statement := range []string{"BEGIN", "CREATE TABLE observation (n int)"} {
		if _, err := other.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dsn, postgres.Options{})
	failed := make(chan error, 1)
	go func() { failed <- s.Start(t.Context()) }()
	killer := connect(t, dsn)
	eventually(t, func() error {
		var killed int
		err := killer.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE query LIKE 'CREATE TABLE observation%' AND wait_event_type = 'Lock' AND $1 = ANY(pg_blocking_pids(pid))`, other.PgConn().PID()).Scan(&killed)
		if err == nil && killed == 0 {
			err = fmt.Errorf("no migration waits")
		}
		return err
	})
	if err := <-failed; err == nil {
		t.Error("a migration that was stopped succeeded")
	}
	if _, err := other.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := killer.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'ledger_schema'").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables were left, %v", tables, err)
	}
	eventually(t, func() error { _, err := s.Open(t.Context(), opening(1)); return err })
}

package clickhouse_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

func TestNewerSchemaIsRefused(t *testing.T) {
	s := open(t)
	if err := s.Exec(t.Context(), `INSERT INTO switchyard_schema (version_id, is_applied) VALUES (99, 1)`); err != nil {
		t.Fatal(err)
	}
	_, err := s.Prepare(t.Context())
	var away *connection.Error
	if err == nil || errors.As(err, &away) || !strings.Contains(err.Error(), "version 99") || !strings.HasPrefix(err.Error(), "CLICKHOUSE_URL: ") {
		t.Errorf("%v, want a refusal that names setting and version", err)
	}
}

// A step that was stopped half-way was not recorded. It is made again, and what
// it had made stays.
func TestHalfwaySchemaIsMadeAgain(t *testing.T) {
	s := open(t)
	if err := s.Write(t.Context(), observing(3, observed("a", "kept"))); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`ALTER TABLE switchyard_schema DELETE WHERE version_id = 1 SETTINGS mutations_sync = 1`, `DROP VIEW events`, `DROP VIEW observations`, `DROP TABLE mark`,
	} {
		if err := s.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if m, err := s.Prepare(t.Context()); err != nil || m != (sink.Mark{}) {
		t.Fatalf("%+v, %v", m, err)
	}
	if seen, err := s.Timeline(t.Context(), "a", 5); err != nil || len(seen) != 1 {
		t.Errorf("%v, %v", seen, err)
	}
	if err := s.Write(t.Context(), observing(4, observed("b", "new"))); err != nil {
		t.Error(err)
	}
}

func TestSeveralPrepareAtOnce(t *testing.T) {
	address := testkit.ClickHouse(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var all sync.WaitGroup
	for range 4 {
		s := reopen(t, address)
		all.Go(func() {
			if _, err := s.Prepare(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s := reopen(t, address)
	if _, err := s.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), observing(1, observed("a", "v"))); err != nil {
		t.Error(err)
	}
}

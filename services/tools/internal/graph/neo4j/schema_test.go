package neo4j_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/neo4j"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

func ask(t *testing.T, s *neo4j.Store, cypher string) []map[string]any {
	t.Helper()
	found, err := s.Ask(patient(t), cypher)
	if err != nil {
		t.Fatalf("%s: %v", cypher, err)
	}
	return found
}

// bare takes the schema away, but for what keep says.
func bare(t *testing.T, s *neo4j.Store, keep string) {
	t.Helper()
	for _, r := range ask(t, s, `SHOW CONSTRAINTS YIELD name WHERE name STARTS WITH 'switchyard_' RETURN name`) {
		if name := r["name"].(string); name != keep {
			ask(t, s, `DROP CONSTRAINT `+name)
		}
	}
	ask(t, s, `MATCH (s:Switchyard) DELETE s`)
}

func constraints(t *testing.T, s *neo4j.Store) int {
	t.Helper()
	return len(ask(t, s, `SHOW CONSTRAINTS YIELD name WHERE name STARTS WITH 'switchyard_' RETURN name`))
}

func TestANewerSchemaIsRefused(t *testing.T) {
	s := open(t)
	write(t, s, 1, rows(1, 1), ledger.Rows{})
	ask(t, s, `MATCH (s:Switchyard) SET s.schema = 99`)
	_, err := s.Prepare(patient(t))
	if err == nil || !strings.Contains(err.Error(), "schema version 99") || !strings.Contains(err.Error(), "NEO4J_URI") {
		t.Errorf("%v", err)
	}
	if found := ask(t, s, `MATCH (s:Switchyard) RETURN s.schema AS schema`); found[0]["schema"] != int64(99) {
		t.Errorf("it was changed: %v", found)
	}
}

func TestAMigrationThatWasStoppedRunsAgain(t *testing.T) {
	s := open(t)
	want := constraints(t, s)
	bare(t, s, "switchyard_link")
	if got := constraints(t, s); got != 1 || want < 2 {
		t.Fatalf("%d constraints of %d are left", got, want)
	}
	prepare(t, s)
	if got := constraints(t, s); got != want {
		t.Errorf("%d constraints, want %d", got, want)
	}
}

func TestTwoMayPrepareAtOnce(t *testing.T) {
	s := open(t)
	want := constraints(t, s)
	bare(t, s, "")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := s.Prepare(patient(t)); err != nil {
				t.Errorf("the schema was not made: %v", err)
			}
		})
	}
	wg.Wait()
	if got := constraints(t, s); got != want {
		t.Errorf("%d constraints, want %d", got, want)
	}
	if found := ask(t, s, `MATCH (s:Switchyard) RETURN s.schema AS schema`); len(found) != 1 || found[0]["schema"] != int64(1) {
		t.Errorf("marks %v", found)
	}
}

func TestAnotherProgramsDatabaseIsRefused(t *testing.T) {
	s := open(t)
	ask(t, s, `MATCH (s:Switchyard) DELETE s`)
	ask(t, s, `CREATE (:Entity {name: 'theirs'})`)
	if _, err := s.Prepare(patient(t)); err == nil || !strings.Contains(err.Error(), "another program's nodes") {
		t.Errorf("%v", err)
	}
	if found := ask(t, s, `MATCH (s:Switchyard) RETURN s`); len(found) != 0 {
		t.Errorf("it was made ours: %v", found)
	}
}

func TestAStoreThatWasEmptiedSaysSo(t *testing.T) {
	s := open(t)
	write(t, s, 1, rows(1, 1), ledger.Rows{})
	ask(t, s, `MATCH (n) DETACH DELETE n`)
	err := s.Write(patient(t), sink.Writing{Mark: mark(2), Rows: rows(2, 1)})
	if _, away := errors.AsType[*connection.Error](err); !away || errors.Is(err, sink.ErrRow) || !strings.Contains(err.Error(), "prepare it") {
		t.Errorf("%v", err)
	}
	if m := prepare(t, s); m != (sink.Mark{}) {
		t.Errorf("mark %v of an empty store", m)
	}
}

package neo4j_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/graphtest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/neo4j"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// patience is for a server that has just started: its first answers take seconds.
const patience = 30 * time.Second

// open opens a store in the server that the test has alone, emptied and prepared.
func open(t testing.TB) *neo4j.Store {
	t.Helper()
	s := reopen(t, testkit.Neo4j(t))
	ctx := patient(t)
	if err := s.Empty(ctx); err != nil {
		t.Fatal(err)
	}
	prepare(t, s)
	return s
}

func reopen(t testing.TB, address string) *neo4j.Store {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	user := u.User.Username()
	u.User = nil
	s, err := neo4j.Open(u.String(), user, password, neo4j.Options{})
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

func patient(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func prepare(t testing.TB, s *neo4j.Store) sink.Mark {
	t.Helper()
	mark, err := s.Prepare(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	return mark
}

func openGraph(t testing.TB) graphtest.Store {
	s := open(t)
	var n uint64
	return graphtest.Store{Graph: s, Load: func(_ context.Context, m graphtest.Memory) error {
		n++
		return s.Write(patient(t), sink.Writing{Mark: sink.Mark{Ledger: "a", Number: n}, Rows: ledger.Rows{Entities: m.Entities, Links: m.Links}})
	}}
}

func TestGraph(t *testing.T) { graphtest.Run(t, openGraph) }

func TestBrokenGraph(t *testing.T) { graphtest.RunBroken(t, openGraph) }

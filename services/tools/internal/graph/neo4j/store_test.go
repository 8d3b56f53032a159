package neo4j_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/graphtest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/neo4j"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// patience is for a server that has just started: its first answers take seconds.
const patience = 60 * time.Second

// open opens a store in the server that the test has alone, emptied and prepared.
func open(t testing.TB) *neo4j.Store {
	t.Helper()
	s := reopen(t, testkit.Neo4j(t))
	wait(t, s)
	empty(t, s)
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

// wait waits for a server that has just started.
func wait(t testing.TB, s *neo4j.Store) {
	t.Helper()
	ctx := patient(t)
	for err := s.Ping(ctx); err != nil; err = s.Ping(ctx) {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

func empty(t testing.TB, s *neo4j.Store) {
	t.Helper()
	if err := s.Empty(patient(t)); err != nil {
		t.Fatal(err)
	}
	prepare(t, s)
}

// learn has the server learn the statements, each of which takes it up to 2 s at first.
func learn(t testing.TB, s *neo4j.Store) {
	t.Helper()
	ctx := patient(t)
	errs := []error{
		s.Write(ctx, sink.Writing{Mark: sink.Mark{Number: 2}, Rows: rows(1, 1), Gone: rows(2, 1).Keys()}),
		s.Write(ctx, sink.Writing{Mark: sink.Mark{Number: 1}, Rows: rows(1, 1)}),
		s.Sweep(ctx, 1), second(s.Linked(ctx, []string{"a"}, 1)), second(s.Linked(ctx, []string{"a", "b"}, 1)), second(s.Entities(ctx, []string{"a"})),
	}
	for _, table := range s.Tables() {
		_, _, err := s.Scan(ctx, table, "", 1)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

// rows are n changes from the first on, each with a link to one issue and one to an issue of its own.
func rows(first, n int) (all ledger.Rows) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := first; i < first+n; i++ {
		version := project.Version{At: at, KindRank: 1, EventID: fmt.Sprintf("00000000-0000-4000-8000-%012x", i)}
		ref := fmt.Sprintf("github:pr:acme/api#%d", i)
		all.Entities = append(all.Entities, ledger.EntityRow{
			Entity: project.Entity{Ref: ref, Kind: "change", NativeID: fmt.Sprint(i), Place: "github:repo:acme/api", Attributes: []project.Attribute{
				{Name: "number", Value: fmt.Sprint(i), Version: version}, {Name: "state", Value: "open", Version: version},
			}},
			Vouched: true, Version: version, Texts: map[string]int64{"title": ledger.Micros(at)},
		})
		for _, to := range []string{"jira:issue:ACME-7", fmt.Sprintf("jira:issue:ACME-%d", i+10)} {
			all.Links = append(all.Links, graph.Related{
				From: ref, To: to, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: "title", First: at, Last: at,
				EventID: version.EventID, Authn: ledger.Signature, Author: &eventv1.Account{Id: "7", Login: "ana"},
			})
		}
	}
	return all
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

func openGraph() graphtest.Opener {
	var learned bool
	return func(t testing.TB) graphtest.Store {
		s := open(t)
		if !learned {
			learn(t, s)
			empty(t, s)
			learned = true
		}
		var n uint64
		return graphtest.Store{Graph: s, Load: func(_ context.Context, m graphtest.Memory) error {
			n++
			return s.Write(patient(t), sink.Writing{Mark: sink.Mark{Ledger: "a", Number: n}, Rows: ledger.Rows{Entities: m.Entities, Links: m.Links}})
		}}
	}
}

func TestGraph(t *testing.T) { graphtest.Run(t, openGraph()) }

func TestBrokenGraph(t *testing.T) { graphtest.RunBroken(t, openGraph()) }

package graphtest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Store is what the suite tests, and a way to tell it what to remember.
type Store struct {
	graph.Graph
	// Load adds rows to those that are there, or replaces those of the same keys. A
	// ledger is told what makes these rows: see Memory.Openings.
	Load func(context.Context, Memory) error
}

// Opener opens an empty store, and closes it when the test ends.
type Opener func(t testing.TB) Store

// Memory is what a graph is asked about.
type Memory struct {
	Entities []ledger.EntityRow
	Links    []graph.Related
}

// Run runs the whole suite. No implementation may skip any of it.
func Run(t *testing.T, open Opener) {
	for _, e := range entries() {
		t.Run(e.name, func(t *testing.T) { e.check(&harness{TB: t, Store: open(t)}) })
	}
}

// RunBroken runs each entry on a store in which just what it tests is broken,
// and fails for every entry that doesn't notice.
func RunBroken(t *testing.T, open Opener) {
	for _, e := range entries() {
		t.Run(e.name, func(t *testing.T) {
			testkit.MustNotice(t, func(tb testing.TB) { e.check(&harness{TB: tb, Store: e.broken.apply(open(t))}) })
		})
	}
}

// entry is one test, and a way to break a store that it must notice.
type entry struct {
	name   string
	check  func(*harness)
	broken broken
}

func entries() []entry { return slices.Concat(linkEntries(), goneEntries(), entityEntries()) }

// broken changes what a store is told, or what it answers; nil changes nothing.
type broken struct {
	load     func(Memory) Memory
	linked   func(refs []string, limit int, answer []graph.Related) []graph.Related
	entities func(refs []string, answer []project.Entity) []project.Entity
}

type brokenGraph struct {
	broken
	graph.Graph
}

func (b broken) apply(s Store) Store {
	load := s.Load
	if b.load != nil {
		s.Load = func(ctx context.Context, m Memory) error { return load(ctx, b.load(m)) }
	}
	s.Graph = brokenGraph{b, s.Graph}
	return s
}

func (b brokenGraph) Linked(ctx context.Context, refs []string, limit int) ([]graph.Related, error) {
	answer, err := b.Graph.Linked(ctx, refs, limit)
	if b.linked != nil {
		answer = b.linked(refs, limit, answer)
	}
	return answer, err
}

func (b brokenGraph) Entities(ctx context.Context, refs []string) ([]project.Entity, error) {
	answer, err := b.Graph.Entities(ctx, refs)
	if b.entities != nil {
		answer = b.entities(refs, answer)
	}
	return answer, err
}

// harness is what a test works with.
type harness struct {
	testing.TB
	Store
}

func (h *harness) load(m Memory) {
	h.Helper()
	h.ok(h.Load(h.Context(), m))
}

// ok ends the test at an error.
func (h *harness) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatalf("unexpected error: %v", err)
	}
}

// wantLinked compares the links of refs.
func (h *harness) wantLinked(limit int, refs []string, want ...graph.Related) {
	h.Helper()
	got, err := h.Linked(h.Context(), refs, limit)
	h.ok(err)
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		h.Errorf("links of %s, at most %d: %s", strings.Join(refs, " "), limit, diff)
	}
}

// wantEntities compares what is known of refs.
func (h *harness) wantEntities(refs []string, want ...project.Entity) {
	h.Helper()
	got, err := h.Entities(h.Context(), refs)
	h.ok(err)
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("entities of %s: %s", strings.Join(refs, " "), diff)
	}
}

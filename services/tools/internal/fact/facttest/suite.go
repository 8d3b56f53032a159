package facttest

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
)

// Store is what the suite tests, and a way to tell it what was observed.
type Store struct {
	fact.Facts
	// Load adds rows to those that are there. A ledger is told events that make
	// them: see LoadLedger.
	Load func(context.Context, []fact.Observed) error
}

// Opener opens an empty store, and closes it when the test ends.
type Opener func(t testing.TB) Store

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

func entries() []entry {
	return slices.Concat(timelineEntries(), selectEntries(), filterEntries(), valueEntries())
}

// broken changes what a store is told, what it is asked, or what it answers; nil
// changes nothing.
type broken struct {
	load     func([]fact.Observed) []fact.Observed
	timeline func(ref string, limit int) (string, int)
	about    func([]fact.Observed) []fact.Observed
	query    func(*fact.Query)
	selected func([]fact.Observed) []fact.Observed
}

type brokenFacts struct {
	broken
	fact.Facts
}

func (b broken) apply(s Store) Store {
	load := s.Load
	if b.load != nil {
		s.Load = func(ctx context.Context, rows []fact.Observed) error { return load(ctx, b.load(slices.Clone(rows))) }
	}
	s.Facts = brokenFacts{b, s.Facts}
	return s
}

func (b brokenFacts) Timeline(ctx context.Context, ref string, limit int) ([]fact.Observed, error) {
	if b.timeline != nil {
		ref, limit = b.timeline(ref, limit)
	}
	answer, err := b.Facts.Timeline(ctx, ref, limit)
	if b.about != nil {
		answer = b.about(answer)
	}
	return answer, err
}

func (b brokenFacts) Select(ctx context.Context, q fact.Query) ([]fact.Observed, error) {
	if b.query != nil {
		b.query(&q)
	}
	answer, err := b.Facts.Select(ctx, q)
	if b.selected != nil {
		answer = b.selected(answer)
	}
	return answer, err
}

// harness is what a test works with.
type harness struct {
	testing.TB
	Store
}

func (h *harness) load(rows ...fact.Observed) {
	h.Helper()
	if err := h.Load(h.Context(), rows); err != nil {
		h.Fatalf("load: %v", err)
	}
}

// wantTimeline compares what is known about a ref.
func (h *harness) wantTimeline(ref string, limit int, want ...fact.Observed) {
	h.Helper()
	got, err := h.Timeline(h.Context(), ref, limit)
	if err != nil {
		h.Fatalf("timeline of %q: %v", ref, err)
	}
	if diff := diff(want, got); diff != "" {
		h.Errorf("timeline of %q, at most %d: %s", ref, limit, diff)
	}
}

// wantSelected compares what a query finds, of which the limit is many if it has none.
func (h *harness) wantSelected(q fact.Query, want ...fact.Observed) {
	h.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	got, err := h.Select(h.Context(), q)
	if err != nil {
		h.Fatalf("select %+v: %v", q, err)
	}
	if diff := diff(want, got); diff != "" {
		h.Errorf("select %+v: %s", q, diff)
	}
}

// diff compares rows; none is none, be it empty or nil.
func diff(want, got []fact.Observed) string {
	if len(want)+len(got) == 0 {
		return ""
	}
	return cmp.Diff(want, got)
}

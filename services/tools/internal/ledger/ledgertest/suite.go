package ledgertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Ledger is what the suite tests: a ledger that answers questions itself.
type Ledger interface {
	ledger.Ledger
	ledger.Outbox
	fact.Facts
	graph.Graph
}

// Opener opens the store that lies at place, a folder of the test's own, and
// makes it where there is none. Opening a place again finds what was written
// there. The suite closes what it opened.
type Opener func(t testing.TB, place string, now func() time.Time) Ledger

// Run runs the whole suite. No implementation may skip any of it.
func Run(t *testing.T, open Opener) {
	for _, e := range entries() {
		t.Run(e.name, func(t *testing.T) { e.check(newHarness(t, open)) })
	}
}

// RunBroken runs each entry on a store in which just what it tests is broken,
// and fails for every entry that doesn't notice.
func RunBroken(t *testing.T, open Opener) {
	for _, e := range entries() {
		t.Run(e.name, func(t *testing.T) {
			testkit.MustNotice(t, func(tb testing.TB) { e.check(newHarness(tb, e.broken(open))) })
		})
	}
}

// entry is one test, and a way to break a store that it must notice.
type entry struct {
	name   string
	check  func(*harness)
	broken func(Opener) Opener
}

func entries() []entry {
	var all []entry
	for _, group := range [][]entry{openEntries(), pinEntries(), effectEntries(), callEntries(), lateEntries(), providerEntries(), needEntries(), overtakingEntries(), againEntries(), decideEntries(), doubtEntries(), budgetEntries(), madeEntries(), readEntries(), memoryEntries(), vouchingEntries(), deliveryEntries(), followEntries(), rebuildEntries(), lifeEntries(), keepEntries()} {
		all = append(all, group...)
	}
	return all
}

// harness is what a test works with: a store on a clock of its own.
type harness struct {
	testing.TB
	Ledger
	ctx      context.Context
	clock    *clock
	place    string
	open     Opener
	attempts *attempts
}

func newHarness(t testing.TB, open Opener) *harness {
	h := &harness{TB: t, ctx: t.Context(), clock: newClock(), place: t.TempDir(), open: open, attempts: &attempts{}}
	h.reopen()
	return h
}

func (h *harness) reopen() {
	store := h.open(h.TB, h.place, h.clock.Now)
	h.Ledger = store
	h.Cleanup(func() {
		if err := store.Close(); err != nil {
			h.Errorf("close: %v", err)
		}
	})
}

// Entity asks for one entity; false where it was never named.
func (h *harness) Entity(ctx context.Context, ref string) (project.Entity, bool, error) {
	found, err := h.Entities(ctx, []string{ref})
	if err != nil || len(found) == 0 {
		return project.Entity{}, false, err
	}
	return found[0], true, nil
}

// ok ends the test at an error.
func (h *harness) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatalf("unexpected error: %v", err)
	}
}

// together calls f n times at once and waits for all.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

// Now is the store's clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// id makes UUIDs that are the same in every run.
func id(kind, n int) string { return fmt.Sprintf("00000000-0000-4000-%04x-%012x", 0x8000+kind, n) }

package sinktest

import (
	"context"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// Target is what the suite works with.
type Target interface {
	sink.Target
	// Lose takes rows away as a fault of the server's does: nothing remembers that they were there.
	Lose(ctx context.Context, k ledger.Keys) error
}

// Opener opens the store of a name, empty where no test opened that name before;
// opening it again finds what was written there. The suite closes what it opened.
type Opener func(t testing.TB, name string) Target

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
			testkit.MustNotice(t, func(tb testing.TB) { e.check(newHarness(tb, breaking(open, e.broken))) })
		})
	}
}

// entry is one test, and a way to break a store that it must notice.
type entry struct {
	name   string
	check  func(*harness)
	broken func(*broken)
}

func entries() []entry { return append(writeEntries(), markEntries()...) }

// harness is what a test works with.
type harness struct {
	testing.TB
	Target
	ctx  context.Context
	name string
	open Opener
}

func newHarness(t testing.TB, open Opener) *harness {
	h := &harness{TB: t, ctx: t.Context(), name: t.Name(), open: open}
	h.reopen()
	_, err := h.Prepare(h.ctx)
	h.ok(err)
	return h
}

func (h *harness) reopen() {
	target := h.open(h.TB, h.name)
	h.Target = target
	h.Cleanup(func() {
		if err := target.Close(); err != nil {
			h.Errorf("close: %v", err)
		}
	})
}

func (h *harness) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatalf("unexpected error: %v", err)
	}
}

// write writes rows under a number of the one ledger.
func (h *harness) write(number uint64, rows ledger.Rows) {
	h.Helper()
	h.ok(h.Write(h.ctx, sink.Writing{Mark: mark(number), Rows: h.kept(rows)}))
}

// remove removes rows under a number.
func (h *harness) remove(number uint64, gone ledger.Rows) {
	h.Helper()
	h.ok(h.Write(h.ctx, sink.Writing{Mark: mark(number), Gone: h.kept(gone).Keys()}))
}

func mark(number uint64) sink.Mark { return sink.Mark{Ledger: "our ledger", Number: number} }

// kept leaves out the rows of tables that the store doesn't keep.
func (h *harness) kept(rows ledger.Rows) (kept ledger.Rows) {
	for _, t := range h.Tables() {
		kept = join(kept, of(rows, t))
	}
	return kept
}

// scanned is all that the store has, by pages of limit rows.
func (h *harness) scanned(limit int) (all ledger.Rows) {
	h.Helper()
	for _, table := range h.Tables() {
		after := ""
		for page := 0; ; page++ {
			rows, next, err := h.Scan(h.ctx, table, after, limit)
			h.ok(err)
			if rows.Len() > limit || of(rows, table).Len() != rows.Len() {
				h.Errorf("%s: a page of %d rows, want at most %d, of this table only", table, rows.Len(), limit)
			}
			if all = join(all, rows); next == "" {
				break
			}
			if page > 100_000 || next == after {
				h.Fatalf("%s: the scan has no end", table)
			}
			after = next
		}
	}
	return all
}

package sink_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

// theirs is what another ledger left in a store.
func theirs(w *world, s *sinktest.Store) sink.Mark {
	w.Helper()
	m := sink.Mark{Ledger: "another", Number: 77}
	w.ok(s.Open().Write(w.Context(), sink.Writing{Mark: m, Rows: strangers()}))
	return m
}

// A repair wrote this ledger's rows and mark into the store of another deployment,
// took that one's rows away, and questions were answered from the mix.
func TestCheckLeavesAnotherLedgersStoreAlone(t *testing.T) {
	for _, confirmed := range []bool{false, true} {
		inWorld(t, func(w *world) {
			if confirmed {
				p := w.start("one")
				w.tell(20)
				w.wait(2 * time.Second)
				p.stop()
			}
			store := sinktest.NewStore(word)
			want := theirs(w, store)
			had := store.Rows().Len()
			for _, repair := range []bool{false, true} {
				r, err := w.worker("pointed elsewhere", store.Open()).Check(w.Context(), repair, ignore)
				if !errors.Is(err, sink.ErrForeign) || !strings.Contains(err.Error(), "switchyard memory rebuild neo4j") || r.Repaired != 0 {
					w.Errorf("repair %v: %+v, %v", repair, r, err)
				}
			}
			if m := store.Mark(); m != want || store.Writes() != 1 || store.Rows().Len() != had {
				w.Errorf("it was written: %+v, %d rows", m, store.Rows().Len())
			}
		})
	}
}

// What holds when a check begins need not hold minutes later, when it writes.
func TestRepairStopsWhereTheStoreIsNotWhatItWas(t *testing.T) {
	for name, test := range map[string]struct {
		change func(w *world)
		want   string
		left   int
	}{
		"taken over by another ledger": {func(w *world) { theirs(w, w.store) }, sink.ErrForeign.Error(), 17},
		"emptied":                      {func(w *world) { w.store.Restore(sinktest.Image{}) }, "emptied or put back", 0},
		"ahead of the ledger": {func(w *world) {
			id, err := w.ledger.ID(w.Context())
			w.ok(err)
			w.ok(w.store.Open().Write(w.Context(), sink.Writing{Mark: sink.Mark{Ledger: id, Number: 5000}}))
		}, "or the ledger was", 17},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				p := w.start("one")
				w.tell(20)
				w.wait(2 * time.Second)
				p.stop()
				w.store.Lose(ledger.Rows{Observations: w.store.Rows().Observations[:3]})
				scans := 0
				w.store.Before(func(_ context.Context, operation string) error {
					// The last one before rows are written: four tables, then the one that differs, twice.
					if operation == "scan" {
						scans++
					}
					if scans == 6 {
						w.store.Before(nil)
						test.change(w)
					}
					return nil
				})
				r, err := p.Check(w.Context(), true, ignore)
				if err == nil || !strings.Contains(err.Error(), test.want) || r.Missing != 3 || r.Repaired != 0 {
					w.Errorf("%+v, %v; want %q", r, err, test.want)
				}
				if has := len(w.store.Rows().Observations); scans != 6 || has != test.left {
					w.Errorf("it was written: after %d scans it has %d observations, want %d", scans, has, test.left)
				}
			})
		})
	}
}

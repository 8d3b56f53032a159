package sink_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// once takes the rows of each number, and of each repair, once, as ClickHouse does.
type once struct {
	sink.Target
	taken map[string]bool
}

func (o *once) Write(ctx context.Context, w sink.Writing) error {
	token := fmt.Sprint(w.Number, w.Repair)
	if o.taken[token] {
		return nil
	}
	o.taken[token] = true
	return o.Target.Write(ctx, w)
}

// A repair writes under a number that was written before: the store took it for the
// same write, and nothing was repaired.
func TestRepairIsNoRepeatedWrite(t *testing.T) {
	inWorld(t, func(w *world) {
		target := &once{w.store.Open(), make(map[string]bool)}
		p := w.startOn("one", target)
		w.tell(20)
		w.wait(2 * time.Second)
		for range 2 {
			w.wait(time.Second)
			w.store.Lose(ledger.Rows{Observations: w.store.Rows().Observations[:3]})
			if r, err := p.Check(w.Context(), true, ignore); err != nil || r.Missing != 3 || r.Repaired != 3 || len(r.NotRepaired) > 0 {
				w.Errorf("%+v, %v", r, err)
			}
		}
		w.wantSame("repaired")
	})
}

// forgetful says that it has repaired what it has not.
type forgetful struct{ sink.Target }

func (f forgetful) Write(ctx context.Context, w sink.Writing) error {
	if w.Repair != "" {
		w.Rows = ledger.Rows{}
	}
	return f.Target.Write(ctx, w)
}

// What a repair leaves is said with the reason, and keeps nothing else from being repaired.
func TestRepairSaysWhatItLeaves(t *testing.T) {
	for name, test := range map[string]struct {
		target   func(w *world) sink.Target
		repaired int64
		want     string
	}{
		"refused": {func(w *world) sink.Target {
			w.store.Refuse(func(rows ledger.Rows) bool {
				return slices.ContainsFunc(rows.Observations, func(o fact.Observed) bool { return o.Value == "7" })
			})
			return w.store.Open()
		}, 19, "does not take: 1 (sink: the store does not take these rows"},
		"not shown": {func(w *world) sink.Target { return forgetful{w.store.Open()} }, 0, "does not show so: 20; `switchyard memory rebuild neo4j`"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start("one")
				w.tell(20)
				w.wait(2 * time.Second)
				w.store.Lose(ledger.Rows{Observations: w.store.Rows().Observations})
				r, err := w.worker("repairing", test.target(w)).Check(w.Context(), true, ignore)
				if err != nil || r.Missing != 20 || r.Repaired != test.repaired || len(r.NotRepaired) != 1 || !strings.Contains(r.NotRepaired[0], test.want) {
					w.Errorf("%+v, %v; want %q", r, err, test.want)
				}
			})
		})
	}
}

// A store that refuses all of a repair is not well, whatever it says of the rows.
func TestRepairEndsWhereAllIsRefused(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start("one")
		w.tell(200)
		w.wait(2 * time.Second)
		w.store.Lose(w.store.Rows())
		w.store.Refuse(func(rows ledger.Rows) bool { return rows.Len() > 0 })
		if r, err := p.Check(w.Context(), true, ignore); err == nil || !strings.Contains(err.Error(), "refuses more than 100 rows") || r.Repaired != 0 {
			w.Errorf("%+v, %v", r, err)
		}
	})
}

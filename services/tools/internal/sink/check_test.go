package sink_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

func ignore(_, _ int64) error { return nil }

func TestCheckFindsAndRepairs(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start("one")
		w.tell(300)
		w.wait(2 * time.Second)
		w.wantSame("at first")
		all := w.store.Rows()
		w.store.Lose(ledger.Rows{Observations: all.Observations[:3], Links: all.Links[:1]})
		changed := all.Entities[5]
		changed.Place = "somewhere else"
		w.store.Plant(ledger.Rows{Entities: []ledger.EntityRow{changed}})
		w.store.Plant(strangers())
		for _, repair := range []bool{false, true} {
			r, err := p.Check(w.Context(), repair, ignore)
			if err != nil || r.Missing != 4 || r.Different != 1 || r.Extra != 1 || r.Unsettled || r.TooMany || len(r.Hours) == 0 {
				w.Errorf("repair %v: %+v, %v", repair, r, err)
			}
			if repair && r.Repaired != 6 {
				w.Errorf("%d rows repaired, want 6", r.Repaired)
			}
		}
		w.wantSame("repaired")
		w.tell(100)
		w.wait(2 * time.Second)
		w.wantSame("and goes on")
	})
}

// What comes while the check runs is no difference, and what is repaired then is
// not taken for newer than it.
func TestCheckWhileEventsCome(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start("one")
		w.tell(200)
		w.wait(2 * time.Second)
		w.store.Lose(ledger.Rows{Observations: w.store.Rows().Observations[:2]})
		ctx, stop := context.WithCancel(w.Context())
		var telling sync.WaitGroup
		telling.Go(func() {
			for ctx.Err() == nil {
				w.tell(5)
				<-time.After(100 * time.Millisecond)
			}
		})
		// A scan takes its time.
		w.store.Before(func(_ context.Context, operation string) error {
			if operation == "scan" {
				<-time.After(time.Second)
			}
			return nil
		})
		r, err := p.Check(w.Context(), true, ignore)
		if err != nil || r.Missing != 2 || r.Different+r.Extra != 0 || r.Repaired != 2 {
			w.Errorf("%+v, %v", r, err)
		}
		stop()
		telling.Wait()
		w.store.Before(nil)
		w.wait(2 * time.Second)
		w.wantSame("afterwards")
	})
}

func TestCheckSaysWhenItCanNotTell(t *testing.T) {
	inWorld(t, func(w *world) {
		if _, err := w.worker("nobody", w.store.Open()).Check(w.Context(), false, ignore); !errors.Is(err, sink.ErrNothingConfirmed) {
			w.Errorf("of a store that was never written: %v", err)
		}
		p := w.start("one")
		w.tell(10)
		w.wait(time.Second)
		p.stop()
		w.tell(10) // Nobody takes these to the store.
		r, err := p.Check(w.Context(), false, ignore)
		if err != nil || !r.Unsettled {
			w.Errorf("%+v, %v", r, err)
		}
		w.store.Before(func(context.Context, string) error { return errAway })
		if _, err := p.Check(w.Context(), false, ignore); !errors.Is(err, errAway) {
			w.Errorf("of a store that is away: %v", err)
		}
	})
}

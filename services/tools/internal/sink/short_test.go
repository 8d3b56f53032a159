package sink_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// short is a store that has memory for so many rows at once.
type short struct {
	sink.Target
	most int
}

func (s short) Write(ctx context.Context, w sink.Writing) error {
	if w.Rows.Len() > s.most {
		return fmt.Errorf("%w: out of memory", sink.ErrTooMuch)
	}
	return s.Target.Write(ctx, w)
}

// A store that is short of memory is given less at a time, and nothing is set
// aside for it: there is nothing wrong with the rows.
func TestNothingIsParkedForWantOfMemory(t *testing.T) {
	for most, state := range map[int]sink.State{10: sink.OK, 0: sink.Unavailable} {
		inWorld(t, func(w *world) {
			p := w.startOn("one", short{w.store.Open(), most})
			w.tell(300)
			w.wait(20 * time.Second)
			lag, s := w.lag(), p.Status(w.Context())
			if len(lag.Parked) != 0 || (lag.Entries == 0) != (state == sink.OK) || s.State != state {
				w.Errorf("with memory for %d rows: %+v, %+v", most, lag, s)
			}
			if state != sink.OK {
				return
			}
			w.wantSame("by parts")
			w.store.Lose(ledger.Rows{Observations: w.store.Rows().Observations})
			if r, err := p.Check(w.Context(), true, ignore); err != nil || r.Missing != 300 || r.Repaired != 300 {
				w.Errorf("repaired: %+v, %v", r, err)
			}
		})
	}
}

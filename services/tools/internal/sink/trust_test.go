package sink_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

// A process that stands by answered from whatever store it was pointed at: an
// empty one gave empty answers without a reason.
func TestAStandbyAsksNoStoreThatItHasNotSeen(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start("holder")
		w.tell(100)
		w.wait(5 * time.Second)
		elsewhere := w.startOn("standby", sinktest.NewStore(word).Open())
		if elsewhere.CaughtUp(w.Context(), 0) {
			t.Error("a store was trusted that nobody here has looked at")
		}
		w.wait(5 * time.Second)
		if elsewhere.CaughtUp(w.Context(), 0) {
			t.Error("an empty store was trusted")
		}
		if s := elsewhere.Status(w.Context()); s.State != sink.Unavailable || !strings.Contains(s.Detail, "does not have what was confirmed") {
			t.Errorf("status %+v", s)
		}
		same := w.start("another standby")
		w.wait(5 * time.Second)
		if !same.CaughtUp(w.Context(), 0) {
			t.Errorf("the store that is followed is not trusted: %+v", same.Status(w.Context()))
		}
	})
}

// slowLedger takes its time over how far a sink is.
type slowLedger struct {
	ledger.Outbox
	takes time.Duration
}

// Lag implements ledger.Outbox.
func (s *slowLedger) Lag(ctx context.Context, name ledger.Sink) (ledger.Lag, error) {
	select {
	case <-ctx.Done():
		return ledger.Lag{}, ctx.Err()
	case <-time.After(s.takes):
	}
	return s.Outbox.Lag(ctx, name)
}

// A ledger that was slow to say how far a store is made answers late whose event
// was durable.
func TestAStatusDoesNotWaitForASlowLedger(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.run(w.workerOn("one", &slowLedger{w.ledger, 4 * time.Second}, w.store.Open()))
		for range 3 {
			begun := time.Now()
			p.Status(w.Context())
			if took := time.Since(begun); took > 300*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		}
		w.wait(10 * time.Second)
	})
}

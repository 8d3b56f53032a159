package sink_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

func TestStoreFollowsTheLedger(t *testing.T) {
	inWorld(t, func(w *world) {
		w.tell(2500)
		p := w.start("one")
		w.wait(5 * time.Second)
		w.wantSame("what was there")
		begun := time.Now()
		if at := w.tell(3); !p.Passed(w.Context(), at, 250*time.Millisecond) {
			w.Error("the store was not waited for")
		}
		if took := time.Since(begun); took > 200*time.Millisecond {
			w.Errorf("it took %s to follow three entries", took)
		}
		w.wantSame("what came")
		if s := p.Status(w.Context()); s.State != sink.OK || s.Lag.Entries != 0 {
			w.Errorf("status %+v", s)
		}
	})
}

func TestEntriesOfOtherProcessesAreFound(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start("one")
		w.tell(1)
		w.wait(time.Second)
		other := w.open(w.path) // Its commits wake nobody here.
		_, err := other.Open(w.Context(), opening(1000))
		w.ok(err)
		w.wait(2 * time.Second)
		w.wantSame("another process's")
	})
}

// stopped is a process that can be stopped: it then neither writes nor renews
// its lease, and its deadlines come when it goes on.
type stopped struct {
	stop atomic.Bool
	cont chan struct{}
}

func (s *stopped) pass() {
	if s.stop.Load() {
		<-s.cont
	}
}

type stoppedTarget struct {
	sink.Target
	*stopped
}

func (s stoppedTarget) Write(ctx context.Context, w sink.Writing) error {
	s.pass()
	return s.Target.Write(context.WithoutCancel(ctx), w)
}

type stoppedOutbox struct {
	ledger.Outbox
	*stopped
}

func (s stoppedOutbox) Hold(ctx context.Context, name ledger.Sink, owner ledger.Owner, lease time.Duration) (ledger.Cursor, bool, error) {
	s.pass()
	return s.Outbox.Hold(ctx, name, owner, lease)
}

// A holder that hangs loses the sink after its lease, and does no harm when it
// wakes up and still believes that it holds it.
func TestAFrozenHolderIsReplaced(t *testing.T) {
	inWorld(t, func(w *world) {
		process := &stopped{cont: make(chan struct{})}
		a := w.run(w.workerOn("a", stoppedOutbox{w.ledger, process}, stoppedTarget{w.store.Open(), process}))
		w.tell(10)
		w.wait(time.Second)
		b := w.start("b")
		w.wait(time.Second)
		if lag := w.lag(); lag.Holder != "a" || lag.Entries != 0 {
			w.Fatalf("at first: %+v", lag)
		}
		process.stop.Store(true)
		w.tell(10)
		w.wait(15 * time.Second)
		w.tell(100) // Newer rows of the same things.
		w.wait(5 * time.Second)
		if lag := w.lag(); lag.Holder != "b" || lag.Entries != 0 {
			w.Errorf("taken over: %+v", lag)
		}
		if !b.Passed(w.Context(), w.tell(1), 250*time.Millisecond) {
			w.Error("the new holder is not waited for")
		}
		if a.Passed(w.Context(), w.tell(1), 250*time.Millisecond) {
			w.Error("one that does not hold the sink was waited for")
		}
		before := w.store.Writes()
		process.stop.Store(false)
		close(process.cont)
		w.wait(5 * time.Second)
		if w.store.Writes() == before {
			w.Error("the frozen holder wrote nothing: this tests nothing")
		}
		w.wantSame("after the frozen holder woke up")
	})
}

func TestAKilledHolderIsReplacedAfterItsLease(t *testing.T) {
	inWorld(t, func(w *world) {
		// A process that was killed renews nothing and gives nothing up.
		_, held, err := w.ledger.Hold(w.Context(), word, "dead", sink.Lease)
		if err != nil || !held {
			w.Fatal(held, err)
		}
		w.tell(10)
		killed := time.Now()
		p := w.start("heir")
		for !p.Passed(w.Context(), ledger.Position{Seq: 10}, time.Second) {
			w.wait(100 * time.Millisecond)
		}
		if took := time.Since(killed); took > sink.Lease+2*sink.Poll {
			w.Errorf("taken over after %s", took)
		}
		w.wantSame("taken over")
	})
}

func TestAStoppedHolderGivesTheSinkUp(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.start("a")
		w.tell(10)
		w.wait(time.Second)
		w.start("b")
		a.stop()
		w.tell(10)
		w.wait(2 * time.Second)
		if lag := w.lag(); lag.Holder != "b" || lag.Entries != 0 {
			w.Errorf("after 2 s: %+v", lag)
		}
	})
}

// A store that goes away under load costs nobody time, and has all soon after it
// is back.
func TestAStoreGoesAwayAndComesBack(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start("one")
		w.tell(10)
		w.wait(time.Second)
		w.store.Before(func(context.Context, string) error { return errAway })
		for range 60 {
			w.tell(10)
			w.wait(time.Second)
		}
		begun := time.Now()
		if p.Passed(w.Context(), w.tell(1), 250*time.Millisecond) || time.Since(begun) != 0 {
			w.Errorf("a store that is away was waited for, for %s", time.Since(begun))
		}
		s := p.Status(w.Context())
		if s.State != sink.Unavailable || !strings.Contains(s.Detail, "connection refused") || s.Lag.Entries != 601 {
			w.Errorf("away: %+v", s)
		}
		if n := strings.Count(w.log.String(), "waiting"); n != 1 {
			w.Errorf("%d lines were logged of one trouble:\n%s", n, w.log)
		}
		w.store.Before(nil)
		w.wait(10 * time.Second)
		if lag := w.lag(); lag.Entries != 0 {
			w.Errorf("10 s after it came back: %+v", lag)
		}
		w.wantSame("back")
		if s := p.Status(w.Context()); s.State != sink.OK {
			w.Errorf("back: %+v", s)
		}
	})
}

// A process that can't reach the store lets another one try.
func TestASinkIsGivenUpWhereTheStoreIsAway(t *testing.T) {
	inWorld(t, func(w *world) {
		away := sinktest.NewStore(word)
		away.Before(func(context.Context, string) error { return errAway })
		w.startOn("cut off", away.Open())
		w.tell(10)
		w.wait(5 * time.Second)
		w.start("well")
		w.wait(10 * time.Second)
		if lag := w.lag(); lag.Entries != 0 {
			w.Errorf("%+v", lag)
		}
	})
}

func TestRefusedRowsAreParked(t *testing.T) {
	inWorld(t, func(w *world) {
		refuse := map[string]bool{"7": true, "23": true}
		w.store.Refuse(func(rows ledger.Rows) bool {
			for _, o := range rows.Observations {
				if refuse[o.Value] {
					return true
				}
			}
			return false
		})
		w.tell(40)
		p := w.start("one")
		w.wait(5 * time.Second)
		lag := w.lag()
		if lag.Entries != 0 || len(lag.Parked) != 2 {
			w.Fatalf("%+v", lag)
		}
		for i, n := range []int{23, 7} {
			want := ledger.Parked{Position: ledger.Position{Seq: int64(n)}, EventID: opening(n).Event.GetId()}
			if got := lag.Parked[i]; got.Position != want.Position || got.EventID != want.EventID || !strings.Contains(got.Reason, "refused") {
				w.Errorf("parked %+v, want %+v", got, want)
			}
		}
		r, err := p.Check(w.Context(), false, func(_, _ int64) error { return nil })
		if err != nil || r.Missing != 2 || r.Different+r.Extra != 0 {
			w.Errorf("all but the two rows are to be there: %+v, %v", r, err)
		}
		if p.CaughtUp(w.Context(), 0) {
			w.Error("a store that lacks rows is trusted with questions")
		}
		if s := p.Status(w.Context()); len(s.Lag.Parked) != 2 {
			w.Errorf("status %+v", s)
		}
	})
}

// Parking passes an entry, which is no reason to call it written: whichever process
// is asked, however many are parked, and whoever else touched the row.
func TestARefusedEntryIsNotCalledWritten(t *testing.T) {
	inWorld(t, func(w *world) {
		w.store.Refuse(func(rows ledger.Rows) bool {
			for _, e := range rows.Entities {
				if e.Ref == "github:pr:acme/api#7" {
					return true
				}
			}
			for _, o := range rows.Observations {
				if len(o.Value) == 3 { // 100 to 250, which is more than is shown.
					return true
				}
			}
			return false
		})
		a, b := w.start("a"), w.start("b")
		want := func(n int, want bool) {
			w.Helper()
			for name, p := range map[string]*process{"a": a, "b": b} {
				at := ledger.Position{Seq: int64(n)}
				if got, err := p.Refused(w.Context(), at); err != nil || got != want || !p.Passed(w.Context(), at, 0) {
					w.Errorf("entry %d is refused: %v, %v, passed %v, says process %s", n, got, err, p.Passed(w.Context(), at, 0), name)
				}
			}
		}
		w.tell(60)
		if at := w.lag().End; !a.Passed(w.Context(), at, 250*time.Millisecond) && !b.Passed(w.Context(), at, 250*time.Millisecond) {
			w.Fatal("nobody follows")
		}
		w.wait(2 * time.Second)
		for n := range 60 {
			want(n+1, (n+1)%50 == 7) // 7 and 57 touched the same row in one batch.
		}
		w.tell(90)
		w.wait(5 * time.Second)
		w.tell(90)
		w.wait(5 * time.Second)
		w.tell(20)
		w.wait(5 * time.Second)
		if lag := w.lag(); lag.Entries != 0 || len(lag.Parked) != ledger.ParkedShown {
			w.Fatalf("%d entries behind, %d parked are shown", lag.Entries, len(lag.Parked))
		}
		want(7, true)
		want(8, false)
		want(100, true)
		want(257, true)
		want(260, true)
		w.store.Refuse(nil)
		w.ok(w.ledger.Rewind(w.Context(), word, 0))
		w.wait(10 * time.Second)
		want(7, false)
		want(100, false)
	})
}

// A store that refuses everything is not well, whatever it says of the rows.
func TestAStoreThatRefusesAllIsNotEmptiedIntoParked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.store.Refuse(func(rows ledger.Rows) bool { return rows.Len() > 0 })
		w.tell(200)
		p := w.start("one")
		w.wait(20 * time.Second)
		if lag, s := w.lag(), p.Status(w.Context()); len(lag.Parked) != 0 || lag.Entries != 200 || s.State != sink.Unavailable {
			w.Errorf("%+v, %+v", lag, s)
		}
	})
}

// A store that is too slow for a whole batch is given less at a time.
func TestWritesShrinkForASlowStore(t *testing.T) {
	inWorld(t, func(w *world) {
		target := &slow{Target: w.store.Open(), each: 30 * time.Millisecond}
		w.tell(1000)
		w.startOn("one", target)
		w.wait(5 * time.Minute)
		if lag := w.lag(); lag.Entries != 0 || lag.Holder != "one" {
			w.Errorf("%+v", lag)
		}
		w.wantSame("slowly")
	})
}

type slow struct {
	sink.Target
	each time.Duration
}

func (s *slow) Write(ctx context.Context, w sink.Writing) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(w.Rows.Len()) * s.each):
		return s.Target.Write(ctx, w)
	}
}

// Whatever fails in between, and whoever holds the sink, at the end the store has
// what the ledger has.
func TestNothingIsLostWhateverFails(t *testing.T) {
	inWorld(t, func(w *world) {
		var mu sync.Mutex
		n := 0
		w.store.Before(func(_ context.Context, operation string) error {
			mu.Lock()
			defer mu.Unlock()
			if n++; n%3 == 1 {
				return fmt.Errorf("%s: %w", operation, errAway)
			}
			return nil
		})
		var running []*process
		for round := range 20 {
			w.tell(10)
			running = append(running, w.start(fmt.Sprint("process ", round)))
			if len(running) > 2 {
				running[0].stop()
				running = running[1:]
			}
			if round%10 == 5 {
				w.ok(w.ledger.Rewind(w.Context(), word, 0))
			}
			w.wait(700 * time.Millisecond)
		}
		w.store.Before(nil)
		w.wait(30 * time.Second)
		if lag := w.lag(); lag.Entries != 0 || len(lag.Parked) != 0 || n < 100 {
			w.Errorf("%+v", lag)
		}
		w.wantSame("at the end")
	})
}

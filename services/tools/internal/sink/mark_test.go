package sink_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

func TestAnEmptiedStoreIsFilledAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start("one")
		w.tell(100)
		w.wait(2 * time.Second)
		w.store.Restore(sinktest.Image{})
		w.wait(2 * time.Minute)
		w.wantSame("emptied while it was idle")
		if !strings.Contains(w.log.String(), "the store is empty") {
			w.Errorf("why is not logged:\n%s", w.log)
		}
	})
}

func TestARestoredStoreIsFilledAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start("one")
		w.tell(100)
		w.wait(2 * time.Second)
		yesterday := w.store.Image()
		w.tell(100)
		w.wait(2 * time.Second)
		p.stop()
		w.store.Restore(yesterday)
		w.store.Plant(strangers())
		w.start("two")
		w.wait(5 * time.Second)
		w.wantSame("restored")
	})
}

func TestALedgerThatWasRestoredIsFollowedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start("one")
		w.tell(100)
		w.wait(2 * time.Second)
		p.stop()
		ahead := w.store.Image()
		// A store that had many more batches of this ledger than the ledger knows.
		w.store.Restore(ahead)
		target := w.store.Open()
		id, err := w.ledger.ID(w.Context())
		w.ok(err)
		w.ok(target.Write(w.Context(), sink.Writing{Mark: sink.Mark{Ledger: id, Number: 5000}, Rows: strangers()}))
		w.start("two")
		w.wait(5 * time.Second)
		w.wantSame("the ledger is behind its store")
		if m := w.store.Mark(); m.Number <= 5000 {
			w.Errorf("mark %+v", m)
		}
	})
}

// strangers are rows that the ledger never had.
func strangers() ledger.Rows {
	return ledger.Rows{Entities: []ledger.EntityRow{{Vouched: true, Texts: map[string]int64{}}}}
}

func TestAnotherLedgersStoreIsLeftAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		theirs := sink.Mark{Ledger: "another", Number: 77}
		target := w.store.Open()
		w.ok(target.Write(w.Context(), sink.Writing{Mark: theirs, Rows: strangers()}))
		p := w.start("one")
		w.tell(100)
		w.wait(10 * time.Second)
		if m := w.store.Mark(); m != theirs || w.store.Writes() != 1 {
			w.Fatalf("it was written: %+v", m)
		}
		s := p.Status(w.Context())
		if s.State != sink.Unavailable || !strings.Contains(s.Detail, "switchyard memory rebuild neo4j") {
			w.Errorf("status %+v", s)
		}
		w.rebuild(p)
		w.wantSame("taken over")
	})
}

// rebuild waits for a rebuild to end, and returns what it reported.
func (w *world) rebuild(p *process) (reported []sink.Progress) {
	w.Helper()
	w.ok(p.Rebuild(w.Context(), func(p sink.Progress) error {
		reported = append(reported, p)
		return nil
	}))
	if last := reported[len(reported)-1]; !last.Finished {
		w.Errorf("it ended at %+v", last)
	}
	return reported
}

func TestRebuildWhileEventsCome(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start("one")
		w.tell(3000)
		w.wait(5 * time.Second)
		w.store.Plant(strangers())
		w.tell(500)
		w.rebuild(p)
		w.wait(2 * time.Second)
		w.wantSame("rebuilt")
	})
}

// There was no end to it while the ledger was always a few entries ahead.
func TestRebuildOfANewStoreEndsWhileEventsCome(t *testing.T) {
	inWorld(t, func(w *world) {
		end := w.tell(50)
		ctx, stop := context.WithTimeout(w.Context(), 20*time.Second)
		defer stop()
		var telling sync.WaitGroup
		defer telling.Wait()
		telling.Go(func() {
			for ctx.Err() == nil {
				w.tell(1)
				<-time.After(20 * time.Millisecond)
			}
		})
		p := w.startOn("one", &slow{Target: w.store.Open(), each: 5 * time.Millisecond})
		err := p.Rebuild(ctx, ignoreProgress)
		if at := w.lag().Cursor.At; err != nil || at.Compare(end) < 0 {
			w.Errorf("it ended at %v, with %v; the outbox ended at %v", at, err, end)
		}
		stop()
	})
}

func ignoreProgress(sink.Progress) error { return nil }

// A rebuild goes on where it was when its process is killed, and is not begun
// anew by a second call.
func TestRebuildIsResumed(t *testing.T) {
	inWorld(t, func(w *world) {
		first := w.startOn("one", &slow{Target: w.store.Open(), each: time.Millisecond})
		w.tell(6000)
		w.wait(5 * time.Minute)
		if w.lag().Entries != 0 {
			w.Fatalf("not filled: %+v", w.lag())
		}
		w.store.Plant(strangers())
		w.ok(w.ledger.Rewind(w.Context(), word, 0))
		for w.lag().Entries > 3000 {
			w.wait(time.Second)
		}
		rebuild, at := w.lag().Cursor.Rebuild, w.lag().Entries
		first.stop()
		second := w.start("two")
		reported := w.rebuild(second)
		if got := w.lag().Cursor; rebuild == 0 || at == 0 || reported[0].Done < 2000 || got.Rebuild != 0 {
			w.Errorf("killed at %d of rebuild %d, gone on at %+v, ended at %+v", at, rebuild, reported[0], got)
		}
		w.wantSame("resumed")
	})
}

func TestRebuildOfAnEmptyLedger(t *testing.T) {
	inWorld(t, func(w *world) {
		w.ok(w.store.Open().Write(w.Context(), sink.Writing{Mark: sink.Mark{Ledger: "another", Number: 7}, Rows: strangers()}))
		p := w.start("one")
		w.wait(time.Second)
		w.rebuild(p)
		if n := w.store.Rows().Len(); n != 0 {
			w.Errorf("%d rows are left", n)
		}
		w.tell(10)
		w.wait(10 * time.Second)
		w.wantSame("and then filled")
	})
}

package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// theSink is what most tests follow the ledger with.
	theSink ledger.Sink = "clickhouse"

	sinkLease = 10 * time.Second
)

func followEntries() []entry {
	return []entry{
		{"a ledger has a name that no other one has", checkIdentity, breaking(func(b *broken) {
			b.id = func(context.Context) (string, error) { return "the same", nil }
		})},
		{"one process holds a sink", checkHold, breaking(func(b *broken) {
			b.hold = func(ctx context.Context, s ledger.Sink, _ ledger.Owner, lease time.Duration) (ledger.Cursor, bool, error) {
				return b.Ledger.Hold(ctx, s, us, lease)
			}
		})},
		{"a sink is fixed and confirmed by its holder alone", checkHolder, breaking(func(b *broken) {
			b.confirm = func(ctx context.Context, s ledger.Sink, _ ledger.Owner, n uint64) error {
				return b.Ledger.Confirm(ctx, s, us, n)
			}
		})},
		{"sinks follow apart", checkSinksApart, breaking(func(b *broken) {
			b.fix = func(ctx context.Context, _ ledger.Sink, o ledger.Owner, limit int) (ledger.Batch, error) {
				return b.Ledger.Fix(ctx, theSink, o, limit)
			}
		})},
		{"a batch keeps its bounds and number until it is confirmed", checkFixed, breakFix(func(b *broken, batch *ledger.Batch) {
			_ = b.Ledger.Confirm(context.Background(), theSink, us, batch.Number)
		})},
		{"batches have each entry once, oldest first", checkBatches, breakFix(func(_ *broken, batch *ledger.Batch) {
			if len(batch.Entries) > 1 {
				batch.Entries = batch.Entries[1:]
			}
		})},
		{"an entry tells what was touched, by what, and when", checkEntry, breakFix(func(_ *broken, batch *ledger.Batch) {
			for i := range batch.Entries {
				batch.Entries[i].At = batch.Entries[i].At.Add(time.Second)
			}
		})},
		{"a batch without entries has no number", checkNothing, breakFix(func(_ *broken, batch *ledger.Batch) { batch.Number = max(batch.Number, 1) })},
		{"no entry is passed over while many are written", checkNoneMissed, breakFix(func(_ *broken, batch *ledger.Batch) {
			if batch.Number > 1 && len(batch.Entries) > 0 {
				batch.Entries = batch.Entries[:len(batch.Entries)-1]
			}
		})},
		{"a run tells the entry of what it remembered", checkRunEntry, breaking(func(b *broken) {
			b.run = func(ctx context.Context, id ledger.RunID) (ledger.Stored, error) {
				s, err := b.Ledger.Run(ctx, id)
				s.Entry = ledger.Position{}
				return s, err
			}
		})},
	}
}

// breakFix changes what Fix answers.
func breakFix(change func(*broken, *ledger.Batch)) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.fix = func(ctx context.Context, s ledger.Sink, o ledger.Owner, limit int) (ledger.Batch, error) {
			batch, err := b.Ledger.Fix(ctx, s, o, limit)
			change(b, &batch)
			return batch, err
		}
	})
}

// held holds the sink for an owner.
func (h *harness) held(owner ledger.Owner) ledger.Cursor {
	h.Helper()
	cursor, held, err := h.Hold(h.ctx, theSink, owner, sinkLease)
	h.ok(err)
	if !held {
		h.Fatalf("%s does not hold the sink", owner)
	}
	return cursor
}

func (h *harness) fixed(owner ledger.Owner, limit int) ledger.Batch {
	h.Helper()
	b, err := h.Fix(h.ctx, theSink, owner, limit)
	h.ok(err)
	return b
}

// events are those of a batch's entries.
func events(b ledger.Batch) (ids []string) {
	for _, e := range b.Entries {
		ids = append(ids, e.EventID)
	}
	return ids
}

// wantEvents compares a batch's entries by the numbers of their events.
func (h *harness) wantEvents(what string, b ledger.Batch, want ...int) {
	h.Helper()
	var ids []string
	for _, n := range want {
		ids = append(ids, id(kindEvent, n))
	}
	if got := events(b); !slices.Equal(got, ids) {
		h.Errorf("%s: entries of events %v, want %v", what, got, ids)
	}
}

func checkIdentity(h *harness) {
	first, err := h.ID(h.ctx)
	h.ok(err)
	h.ok(h.Close())
	h.reopen()
	again, err := h.ID(h.ctx)
	h.ok(err)
	h.ok(h.Close())
	h.place = h.TempDir()
	h.reopen()
	other, err := h.ID(h.ctx)
	h.ok(err)
	if first == "" || again != first || other == first {
		h.Errorf("named %q, after opening again %q, another ledger %q", first, again, other)
	}
}

func checkHold(h *harness) {
	want := func(what string, owner ledger.Owner, want bool) {
		h.Helper()
		if _, held, err := h.Hold(h.ctx, theSink, owner, sinkLease); err != nil || held != want {
			h.Errorf("%s: %v, %v; want %v", what, held, err, want)
		}
	}
	want("a sink that nobody holds", us, true)
	want("one that is held", them, false)
	h.clock.advance(sinkLease - time.Second)
	want("renewed", us, true)
	h.clock.advance(sinkLease - time.Second)
	want("held on", them, false)
	h.clock.advance(time.Second)
	want("its lease ran out", them, true)
	want("lost", us, false)
	defer func() {
		h.Helper()
		if _, held, err := h.Hold(h.ctx, theSink, them, 0); err != nil || !held {
			h.Errorf("given up: %v, %v", held, err)
		}
		want("one that was given up", us, true)
	}()
	if lag, err := h.Lag(h.ctx, theSink); err != nil || lag.Holder != them {
		h.Errorf("held by %q, %v; want %q", lag.Holder, err, them)
	}
}

func checkHolder(h *harness) {
	h.opened(1)
	wantLost := func(what string, err error) {
		h.Helper()
		if !errors.Is(err, ledger.ErrNotHeld) {
			h.Errorf("%s: %v, want ErrNotHeld", what, err)
		}
	}
	fix := func(owner ledger.Owner) error { _, err := h.Fix(h.ctx, theSink, owner, 10); return err }
	wantLost("a batch of a sink that nobody holds", fix(us))
	h.held(us)
	b := h.fixed(us, 10)
	wantLost("another one's batch", fix(them))
	wantLost("another one's confirmation", h.Confirm(h.ctx, theSink, them, b.Number))
	h.clock.advance(sinkLease)
	wantLost("a batch after the lease", fix(us))
	wantLost("a confirmation after the lease", h.Confirm(h.ctx, theSink, us, b.Number))
	h.held(us)
	h.ok(h.Confirm(h.ctx, theSink, us, b.Number))
	h.ok(h.Confirm(h.ctx, theSink, us, b.Number)) // Its first answer was lost.
	wantLost("a batch that was never fixed", h.Confirm(h.ctx, theSink, us, b.Number+1))
}

func checkSinksApart(h *harness) {
	h.opened(1)
	h.held(us)
	b := h.fixed(us, 10)
	h.ok(h.Confirm(h.ctx, theSink, us, b.Number))
	if _, held, err := h.Hold(h.ctx, "neo4j", them, sinkLease); err != nil || !held {
		h.Fatalf("another sink is held: %v, %v", held, err)
	}
	other, err := h.Fix(h.ctx, "neo4j", them, 10)
	h.ok(err)
	h.wantEvents("another sink's batch", other, 1)
}

func checkFixed(h *harness) {
	h.opened(1)
	h.opened(2)
	h.held(us)
	first := h.fixed(us, 10)
	h.wantEvents("fixed", first, 1, 2)
	h.opened(3)
	again := h.fixed(us, 10)
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
		h.Errorf("fixed again: %s", diff)
	}
	h.clock.advance(sinkLease)
	h.ok(h.Close())
	h.reopen()
	if cursor := h.held(them); cursor.Number != first.Number || cursor.Confirmed != 0 || cursor.At != (ledger.Position{}) {
		h.Errorf("taken over at %+v", cursor)
	}
	if diff := cmp.Diff(first, h.fixed(them, 1), protocmp.Transform()); diff != "" {
		h.Errorf("taken over: %s", diff)
	}
	h.ok(h.Confirm(h.ctx, theSink, them, first.Number))
	cursor := h.held(them)
	if cursor.At != first.Through || cursor.Confirmed != first.Number || cursor.Number != first.Number {
		h.Errorf("confirmed, the cursor is %+v; the batch was %d through %+v", cursor, first.Number, first.Through)
	}
	next := h.fixed(them, 10)
	h.wantEvents("next", next, 3)
	if next.Number <= first.Number || next.After != first.Through {
		h.Errorf("batch %d begins after %+v, the one before was %d through %+v", next.Number, next.After, first.Number, first.Through)
	}
}

// follow fixes and confirms batches until there is none.
func (h *harness) follow(limit int, each func(ledger.Batch)) {
	h.Helper()
	for range 1000 {
		b := h.fixed(us, limit)
		if len(b.Entries) == 0 {
			return
		}
		each(b)
		h.ok(h.Confirm(h.ctx, theSink, us, b.Number))
	}
	h.Fatalf("the outbox has no end")
}

func checkBatches(h *harness) {
	for n := range 7 {
		h.opened(n + 1)
	}
	h.held(us)
	var got []string
	var last ledger.Batch
	h.follow(3, func(b ledger.Batch) {
		if len(b.Entries) > 3 || b.Number <= last.Number || b.After != last.Through || b.Through != b.Entries[len(b.Entries)-1].Position {
			h.Errorf("batch %d of %d entries, after %+v through %+v, follows %d", b.Number, len(b.Entries), b.After, b.Through, last.Number)
		}
		for i, e := range b.Entries {
			if i > 0 && e.Compare(b.Entries[i-1].Position) <= 0 {
				h.Errorf("%+v comes after %+v", e.Position, b.Entries[i-1].Position)
			}
		}
		got, last = append(got, events(b)...), b
	})
	h.wantEvents("followed", ledger.Batch{Entries: entriesOf(got)}, 1, 2, 3, 4, 5, 6, 7)
}

func entriesOf(events []string) (entries []ledger.Entry) {
	for _, e := range events {
		entries = append(entries, ledger.Entry{EventID: e})
	}
	return entries
}

func checkEntry(h *harness) {
	given := opening(1, event(1))
	_, err := h.Open(h.ctx, given)
	h.ok(err)
	_, err = h.Open(h.ctx, given) // A duplicate touches nothing.
	h.ok(err)
	opened := h.clock.Now()
	h.clock.advance(time.Minute)
	_, err = h.Pin(h.ctx, ledger.Pinning{Run: given.Run, Authn: "signature", Plan: plan("a"), Delta: given.Delta})
	h.ok(err)
	token := opening(2, event(2))
	token.Authn = "token"
	_, err = h.Open(h.ctx, token)
	h.ok(err)
	h.held(us)
	want := []ledger.Entry{
		{EventID: given.Event.GetId(), Kind: "opened", Delta: given.Delta, Authn: "signature", At: opened},
		{EventID: given.Event.GetId(), Kind: "planned", Delta: given.Delta, Authn: "signature", At: h.clock.Now()},
		{EventID: token.Event.GetId(), Kind: "opened", Delta: token.Delta, Authn: "token", At: h.clock.Now()},
	}
	got := h.fixed(us, 10).Entries
	for i := range got {
		got[i].Position = ledger.Position{}
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		h.Errorf("%s", diff)
	}
}

func checkNothing(h *harness) {
	h.held(us)
	if b := h.fixed(us, 10); b.Number != 0 || len(b.Entries) != 0 {
		h.Errorf("of nothing: batch %d with %d entries", b.Number, len(b.Entries))
	}
	h.opened(1)
	h.follow(10, func(ledger.Batch) {})
	cursor := h.held(us)
	if b := h.fixed(us, 10); b.Number != 0 || h.held(us) != cursor {
		h.Errorf("nothing new: batch %d, the cursor went from %+v to %+v", b.Number, cursor, h.held(us))
	}
}

func checkNoneMissed(h *harness) {
	const writers, each = 4, 25
	h.held(us)
	seen := make(map[string]int)
	note := func(b ledger.Batch) {
		for _, e := range b.Entries {
			seen[e.EventID]++
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		together(writers, func(w int) {
			for n := range each {
				o := opening(w*each+n, event(w*each+n))
				if _, err := h.Open(h.ctx, o); err != nil {
					h.Errorf("open: %v", err)
				}
			}
		})
	}()
	for writing := true; writing; {
		select {
		case <-done:
			writing = false
		default:
		}
		h.follow(7, note)
	}
	h.follow(7, note)
	for n := range writers * each {
		if seen[id(kindEvent, n)] != 1 {
			h.Errorf("event %d is in %d entries that were followed", n, seen[id(kindEvent, n)])
		}
	}
}

func checkRunEntry(h *harness) {
	var positions []ledger.Position
	for n := range 2 {
		o, err := h.Open(h.ctx, opening(n, event(n)))
		h.ok(err)
		positions = append(positions, o.Entry)
	}
	again, err := h.Open(h.ctx, opening(9, event(1)))
	h.ok(err)
	read, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1)))
	h.ok(err)
	h.held(us)
	b := h.fixed(us, 10)
	if len(b.Entries) != 2 {
		h.Fatalf("%d entries, want 2", len(b.Entries))
	}
	got := fmt.Sprint(positions, again.Entry, read.Entry)
	if want := fmt.Sprint([]ledger.Position{b.Entries[0].Position, b.Entries[1].Position}, b.Entries[1].Position, b.Entries[1].Position); got != want {
		h.Errorf("runs tell %s, their entries are at %s", got, want)
	}
}

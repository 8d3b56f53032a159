package ledgertest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func openEntries() []entry {
	return []entry{
		{"open records event and run", checkOpen, breakOpen(func(o *ledger.Opening) { o.Links = nil })},
		{"open counts a duplicate", checkDuplicate, breakOpen(func(o *ledger.Opening) {
			o.Event = proto.CloneOf(o.Event)
			o.Event.Id = string(o.Run)
		})},
		{"open makes one run of many at once", checkConcurrentOpen, breakOpened(func(o *ledger.Opened) { o.Created = true })},
		{"open remembers a windowed event for its window", checkWindow, breakOpen(func(o *ledger.Opening) {
			o.Event = proto.CloneOf(o.Event)
			o.Event.DedupWindow = nil
		})},
		{"open gives an unplanned run away when its lease ran out", checkOpenLease, breakOpened(func(o *ledger.Opened) { o.Leased = true })},
		{"claim leases what nobody plans", checkClaim, breaking(func(b *broken) {
			b.claim = func(ctx context.Context, o ledger.Owner, limit int, _ time.Duration) ([]ledger.Stored, error) {
				return b.Ledger.Claim(ctx, o, limit, 0)
			}
		})},
		{"claim gives a run to one of many", checkConcurrentClaim, breaking(func(b *broken) {
			b.claim = func(ctx context.Context, o ledger.Owner, limit int, _ time.Duration) ([]ledger.Stored, error) {
				return b.Ledger.Claim(ctx, o, limit, 0)
			}
		})},
	}
}

func checkOpen(h *harness) {
	given := opening(1, event(1))
	o, err := h.Open(h.ctx, given)
	h.ok(err)
	if !o.Created || !o.Leased {
		h.Errorf("created %v, leased %v, want both", o.Created, o.Leased)
	}
	stored, err := h.Run(h.ctx, given.Run)
	h.ok(err)
	for _, s := range []ledger.Stored{o.Stored, stored} {
		want := map[string]uint32{"records.upsert": 2, "facts.record": 1, "graph.upsert": 1}
		for _, w := range s.Run.GetWrites() {
			if w.GetStore() != h.Store() || w.GetState() != "done" || w.GetRows() != want[w.GetTool()] {
				h.Errorf("write %v, want %d rows done", w, want[w.GetTool()])
			}
			delete(want, w.GetTool())
		}
		if len(want) > 0 {
			h.Errorf("writes are missing: %v", want)
		}
		r := s.Run
		if r.GetRunId() != string(given.Run) || r.GetEventId() != given.Event.GetId() || r.GetAuthn() != "signature" || r.GetDeliveries() != 1 ||
			!r.GetOpenedAt().AsTime().Equal(h.clock.Now()) || r.GetPlan() != nil || r.GetDecidedAt() != nil {
			h.Errorf("run %v", r)
		}
		if diff := cmp.Diff(given.Links, r.GetLinks(), protocmp.Transform()); diff != "" {
			h.Errorf("links: %s", diff)
		}
		if diff := cmp.Diff(ledger.Head(given.Event), r.GetEvent(), protocmp.Transform()); diff != "" {
			h.Errorf("head: %s", diff)
		}
		if diff := cmp.Diff(given.Event, s.Event, protocmp.Transform()); diff != "" {
			h.Errorf("event: %s", diff)
		}
	}
}

func checkDuplicate(h *harness) {
	first := h.opened(1)
	o, err := h.Open(h.ctx, opening(2, event(1)))
	h.ok(err)
	if o.Created || ledger.RunID(o.Run.GetRunId()) != first || o.Run.GetDeliveries() != 2 || o.Event.GetId() != event(1).GetId() {
		h.Errorf("created %v, run %s with %d deliveries; want run %s with 2", o.Created, o.Run.GetRunId(), o.Run.GetDeliveries(), first)
	}
	if seen, err := h.Timeline(h.ctx, change, 10); err != nil || len(seen) != 1 {
		h.Errorf("a duplicate was observed again: %v, %v", seen, err)
	}
}

func checkConcurrentOpen(h *harness) {
	var created, leased atomic.Int32
	runs := make([]string, 64)
	together(len(runs), func(i int) {
		o, err := h.Open(h.ctx, opening(i, event(1)))
		if err != nil {
			h.Errorf("open: %v", err)
			return
		}
		if o.Created {
			created.Add(1)
		}
		if o.Leased {
			leased.Add(1)
		}
		runs[i] = o.Run.GetRunId()
	})
	if created.Load() != 1 || leased.Load() != 1 {
		h.Errorf("%d created and %d leased, want one of each", created.Load(), leased.Load())
	}
	for _, run := range runs {
		if run != runs[0] {
			h.Fatalf("two runs of one event: %s and %s", run, runs[0])
		}
	}
	s, err := h.Run(h.ctx, ledger.RunID(runs[0]))
	h.ok(err)
	if s.Run.GetDeliveries() != 64 {
		h.Errorf("%d deliveries, want 64", s.Run.GetDeliveries())
	}
}

func checkWindow(h *harness) {
	run := func(n int, e *eventv1.WebhookEvent) string {
		o, err := h.Open(h.ctx, opening(n, e))
		h.ok(err)
		return o.Run.GetRunId()
	}
	first := run(1, windowed(1, "key", 0))
	if got := run(2, windowed(2, "key", 9*time.Minute)); got != first {
		h.Errorf("nine minutes later: run %s, want the first one", got)
	}
	third := run(3, windowed(3, "key", 11*time.Minute))
	if third == first {
		h.Errorf("eleven minutes later: still the first run")
	}
	if got := run(4, windowed(4, "key", 12*time.Minute)); got != third {
		h.Errorf("twelve minutes later: run %s, want the newest, %s", got, third)
	}
	if got := run(5, windowed(5, "another", 12*time.Minute)); got == third {
		h.Errorf("another key: the same run")
	}
	elsewhere := windowed(6, "key", 12*time.Minute)
	elsewhere.Instance = "eu"
	if got := run(6, elsewhere); got == third {
		h.Errorf("another instance: the same run")
	}
}

func checkOpenLease(h *harness) {
	again := func() bool {
		o, err := h.Open(h.ctx, opening(9, event(1)))
		h.ok(err)
		return o.Leased
	}
	run := h.opened(1)
	if h.clock.advance(runLease - time.Second); again() {
		h.Errorf("leased to two within the lease")
	}
	if h.clock.advance(time.Second); !again() {
		h.Errorf("not leased after the lease ran out")
	}
	if again() {
		h.Errorf("leased to two after the first lease ran out")
	}
	_, err := h.Pin(h.ctx, ledger.Pinning{Run: run, Plan: plan("a")})
	h.ok(err)
	if h.clock.advance(time.Hour); again() {
		h.Errorf("a planned run was leased")
	}
}

func checkClaim(h *harness) {
	claim := func() []ledger.Stored {
		list, err := h.Claim(h.ctx, them, 10, runLease)
		h.ok(err)
		return list
	}
	run := h.opened(1)
	h.pinned(2)
	if got := claim(); len(got) != 0 {
		h.Errorf("claimed %d runs whose lease lasts", len(got))
	}
	h.clock.advance(runLease)
	got := claim()
	if len(got) != 1 || got[0].Run.GetRunId() != string(run) {
		h.Fatalf("claimed %v, want run %s", got, run)
	}
	if diff := cmp.Diff(event(1), got[0].Event, protocmp.Transform()); diff != "" || len(got[0].Run.GetLinks()) != 1 {
		h.Errorf("a claimed run lacks its links or its event: %s", diff)
	}
	if got := claim(); len(got) != 0 {
		h.Errorf("claimed twice")
	}
}

func checkConcurrentClaim(h *harness) {
	const runs = 16
	for n := range runs {
		h.opened(n)
	}
	h.clock.advance(runLease)
	var claimed atomic.Int32
	together(8, func(int) {
		list, err := h.Claim(h.ctx, them, 4, runLease)
		if err != nil {
			h.Errorf("claim: %v", err)
		}
		claimed.Add(int32(len(list)))
	})
	if claimed.Load() != runs {
		h.Errorf("%d claims of %d runs", claimed.Load(), runs)
	}
	list, err := h.Claim(h.ctx, them, runs, runLease)
	h.ok(err)
	if len(list) != 0 {
		h.Errorf("%d runs were claimed twice", len(list))
	}
}

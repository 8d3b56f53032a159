package ledgertest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func callEntries() []entry {
	return []entry{
		{"record stores outcomes", checkRecord, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
				return b.Ledger.Record(ctx, run, outcomes[:1])
			}
		})},
		{"record changes nothing that is over", checkRecordOnce, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
				s, err := b.Ledger.Record(ctx, run, outcomes)
				s.Run.Calls[0].State = outcomes[0].State
				return s, err
			}
		})},
		{"restart queues what failed", checkRestart, breakRestart()},
		{"restart respects an effect taken by another", checkRestartTaken, breakRestart()},
		{"lease takes calls that are due", checkLease, breaking(func(b *broken) {
			b.leaseCalls = func(context.Context, ledger.Leasing) ([]ledger.Call, error) { return nil, nil }
		})},
		{"lease takes one call of a key", checkLeaseOneKey, breakLease()},
		{"lease gives a call to one of many", checkConcurrentLease, breakLease()},
		{"a call that ran out is put to rest", checkExpired, breakPin(func(p *ledger.Pinning) {
			for i := range p.Calls {
				p.Calls[i].ValidUntil = p.Calls[i].ValidUntil.Add(24 * time.Hour)
			}
		})},
		{"a dry run or a read that ran out did nothing", checkExpiredHarmless, breakPin(func(p *ledger.Pinning) {
			for i := range p.Calls {
				p.Calls[i].Mode, p.Calls[i].Shown.Class = "act", "set"
			}
		})},
		{"calls that ran out are not made, however many did", checkManyExpired, breakPin(func(p *ledger.Pinning) {
			for i := range p.Calls {
				p.Calls[i].ValidUntil = p.Calls[i].ValidUntil.Add(24 * time.Hour)
			}
		})},
		{"a call that ran out while it was leased is not begun", checkExpiredLeased, breaking(func(b *broken) {
			b.extend = func(context.Context, ledger.Owner, ledger.CallID, time.Time, time.Time) (bool, error) {
				return true, nil
			}
		})},
		{"an effect that may still come locks its key", checkPending, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
				outcomes[0].State, outcomes[0].NextAt, outcomes[0].MayCome = "queued", time.Time{}, false
				return b.Ledger.Record(ctx, run, outcomes)
			}
		})},
		{"an effect that may still come of a call given up locks its key", checkGivenUp, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
				outcomes[0].MayCome = false
				return b.Ledger.Record(ctx, run, outcomes)
			}
		})},
		{"who leases a call is told that it was begun", checkBegun, breaking(func(b *broken) {
			b.leaseCalls = func(ctx context.Context, l ledger.Leasing) ([]ledger.Call, error) {
				calls, err := b.Ledger.LeaseCalls(ctx, l)
				for i := range calls {
					calls[i].Begun = true
				}
				return calls, err
			}
		})},
		{"what was tried in vain waits behind what is due longer", checkTurns, breaking(func(b *broken) {
			b.leaseCalls = func(ctx context.Context, l ledger.Leasing) ([]ledger.Call, error) {
				limit := l.Limit
				l.Limit++
				calls, err := b.Ledger.LeaseCalls(ctx, l)
				slices.Reverse(calls)
				return calls[:min(limit, len(calls))], err
			}
		})},
		{"calls that wait for their key hold nobody up", checkWaitingPassedOver, breaking(func(b *broken) {
			b.leaseCalls = func(ctx context.Context, l ledger.Leasing) ([]ledger.Call, error) {
				l.Limit++
				calls, err := b.Ledger.LeaseCalls(ctx, l)
				return calls[:max(0, len(calls)-1)], err
			}
		})},
		{"extend lets one attempt start", checkExtend, breaking(func(b *broken) {
			b.extend = func(ctx context.Context, o ledger.Owner, c ledger.CallID, notAfter, lookAt time.Time) (bool, error) {
				_, err := b.Ledger.Extend(ctx, o, c, notAfter, lookAt)
				return true, err
			}
		})},
	}
}

func checkRecord(h *harness) {
	run := h.pinned(1, h.intent(1, 1, "set"), h.intent(2, 2, "create")).Run.GetRunId()
	h.clock.advance(time.Second)
	next := h.clock.Now().Add(time.Minute)
	record := func(outcomes ...ledger.Outcome) *toolsv1.Run {
		s, err := h.Record(h.ctx, ledger.RunID(run), outcomes)
		h.ok(err)
		return s.Run
	}
	evidence := func(detail string) []*toolsv1.Evidence {
		return []*toolsv1.Evidence{{Kind: "executor", Detail: detail}}
	}
	got := record(
		ledger.Outcome{Call: ledger.CallID(id(kindCall, 1)), State: "done", ResultRef: issue, URL: "https://x", Evidence: evidence("a"), Attempted: true},
		ledger.Outcome{Call: ledger.CallID(id(kindCall, 2)), State: "queued", Reason: "rate_limited", NextAt: next, Evidence: evidence("b"), Attempted: true})
	if got.GetDecidedAt() != nil {
		h.Errorf("decided while a call is queued")
	}
	h.clock.advance(time.Minute)
	h.lease(them)
	got = record(ledger.Outcome{Call: ledger.CallID(id(kindCall, 2)), State: "failed", Reason: "rejected", Evidence: evidence("c"), Attempted: true})
	stored, err := h.Run(h.ctx, ledger.RunID(run))
	h.ok(err)
	for _, r := range []*toolsv1.Run{got, stored.Run} {
		if len(r.GetCalls()) != 2 {
			h.Fatalf("%d calls", len(r.GetCalls()))
		}
		if c := r.GetCalls()[0]; c.GetState() != "done" || c.GetResultRef() != issue || c.GetUrl() != "https://x" || c.GetAttempts() != 1 || len(c.GetEvidence()) != 1 {
			h.Errorf("first call: %v", c)
		}
		if c := r.GetCalls()[1]; c.GetState() != "failed" || c.GetReason() != "rejected" || c.GetAttempts() != 2 || len(c.GetEvidence()) != 2 || c.GetNextAt() != nil {
			h.Errorf("second call: %v", c)
		}
		if !r.GetDecidedAt().AsTime().Equal(h.clock.Now()) {
			h.Errorf("decided at %v, want %v", r.GetDecidedAt().AsTime(), h.clock.Now())
		}
	}
}

func checkRecordOnce(h *harness) {
	h.pinned(1, h.intent(1, 1, "set"))
	decided := h.settle(1, "done", "").Run.GetDecidedAt().AsTime()
	h.clock.advance(time.Second)
	s := h.settle(1, "failed", "rejected")
	if c := s.Run.GetCalls()[0]; c.GetState() != "done" || c.GetAttempts() != 1 || !s.Run.GetDecidedAt().AsTime().Equal(decided) {
		h.Errorf("a late outcome changed the call to %v", c)
	}
}

func checkRestart(h *harness) {
	done := h.intent(2, 2, "set")
	run := ledger.RunID(h.pinned(1, h.intent(1, 1, "set"), done).Run.GetRunId())
	_, err := h.Record(h.ctx, run, []ledger.Outcome{
		{Call: ledger.CallID(id(kindCall, 1)), State: "failed", Reason: "expired"},
		{Call: ledger.CallID(id(kindCall, 2)), State: "done"},
	})
	h.ok(err)
	h.clock.advance(2 * time.Hour) // Past the first validity.
	s, err := h.Restart(h.ctx, run, h.asBefore(1))
	h.ok(err)
	if c := s.Run.GetCalls(); c[0].GetState() != "queued" || c[0].GetReason() != "" || c[1].GetState() != "done" || s.Run.GetDecidedAt() != nil {
		h.Errorf("after a restart: %v, decided %v", c, s.Run.GetDecidedAt())
	}
	if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, 1) {
		h.Errorf("leased %v, want what was started again", got)
	}
}

func checkRestartTaken(h *harness) {
	h.pinned(1, h.intent(1, 1, "set"))
	h.settle(1, "failed", "rejected")
	h.pinned(2, h.intent(2, 1, "set"))
	s, err := h.Restart(h.ctx, ledger.RunID(id(kindRun, 1)), h.asBefore(1))
	h.ok(err)
	h.wantCall(1, "skipped", "same_as")
	if s.Run.GetDecidedAt() == nil {
		h.Errorf("nothing is open and the run is not decided")
	}
}

func checkLease(h *harness) {
	h.pinned(1, h.intent(1, 1, "set")) // We hold it.
	late := h.queued(2, 2, "set")
	h.pinned(2, late)
	if got := h.lease(them); len(got) != 1 || got[0] != id(kindCall, 2) {
		h.Errorf("leased %v, want the queued one", got)
	}
	_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, 2)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 2)), State: "queued", NextAt: h.clock.Now().Add(2 * callLease)}})
	h.ok(err)
	h.clock.advance(callLease)
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: them, Limit: 10, Lease: callLease})
	h.ok(err)
	if len(calls) != 1 || calls[0].Shown.GetCallId() != id(kindCall, 1) {
		h.Fatalf("leased %v, want the one whose lease ran out", calls)
	}
	want := h.intent(1, 1, "set")
	if c := calls[0]; c.Shown.GetState() != "running" || c.EventID != event(1).GetId() || c.Run != ledger.RunID(id(kindRun, 1)) || c.Mode != "act" || c.Owner != them ||
		c.Payload.GetFields()["status"].GetStringValue() != "Done" || c.Occurrence != want.Occurrence || c.ValidUntil.IsZero() {
		h.Errorf("leased %+v", c)
	}
	h.clock.advance(callLease)
	if got := h.lease(us); len(got) != 2 {
		h.Errorf("leased %v, want both: one whose lease ran out, one whose time has come", got)
	}
}

func checkLeaseOneKey(h *harness) {
	for n := range 3 {
		c := h.queued(n, 1, "upsert")
		c.Version = time.Time{}
		h.pinned(n, c)
	}
	for n := range 3 {
		if got := h.lease(us); len(got) != 1 || got[0] != id(kindCall, n) {
			h.Fatalf("leased %v, want call %d alone", got, n)
		}
		if got := h.lease(them); len(got) != 0 {
			h.Fatalf("leased %v of a key that is worked on", got)
		}
		h.settle(n, "done", "")
		h.clock.advance(time.Microsecond)
	}
}

func checkConcurrentLease(h *harness) {
	const calls = 32
	for n := range calls {
		h.pinned(n, h.queued(n, n, "set"))
	}
	var mu sync.Mutex
	times := map[string]int{}
	together(8, func(int) {
		for range calls / 8 {
			leased, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 1, Lease: callLease})
			if err != nil {
				h.Errorf("lease: %v", err)
				return
			}
			mu.Lock()
			for _, c := range leased {
				times[c.Shown.GetCallId()]++
			}
			mu.Unlock()
		}
	})
	for call, n := range times {
		if n != 1 {
			h.Errorf("call %s was leased %d times", call, n)
		}
	}
	if len(times) != calls {
		h.Errorf("%d calls were leased, want %d", len(times), calls)
	}
}

func checkExpired(h *harness) {
	h.pinned(1, h.queued(1, 1, "set"))
	h.pinned(2, h.intent(2, 2, "create"))
	h.pinned(3, h.intent(3, 3, "create"))
	_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, 3)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 3)), State: "queued", NextAt: h.clock.Now().Add(2 * time.Hour), MayCome: true}})
	h.ok(err)
	h.clock.advance(time.Hour)
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v", got)
	}
	h.wantCall(1, "failed", "expired")
	h.wantCall(2, "unknown", "")
	h.wantCall(3, "unknown", "")
	if s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1))); err != nil || s.Run.GetDecidedAt() == nil {
		h.Errorf("the run of a call that ran out is not decided: %v", err)
	}
}

// A dry run of which nobody recorded the outcome was called unknown, as if it had acted.
func checkExpiredHarmless(h *harness) {
	dry := h.intent(1, 1, "create")
	dry.Mode = "dry_run"
	h.pinned(1, dry)
	h.pinned(2, h.intent(2, 2, "read"))
	h.clock.advance(time.Hour)
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v", got)
	}
	h.wantCall(1, "failed", "expired")
	h.wantCall(2, "failed", "expired")
}

// More calls than one look puts to rest had run out, and those left over were made.
func checkManyExpired(h *harness) {
	var calls []ledger.Call
	for n := range 300 {
		calls = append(calls, h.queued(n, n, "set"))
	}
	h.pinned(1, calls...)
	h.clock.advance(time.Hour)
	for range 2 {
		if got := h.lease(us); len(got) != 0 {
			h.Fatalf("leased %d calls that ran out", len(got))
		}
	}
	s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1)))
	h.ok(err)
	for _, c := range s.Run.GetCalls() {
		if c.GetState() != "failed" || c.GetReason() != "expired" {
			h.Fatalf("call %s is %s %q", c.GetCallId(), c.GetState(), c.GetReason())
		}
	}
}

func checkExpiredLeased(h *harness) {
	c := h.queued(1, 1, "set")
	c.ValidUntil = h.clock.Now().Add(callLease / 2)
	h.pinned(1, c)
	if got := h.lease(us); len(got) != 1 {
		h.Fatalf("leased %v", got)
	}
	h.clock.advance(callLease / 2)
	now := h.clock.Now()
	if ok, err := h.Extend(h.ctx, us, ledger.CallID(id(kindCall, 1)), now.Add(time.Second), now.Add(5*time.Second)); ok || err != nil {
		h.Errorf("begun, %v, though it ran out", err)
	}
	h.wantCall(1, "queued", "")
	h.clock.advance(callLease)
	h.lease(us)
	h.wantCall(1, "failed", "expired")
}

func checkPending(h *harness) {
	for n, state := range []string{"running", "queued"} {
		c := h.intent(n, n, "upsert")
		h.pinned(n, c)
		_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, n)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, n)), State: state, NextAt: c.LookAt, MayCome: true}})
		h.ok(err)
		next := h.queued(10+n, n, "upsert")
		next.Version = time.Time{}
		h.pinned(10+n, next)
	}
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v before the first attempts are over", got)
	}
	h.clock.advance(20 * time.Second)
	if got := h.lease(us); len(got) != 2 || got[0] != id(kindCall, 0) || got[1] != id(kindCall, 1) {
		h.Errorf("leased %v, want the calls that were begun", got)
	}
}

// The tenth attempt got no answer either: its key was free at once, and so was its retry.
func checkGivenUp(h *harness) {
	for n, class := range []string{"upsert", "create"} {
		h.pinned(n, h.intent(n, n, class))
		_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, n)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, n)), State: "unknown", Reason: "attempts", MayCome: true, Attempted: true}})
		h.ok(err)
		h.wantCall(n, "unknown", "attempts")
	}
	h.clock.advance(time.Second)
	if p := h.pinned(10, h.intent(10, 0, "upsert")); len(p.Leased) != 0 {
		h.Errorf("performed beside an attempt whose effect may still come")
	}
	_, err := h.Retry(h.ctx, ledger.RunID(id(kindRun, 1)), ledger.Retrying{Force: true, By: "ana", Decided: h.asBefore(1)})
	h.ok(err)
	if got := h.lease(us); len(got) != 0 {
		h.Errorf("leased %v before the last attempts are over", got)
	}
	h.clock.advance(20 * time.Second)
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 10, Lease: callLease})
	h.ok(err)
	if len(calls) != 2 || calls[0].Begun || calls[1].Begun {
		h.Errorf("leased %v, want the one that was forced, to be made, and the one that waited", calls)
	}
}

// A call that waits for long, as a provider wants it, is not one that may have acted.
func checkBegun(h *harness) {
	queue := func(n int, mayCome bool) {
		h.pinned(n, h.intent(n, n, "create"))
		_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, n)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, n)), State: "queued", NextAt: h.clock.Now().Add(time.Minute), MayCome: mayCome}})
		h.ok(err)
	}
	queue(1, false)
	queue(2, true)
	h.pinned(3, h.intent(3, 3, "create")) // Its outcome is never recorded.
	h.pinned(4, h.queued(4, 4, "create"))
	h.clock.advance(time.Minute)
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 10, Lease: callLease})
	h.ok(err)
	got := map[string]bool{}
	for _, c := range calls {
		got[c.Shown.GetCallId()] = c.Begun
	}
	want := map[string]bool{id(kindCall, 1): false, id(kindCall, 2): true, id(kindCall, 3): true, id(kindCall, 4): false}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("begun: %s", diff)
	}
}

// A provider that hangs must not keep another one's calls from being made.
func checkTurns(h *harness) {
	hung := h.intent(1, 1, "set")
	h.pinned(1, hung)
	_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, 1)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 1)), State: "queued", Reason: "executor_away", NextAt: hung.LookAt, MayCome: true}})
	h.ok(err)
	h.pinned(2, h.queued(2, 2, "set"))
	h.clock.advance(time.Minute)
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 1, Lease: callLease})
	h.ok(err)
	if len(calls) != 1 || calls[0].Shown.GetCallId() != id(kindCall, 2) {
		h.Errorf("leased %v, want the call that waits longest", calls)
	}
}

// Sixteen comments that waited for their turn, each on another issue, kept every
// other call from being made: they stayed in front.
func checkWaitingPassedOver(h *harness) {
	const waiting = 20
	for n := range waiting {
		h.pinned(n, h.intent(n, n, "upsert"))
		next := h.queued(100+n, n, "upsert")
		next.Version = time.Time{}
		h.pinned(100+n, next)
	}
	h.clock.advance(time.Second)
	h.pinned(200, h.queued(200, 200, "set"))
	for range 2 {
		calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 4, Lease: callLease})
		h.ok(err)
		if len(calls) != 1 || calls[0].Shown.GetCallId() != id(kindCall, 200) {
			h.Fatalf("leased %v, want the one that waits for nobody", calls)
		}
		h.clock.advance(time.Second)
		_, err = h.Record(h.ctx, ledger.RunID(id(kindRun, 200)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 200)), State: "queued", NextAt: h.clock.Now()}})
		h.ok(err)
	}
	for n := range waiting {
		h.settle(n, "done", "")
	}
	h.clock.advance(time.Microsecond)
	if got, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 2 * waiting, Lease: callLease}); err != nil || len(got) != waiting+1 {
		h.Errorf("leased %d, %v; want all that waited and the other one", len(got), err)
	}
}

func checkExtend(h *harness) {
	h.pinned(1, h.queued(1, 1, "set"))
	h.lease(us)
	extend := func(owner ledger.Owner) bool {
		now := h.clock.Now()
		ok, err := h.Extend(h.ctx, owner, ledger.CallID(id(kindCall, 1)), now.Add(time.Second), now.Add(5*time.Second))
		h.ok(err)
		return ok
	}
	if extend(them) {
		h.Errorf("extended by somebody who doesn't hold it")
	}
	if !extend(us) {
		h.Errorf("not extended by who holds it")
	}
	h.wantCall(1, "running", "")
	if extend(us) {
		h.Errorf("a second attempt started beside the first")
	}
	if h.clock.advance(6 * time.Second); !extend(us) {
		h.Errorf("no second attempt after the first was over")
	}
	if h.clock.advance(callLease); extend(us) {
		h.Errorf("extended after the lease ran out")
	}
	h.lease(us)
	h.settle(1, "done", "")
	if extend(us) {
		h.Errorf("extended when it was over")
	}
	if ok, err := h.Extend(h.ctx, us, ledger.CallID(id(kindCall, 404)), h.clock.Now(), h.clock.Now()); ok || err != nil {
		h.Errorf("an unknown call: %v, %v", ok, err)
	}
}

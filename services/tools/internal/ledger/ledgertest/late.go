package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func lateEntries() []entry {
	deaf := breaking(func(b *broken) {
		b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
			if outcomes[0].Owner == us && outcomes[0].State == "done" {
				return b.Run(ctx, run)
			}
			return b.Ledger.Record(ctx, run, outcomes)
		}
	})
	return []entry{
		{"an outcome of whoever lost the call takes nothing from the one who has it", checkLate, breaking(func(b *broken) { takeAnybodys(b, true) })},
		{"an outcome of an owner's first attempt takes nothing from his second", checkLateOwn, breaking(func(b *broken) { takeAnybodys(b, false) })},
		{"an outcome of nobody changes nothing", checkLateNobodys, breaking(func(b *broken) { takeAnybodys(b, true) })},
		{"that an effect was made is kept while another attempt goes on", checkMadeBeside, deaf},
		{"that an effect was made is kept of a call that was put to rest", checkMadeAfter, deaf},
		{"that an effect was made is told where its call can't be done", checkMadeTold, deaf},
		{"what needs a call that was made after all is made too", checkMadeNeeded, deaf},
		{"an outcome that is told again changes nothing", checkToldAgain, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
				s, err := b.Ledger.Record(ctx, run, outcomes)
				outcomes[0].Owner, outcomes[0].ResultRef = other, "jira:issue:ACME-404"
				return s, err
			}
		})},
	}
}

// takeAnybodys has a store take every outcome for that of the attempt that was begun last:
// of another owner, too, or only of his other attempts.
func takeAnybodys(b *broken, owners bool) {
	var owner ledger.Owner
	var notAfter time.Time
	b.extend = func(ctx context.Context, o ledger.Owner, c ledger.CallID, until, lookAt time.Time) (bool, error) {
		owner, notAfter = o, until
		return b.Ledger.Extend(ctx, o, c, until, lookAt)
	}
	b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
		for i := range outcomes {
			if outcomes[i].NotAfter = notAfter; owners {
				outcomes[i].Owner = owner
			}
		}
		return b.Ledger.Record(ctx, run, outcomes)
	}
}

// frozen pins the n-th run with a call that we begin, and returns the outcome of that
// attempt as it is told too late.
func (h *harness) frozen(n int, class, state string) ledger.Outcome {
	h.Helper()
	p := h.pinned(n, h.intent(n, n, class))
	if len(p.Leased) != 1 {
		h.Fatalf("leased %v", p.Leased)
	}
	o := p.Leased[0].Outcome()
	o.State, o.Attempted = state, true
	if state == "done" {
		o.ResultRef, o.URL = made, "https://jira.example/browse/ACME-99"
	}
	return o
}

// made is what an attempt made whose outcome is late.
const made = "jira:issue:ACME-99"

// takenUp has owner lease the n-th call, whose lease ran out, and begin it.
func (h *harness) takenUp(n int, owner ledger.Owner) ledger.Outcome {
	h.Helper()
	h.clock.advance(callLease)
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: owner, Limit: 10, Lease: callLease, Run: ledger.RunID(id(kindRun, n))})
	h.ok(err)
	if len(calls) != 1 {
		h.Fatalf("leased %v", calls)
	}
	h.begin(n, owner, true)
	c := calls[0]
	c.NotAfter = h.clock.Now().Add(8 * time.Second)
	return c.Outcome()
}

func (h *harness) begin(n int, owner ledger.Owner, want bool) {
	h.Helper()
	now := h.clock.Now()
	if ok, err := h.Extend(h.ctx, owner, ledger.CallID(id(kindCall, n)), now.Add(8*time.Second), now.Add(20*time.Second)); err != nil || ok != want {
		h.Errorf("begun %v, %v; want %v", ok, err, want)
	}
}

// ends records an outcome of the n-th run's n-th call.
func (h *harness) ends(n int, o ledger.Outcome) ledger.Stored {
	h.Helper()
	s, err := h.Record(h.ctx, ledger.RunID(id(kindRun, n)), []ledger.Outcome{o})
	h.ok(err)
	return s
}

// wantLate: it is told that an outcome of the n-th run's call was late, and says what.
func (h *harness) wantLate(n int, s ledger.Stored, says string) {
	h.Helper()
	if !slices.Equal(s.Late, []ledger.CallID{ledger.CallID(id(kindCall, n))}) {
		h.Errorf("late are %v, want call %d", s.Late, n)
	}
	for _, e := range s.Run.GetCalls()[0].GetEvidence() {
		if e.GetKind() == ledger.EvidenceLate && strings.Contains(e.GetDetail(), says) {
			return
		}
	}
	h.Errorf("call of run %d has evidence %v, want that it is late, and %q", n, s.Run.GetCalls()[0].GetEvidence(), says)
}

// lateStates are what an attempt may come to, but for done.
func lateStates() []ledger.Outcome {
	return []ledger.Outcome{
		{State: "queued", Reason: "deadline"},
		{State: "queued", Reason: "provider_away", MayCome: true},
		{State: "failed", Reason: "rejected"},
		{State: "unknown", Reason: "attempts", MayCome: true},
		{State: "refused", Reason: "choice"},
		{State: "dry_run", Reason: "no_token"},
	}
}

// One process stood still, another one took the call up, and the first one's word on an
// attempt that was refused for its time gave up the second one's lease: it was made twice.
func checkLate(h *harness) {
	for n, late := range lateStates() {
		o := h.frozen(n, effectClasses()[n%3], late.State)
		second := h.takenUp(n, them)
		o.Reason, o.MayCome, o.NextAt = late.Reason, late.MayCome, h.clock.Now()
		h.wantLate(n, h.ends(n, o), strings.TrimSpace(late.State+", "+late.Reason))
		h.wantCall(n, "running", "")
		if got := h.lease(other); len(got) != 0 {
			h.Fatalf("%s: leased %v, which somebody works on", late.State, got)
		}
		second.State, second.ResultRef = "done", issue
		h.ends(n, second)
		h.wantCall(n, "done", "")
		// Nor does it take back what the other one knows.
		h.ends(n, o)
		h.wantCall(n, "done", "")
		if c := h.call(n); c.GetResultRef() != issue {
			h.Errorf("its result is %q", c.GetResultRef())
		}
	}
}

func checkLateOwn(h *harness) {
	for n, late := range lateStates() {
		o := h.frozen(n, effectClasses()[n%3], late.State)
		second := h.takenUp(n, us)
		o.Reason, o.MayCome, o.NextAt = late.Reason, late.MayCome, h.clock.Now()
		h.wantLate(n, h.ends(n, o), late.State)
		h.wantCall(n, "running", "")
		if got := h.lease(other); len(got) != 0 {
			h.Fatalf("%s: leased %v, which somebody works on", late.State, got)
		}
		second.State = "failed"
		h.ends(n, second)
		h.wantCall(n, "failed", "")
	}
}

func checkLateNobodys(h *harness) {
	o := h.frozen(1, "create", "failed")
	h.takenUp(1, us)
	o.Owner, o.Call = "", ledger.CallID(id(kindCall, 1))
	_, err := h.Ledger.Record(h.ctx, ledger.RunID(id(kindRun, 1)), []ledger.Outcome{o})
	h.ok(err)
	h.wantCall(1, "running", "")
	h.pinned(2, h.queued(2, 2, "create"))
	h.begin(2, "", false)
	_, err = h.Ledger.Record(h.ctx, ledger.RunID(id(kindRun, 2)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 2)), State: "failed", Effect: ledger.EffectKey(id(kindEffect, 2))}})
	h.ok(err)
	h.wantCall(2, "queued", "")
}

func checkMadeBeside(h *harness) {
	wantMade := func(n int, s ledger.Stored, was string) {
		h.Helper()
		h.wantLate(n, s, "which was "+was)
		h.wantCall(n, "done", "")
		if c := h.call(n); c.GetResultRef() != made || c.GetUrl() == "" {
			h.Errorf("its result is %q at %q", c.GetResultRef(), c.GetUrl())
		}
		if s.Run.GetDecidedAt() == nil {
			h.Errorf("the run is not decided")
		}
	}
	// Leased, and not begun: it is not made a second time.
	o := h.frozen(0, "create", "done")
	h.clock.advance(callLease)
	h.lease(them)
	wantMade(0, h.ends(0, o), "running")
	h.begin(0, them, false)
	// Waiting to be tried again.
	o = h.frozen(1, "create", "done")
	again := h.takenUp(1, them)
	again.State, again.Reason, again.NextAt = "queued", "provider_away", h.clock.Now()
	h.ends(1, again)
	wantMade(1, h.ends(1, o), "queued")
	if got := h.lease(other); len(got) != 0 {
		h.Errorf("leased %v, which was made", got)
	}
	// Begun: what comes of that is late in its turn, and until it is over nobody may act
	// on the key.
	for i, class := range effectClasses() {
		n := 10 + i
		o := h.frozen(n, class, "done")
		second := h.takenUp(n, them)
		wantMade(n, h.ends(n, o), "running")
		if class == "upsert" {
			next := h.intent(100+n, n, class)
			next.Version = time.Time{}
			if p := h.pinned(100+n, next); len(p.Leased) != 0 {
				h.Errorf("performed beside an attempt whose effect may still come")
			}
		}
		second.State, second.Reason = "failed", "rejected"
		h.wantLate(n, h.ends(n, second), "failed, rejected")
		h.wantCall(n, "done", "")
		second.State, second.ResultRef = "done", issue
		h.wantLate(n, h.ends(n, second), "as well")
	}
}

// A call that was put to rest is done, whether it holds its effect or gave it up.
func checkMadeAfter(h *harness) {
	decided := func(state, mode string) func(n int) {
		return func(n int) {
			r := h.asBefore(n)
			r[0] = ended(r[0], state, "choice")
			r[0].Mode = mode
			_, err := h.Restart(h.ctx, ledger.RunID(id(kindRun, n)), r)
			h.ok(err)
		}
	}
	for i, tc := range []struct {
		state, was string
		then       func(n int)
	}{
		{"unknown", "unknown", nil},
		{"failed", "failed", nil},
		{"dry_run", "dry_run", nil},
		{"failed", "refused", decided("refused", "act")},
		{"failed", "held", decided("held", "act")},
		{"failed", "refused", decided("refused", "")},
		{"failed", "queued", func(n int) {
			_, err := h.Restart(h.ctx, ledger.RunID(id(kindRun, n)), h.asBefore(n))
			h.ok(err)
		}},
	} {
		for k, class := range effectClasses() {
			n := 10*i + k
			o := h.frozen(n, class, "done")
			second := h.takenUp(n, them)
			second.State, second.Reason = tc.state, "rejected"
			h.ends(n, second)
			if tc.then != nil {
				tc.then(n)
			}
			h.wantLate(n, h.ends(n, o), "which was "+tc.was)
			h.wantCall(n, "done", "")
			if c := h.call(n); c.GetResultRef() != made || c.GetRequest() != nil {
				h.Errorf("its result is %q, its request %v", c.GetResultRef(), c.GetRequest())
			}
			// It holds its effect, and nobody is to make it again.
			h.clock.advance(callLease)
			same := h.intent(1000+n, n, class)
			same.Occurrence = id(kindEvent, n)
			if p := h.pinned(1000+n, same); len(p.Leased) != 0 {
				h.Errorf("%s after it was %s: made a second time", class, tc.was)
			}
			if _, err := h.Restart(h.ctx, ledger.RunID(id(kindRun, n)), h.asBefore(n)); err != nil {
				h.Errorf("restart: %v", err)
			}
			if got := h.lease(other); len(got) != 0 {
				h.Errorf("%s after it was %s: leased %v", class, tc.was, got)
			}
		}
	}
}

func checkMadeTold(h *harness) {
	told := func(n int, o ledger.Outcome, state, says string) {
		h.Helper()
		s := h.ends(n, o)
		h.wantLate(n, s, says)
		c := s.Run.GetCalls()[0]
		if c.GetState() != state || !slices.ContainsFunc(c.GetEvidence(), func(e *toolsv1.Evidence) bool { return e.GetRef() == made }) {
			h.Errorf("call of run %d is %s with evidence %v, want %s, and what was made", n, c.GetState(), c.GetEvidence(), state)
		}
	}
	// Another call has its effect by now.
	o := h.frozen(1, "create", "done")
	second := h.takenUp(1, them)
	second.State = "failed"
	h.ends(1, second)
	h.pinned(2, h.intent(2, 1, "create"))
	told(1, o, "failed", "call "+id(kindCall, 2))
	// And it was put behind that one.
	_, err := h.Restart(h.ctx, ledger.RunID(id(kindRun, 1)), h.asBefore(1))
	h.ok(err)
	h.wantCall(1, "skipped", "same_as")
	told(1, o, "skipped", "all the same")
	// It is to have another effect.
	o = h.frozen(3, "create", "done")
	second = h.takenUp(3, them)
	second.State = "failed"
	h.ends(3, second)
	r := h.asBefore(3)
	r[0].Shown.EffectKey = id(kindEffect, 33)
	_, err = h.Restart(h.ctx, ledger.RunID(id(kindRun, 3)), r)
	h.ok(err)
	told(3, o, "queued", "another one")
}

func checkMadeNeeded(h *harness) {
	p := h.pinned(1, h.intent(1, 1, "create"), h.needing(2, 1), h.needing(3, 2))
	o := p.Leased[0].Outcome()
	second := h.takenUp(1, them)
	second.State = "unknown"
	h.ends(1, second)
	h.wantStates(1, "unknown ", "skipped dependency", "skipped dependency")
	o.State, o.ResultRef = "done", made
	if s := h.ends(1, o); s.Run.GetDecidedAt() != nil {
		h.Errorf("decided, with calls that are queued")
	}
	h.wantStates(1, "done ", "queued dependency", "queued dependency")
	if got := h.lease(us); !slices.Equal(got, []string{id(kindCall, 2)}) {
		h.Errorf("leased %v, want the one whose need is met", got)
	}
}

// The answer to a Record was lost, and it is told again.
func checkToldAgain(h *harness) {
	for n, o := range append(lateStates(), ledger.Outcome{State: "done", ResultRef: made}) {
		first := h.frozen(n, effectClasses()[n%3], o.State)
		first.Reason, first.MayCome, first.NextAt, first.ResultRef = o.Reason, o.MayCome, h.clock.Now().Add(time.Minute), o.ResultRef
		list := []ledger.Outcome{first}
		for range 2 {
			s, err := h.Record(h.ctx, ledger.RunID(id(kindRun, n)), list)
			h.ok(err)
			if c := s.Run.GetCalls()[0]; len(s.Late) != 0 || c.GetAttempts() != 1 || len(c.GetEvidence()) != 0 {
				h.Errorf("%s: late are %v, call %v", o.State, s.Late, c)
			}
		}
		before := h.call(n)
		h.ends(n, first)
		if after := h.call(n); !proto.Equal(before, after) {
			h.Errorf("%s", fmt.Sprintf("it was %v and is %v", before, after))
		}
	}
}

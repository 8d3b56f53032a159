package ledgertest

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func overtakingEntries() []entry {
	noSets := breakPin(func(p *ledger.Pinning) {
		for i := range p.Calls {
			p.Calls[i].Sets = ""
		}
	})
	changes := func(are bool) func(Opener) Opener {
		return breakOpen(func(o *ledger.Opening) {
			for _, e := range o.Delta.Entities {
				for i := range e.Attributes {
					e.Attributes[i].Changed = are
				}
			}
		})
	}
	return []entry{
		{"a set that somebody else overtook is superseded", checkOvertaken, noSets},
		{"a set that waited is superseded when it is begun", checkOvertakenLater, noSets},
		{"a set that was begun before and is superseded may have acted", checkOvertakenBegun, noSets},
		{"a set that our own account overtook is made", checkOvertakenByUs, breaking(func(b *broken) {
			b.record = func(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
				for i := range outcomes {
					outcomes[i].Account = ""
				}
				return b.Ledger.Record(ctx, run, outcomes)
			}
		})},
		{"a set is made where somebody else repeats what is so", checkRepeated, changes(true)},
		{"what changed supersedes in whatever order events come", checkOvertakenInAnyOrder, changes(false)},
		{"a set whose input doesn't say to what is superseded too", checkOvertakenFixed, breakPin(func(p *ledger.Pinning) {
			for i := range p.Calls {
				p.Calls[i].Sets = "state=closed"
			}
		})},
		{"what was forgotten supersedes nothing", checkOvertakenForgotten, breaking(func(b *broken) {
			b.forget = func(ctx context.Context, ref string, _ bool, _ func(ledger.Pass)) (ledger.Forgotten, error) {
				return b.Ledger.Forget(ctx, ref, true, nil)
			}
		})},
	}
}

// statusTold is what an event tells of a status: what it is since when, whether the event changed it, and by whom.
type statusTold struct {
	status  string
	at      time.Duration // after now
	changed bool
	authn   string
	actor   string // ana, who acts in all events, where it is left out
	of      string // the issue, where it is left out
}

// toldStatus opens the n-th run with an event that tells it of an issue.
func (h *harness) toldStatus(n int, s statusTold) {
	h.Helper()
	e := event(n)
	if s.actor != "" {
		e.Actor = &eventv1.Account{Id: s.actor, Login: s.actor}
	}
	o := opening(n, e)
	if s.authn != "" {
		o.Authn = s.authn
	}
	o.Delta = project.Delta{Entities: []project.Entity{{
		Ref: cmp.Or(s.of, issue), Kind: "issue",
		Attributes: []project.Attribute{{
			Name: "status", Value: s.status, Changed: s.changed,
			Version: project.Version{At: h.clock.Now().Add(s.at), EventID: o.Event.GetId()},
		}},
	}}}
	_, err := h.Open(h.ctx, o)
	h.ok(err)
}

// setting is the n-th call, which sets the issue's status to Done, planned on now.
func (h *harness) setting(n int) ledger.Call {
	c := h.intent(n, n, "set")
	c.Sets = "status"
	return c
}

func checkOvertaken(h *harness) {
	for n, c := range []struct {
		told statusTold
		want string
	}{
		{statusTold{status: "In Progress", at: -time.Second, changed: true}, "running "}, // before the event that it was planned on
		{statusTold{status: "done", at: time.Second, changed: true}, "running "},         // just what it would be set to
		{statusTold{status: "Closed", at: 3 * time.Second, changed: true, authn: "token"}, "running "},
		{statusTold{status: "Blocked", at: 2 * time.Second, changed: true}, "skipped superseded"},
	} {
		h.toldStatus(100+n, c.told)
		p := h.pinned(n, h.setting(n))
		h.wantStates(n, c.want)
		if leased := c.want == "running "; len(p.Leased) > 0 != leased {
			h.Errorf("%s: %d leased", c.told.status, len(p.Leased))
		}
	}
}

func checkOvertakenLater(h *harness) {
	c := h.queued(1, 1, "set")
	c.Sets = "status"
	h.pinned(1, c, h.needing(2, 1))
	h.lease(us)
	h.toldStatus(3, statusTold{status: "Blocked", at: time.Second, changed: true})
	if ok, err := h.Extend(h.ctx, us, ledger.CallID(id(kindCall, 1)), h.clock.Now(), h.clock.Now()); ok || err != nil {
		h.Errorf("begun, %v, though somebody has changed it since", err)
	}
	h.wantStates(1, "skipped superseded", "skipped dependency")
	if s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1))); err != nil || len(s.Run.GetCalls()[0].GetEvidence()) != 1 {
		h.Errorf("evidence %v, %v; want who changed it, for it was never begun", s.Run.GetCalls()[0].GetEvidence(), err)
	}
	if s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1))); err != nil || s.Run.GetDecidedAt() == nil {
		h.Errorf("the run is not decided: %v", err)
	}
}

// An attempt has no answer, and before the next one somebody else changes it: it is put
// to rest, and it is said that the attempt may have acted.
func checkOvertakenBegun(h *harness) {
	h.pinned(1, h.setting(1))
	h.clock.advance(callLease) // Its process died.
	if got := h.lease(them); len(got) != 1 {
		h.Fatalf("leased %v", got)
	}
	h.toldStatus(2, statusTold{status: "Blocked", at: time.Second, changed: true})
	if ok, err := h.Extend(h.ctx, them, ledger.CallID(id(kindCall, 1)), h.clock.Now(), h.clock.Now()); ok || err != nil {
		h.Errorf("begun again, %v", err)
	}
	h.wantCall(1, "skipped", "superseded")
	evidence := h.call(1).GetEvidence()
	if len(evidence) != 2 || evidence[0].GetRef() != id(kindEvent, 2) || evidence[1].GetKind() != ledger.EvidenceAttempt || !strings.Contains(evidence[1].GetDetail(), "may have acted") {
		h.Errorf("evidence %v", evidence)
	}
}

// Our own change is none, neither alone nor after somebody else's.
func checkOvertakenByUs(h *harness) {
	h.pinned(1, h.intent(1, 1, "set"))
	_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, 1)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 1)), State: "done", Account: "github:user:ana"}})
	h.ok(err)
	h.toldStatus(2, statusTold{status: "Blocked", at: 2 * time.Second, changed: true})
	h.pinned(3, h.setting(3))
	h.wantStates(3, "running ")
	h.toldStatus(4, statusTold{status: "Waiting", at: time.Second, changed: true, actor: "bob"})
	h.pinned(5, h.setting(5))
	h.wantStates(5, "skipped superseded")
	if e := h.call(5).GetEvidence(); len(e) != 1 || e[0].GetRef() != id(kindEvent, 4) {
		h.Errorf("evidence %v, want the event of who changed it", e)
	}
}

// A label that somebody put on the issue kept our move of it from being made: the event
// tells the status too.
func checkRepeated(h *harness) {
	h.toldStatus(1, statusTold{status: "To Do", at: -time.Second})
	h.toldStatus(2, statusTold{status: "To Do", at: time.Second})
	h.pinned(3, h.setting(3))
	h.wantStates(3, "running ")
	c := h.queued(4, 4, "set")
	c.Sets = "status"
	h.pinned(4, c)
	h.lease(us)
	h.toldStatus(5, statusTold{status: "To Do", at: 2 * time.Second})
	now := h.clock.Now()
	if ok, err := h.Extend(h.ctx, us, ledger.CallID(id(kindCall, 4)), now.Add(time.Second), now.Add(2*time.Second)); !ok || err != nil {
		h.Errorf("not begun: %v, %v", ok, err)
	}
}

func checkOvertakenInAnyOrder(h *harness) {
	before := statusTold{status: "To Do", at: -time.Second, changed: true}
	n := 0
	for want, events := range map[string][]statusTold{
		"skipped superseded": {before, {status: "Blocked", at: time.Second, changed: true}, {status: "Blocked", at: 2 * time.Second}},
		"running ":           {before, {status: "To Do", at: time.Second}, {status: "To Do", at: 2 * time.Second}},
	} {
		for _, order := range permutations(len(events)) {
			n++
			c := h.setting(n)
			c.Shown.Target = fmt.Sprintf("jira:issue:ACME-%d", 100+n)
			for _, i := range order {
				events[i].of = c.Shown.Target
				h.toldStatus(100*n+i, events[i])
			}
			h.pinned(n, c)
			if got := h.states(n); got != fmt.Sprintf("%q", []string{want}) {
				h.Errorf("order %v: %s, want %s", order, got, want)
			}
			if e := h.call(n).GetEvidence(); len(e) > 0 && e[0].GetRef() != id(kindEvent, 100*n+1) {
				h.Errorf("order %v: evidence %v, want the event that changed it", order, e)
			}
		}
	}
}

// Closing says in its input why, and not to what.
func checkOvertakenFixed(h *harness) {
	closing := func(n int) ledger.Call {
		c := h.intent(n, n, "set")
		c.Sets = "status=closed"
		return c
	}
	h.toldStatus(1, statusTold{status: "closed", at: time.Second, changed: true})
	h.pinned(2, closing(2))
	h.wantStates(2, "running ")
	h.toldStatus(3, statusTold{status: "open", at: 2 * time.Second, changed: true})
	h.pinned(4, closing(4))
	h.wantStates(4, "skipped superseded")
}

func checkOvertakenForgotten(h *harness) {
	h.toldStatus(1, statusTold{status: "Blocked", at: time.Second, changed: true})
	_, err := h.Forget(h.ctx, issue, false, nil)
	h.ok(err)
	h.toldStatus(2, statusTold{status: "Blocked", at: 2 * time.Second})
	h.pinned(3, h.setting(3))
	h.wantStates(3, "running ")
}

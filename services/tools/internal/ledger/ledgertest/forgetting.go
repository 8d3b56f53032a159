package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func checkForgottenChange(h *harness) {
	h.marked()
	h.wantAll(h.told(), ChangeMarks())
	found := h.forgotten(MarkedChange)
	// Both events about it and the one that names it lose their bodies, a fourth's body names it.
	if found.Events != 3 || found.Bodies != 4 || found.Links == 0 || found.Observations == 0 || found.Entities == 0 {
		h.Errorf("counted %+v", found)
	}
	h.wantNone(h.told(), ChangeMarks())
	h.wantNone(fmt.Sprintf("%+v", bare(h.entered())), ChangeMarks())
}

// bare leaves out what says what was forgotten, and those accounts' addresses.
func bare(entries []ledger.Entry) (list []string) {
	for _, e := range entries {
		if e.Kind == ledger.ReasonForgotten {
			continue
		}
		list = append(list, fmt.Sprintf("%+v", e))
		for _, l := range e.Delta.Links {
			list = append(list, fmt.Sprint(l.Author, l.Editor))
		}
	}
	return list
}

func checkForgottenPerson(h *harness) {
	h.marked()
	h.wantAll(h.told(), PersonMarks())
	h.forgotten(MarkedPerson)
	h.wantNone(h.told(), PersonMarks())
	h.wantNone(fmt.Sprintf("%+v", bare(h.entered())), PersonMarks())
	// The change itself stays, and that somebody edited the text that names it.
	links, err := h.Linked(h.ctx, []string{"github:issue:acme/api#4217"}, 10)
	h.ok(err)
	edited := 0
	for _, l := range links {
		if l.Editor != nil && l.Editor.GetLogin() == "" && l.Author.GetLogin() == "bob" {
			edited++
		}
	}
	if edited != 1 {
		h.Errorf("of links %v, %d are edited by somebody without a name, want 1: else the author alone would be asked for trust", links, edited)
	}
	observed, err := h.Select(h.ctx, fact.Query{Subjects: []string{MarkedChange}, Limit: 100})
	h.ok(err)
	if len(observed) == 0 {
		h.Errorf("what was observed of the change went with the person")
	}
}

func checkUntouched(h *harness) {
	h.marked()
	run := ledger.RunID(id(kindRun, 5))
	before, err := h.Run(h.ctx, run)
	h.ok(err)
	seen, err := h.Timeline(h.ctx, before.Event.GetRef(), 100)
	h.ok(err)
	h.forgotten(MarkedChange)
	h.forgotten(MarkedPerson)
	after, err := h.Run(h.ctx, run)
	h.ok(err)
	if diff := cmp.Diff(before, after, protocmp.Transform()); diff != "" {
		h.Errorf("a run that names neither changed: %s", diff)
	}
	still, err := h.Timeline(h.ctx, before.Event.GetRef(), 100)
	h.ok(err)
	if diff := cmp.Diff(seen, still); diff != "" || len(seen) == 0 {
		h.Errorf("what was observed of it changed: %s", diff)
	}
}

func checkForgottenPlace(h *harness) {
	h.marked()
	h.forgotten(repo)
	h.wantNone(h.told(), append(ChangeMarks(), repo, "github:pr:", "quiet"))
}

func checkDry(h *harness) {
	h.marked()
	for _, ref := range []string{MarkedChange, MarkedPerson} {
		before := h.told()
		dry, err := h.Forget(h.ctx, ref, true, nil)
		h.ok(err)
		if diff := cmp.Diff(before, h.told()); diff != "" {
			h.Errorf("a dry run changed: %s", diff)
		}
		found := h.forgotten(ref)
		found.Through = ledger.Position{}
		if dry != found {
			h.Errorf("%s: counted %+v dry, and %+v then", ref, dry, found)
		}
	}
}

func checkForgottenDelivery(h *harness) {
	h.marked()
	first, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1)))
	h.ok(err)
	h.forgotten(MarkedChange)
	before := h.told()
	o := opening(50, first.Event)
	opened, err := h.Open(h.ctx, o)
	h.ok(err)
	if opened.Created || opened.Leased || opened.Run.GetRunId() != id(kindRun, 1) {
		h.Errorf("a redelivery created %v, leased %v, run %s", opened.Created, opened.Leased, opened.Run.GetRunId())
	}
	if _, err := h.Restart(h.ctx, ledger.RunID(opened.Run.GetRunId()), h.asBefore(1)); err != nil {
		h.Errorf("restart: %v", err)
	}
	h.wantNone(h.told(), ChangeMarks())
	after := strings.ReplaceAll(h.told(), "deliveries:2", "deliveries:1")
	if strings.Contains(before, "deliveries:1") && len(after) != len(before) {
		h.Errorf("a redelivery changed more than the count of deliveries")
	}
}

func checkForgottenCalls(h *harness) {
	h.pinned(1, h.queued(1, 1, "set"), h.queued(2, 2, "create"), h.intent(3, 3, "set"), h.intent(4, 4, "upsert"))
	_, err := h.Record(h.ctx, ledger.RunID(id(kindRun, 1)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 4)), State: "failed", Reason: "rejected"}})
	h.ok(err)
	h.forgotten(change)
	stored, err := h.Restart(h.ctx, ledger.RunID(id(kindRun, 1)), h.asBefore(1))
	h.ok(err)
	var got []string
	for _, c := range stored.Run.GetCalls() {
		got = append(got, c.GetState()+" "+c.GetReason()+" "+c.GetTarget())
	}
	want := []string{"skipped forgotten ", "skipped forgotten ", "unknown forgotten ", "failed forgotten "}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("calls: %s", diff)
	}
	if stored.Run.GetDecidedAt() == nil {
		h.Errorf("the run is not decided")
	}
	if leased := h.lease(them); len(leased) != 0 {
		h.Errorf("leased %v", leased)
	}
	// The attempt under way may have had its effect: it is not made a second time, and its outcome changes nothing.
	p, err := h.Pin(h.ctx, ledger.Pinning{Run: h.opened(2), Plan: plan("x"), Calls: []ledger.Call{h.intent(5, 3, "set")}})
	h.ok(err)
	if c := p.Run.GetCalls()[0]; c.GetState() != "skipped" || c.GetReason() != "same_as" {
		h.Errorf("the same effect is %s %s, want skipped same_as", c.GetState(), c.GetReason())
	}
	stored, err = h.Record(h.ctx, ledger.RunID(id(kindRun, 1)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, 3)), State: "done", URL: "https://acme.example"}})
	h.ok(err)
	if c := stored.Run.GetCalls()[2]; c.GetState() != "unknown" || c.GetUrl() != "" {
		h.Errorf("a late outcome made it %s with %q", c.GetState(), c.GetUrl())
	}
}

// countdown is a context that ends when it was looked at so many times.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func checkForgetAgain(h *harness) {
	for _, ref := range []string{MarkedChange, MarkedPerson} {
		marks := ChangeMarks()
		if ref == MarkedPerson {
			marks = PersonMarks()
		}
		stopped := 0
		for looks := int64(3); ; looks += 1 + looks/3 {
			if looks > 500 {
				h.Fatalf("it never ends")
			}
			fresh := newHarness(h.TB, h.open)
			fresh.marked()
			ctx := &countdown{Context: h.ctx}
			ctx.left.Store(looks)
			_, err := fresh.Forget(ctx, ref, false, nil)
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				h.Fatalf("stopped after %d looks: %v", looks, err)
			}
			stopped++
			if _, err := fresh.Forget(h.ctx, ref, false, nil); err != nil && !errors.Is(err, ledger.ErrUnknownRef) {
				h.Fatalf("again: %v", err)
			}
			fresh.wantNone(fresh.told(), marks)
			fresh.wantNone(fmt.Sprintf("%+v", bare(fresh.entered())), marks)
			h.ok(fresh.Close())
			if h.Failed() {
				h.Fatalf("%s: stopped after %d looks", ref, looks)
			}
		}
		if stopped < 6 {
			h.Errorf("%s: it could be stopped in %d places only", ref, stopped)
		}
	}
}

func checkForgetUnknown(h *harness) {
	h.marked()
	for _, ref := range []string{"github:pr:acme/api#99", "github:user:nobody", "no ref"} {
		for _, dry := range []bool{true, false} {
			if _, err := h.Forget(h.ctx, ref, dry, nil); !errors.Is(err, ledger.ErrUnknownRef) {
				h.Errorf("forget %q: %v, want ErrUnknownRef", ref, err)
			}
		}
	}
	h.forgotten(MarkedChange)
	if _, err := h.Forget(h.ctx, MarkedChange, false, nil); !errors.Is(err, ledger.ErrUnknownRef) {
		h.Errorf("forget again: %v, want ErrUnknownRef", err)
	}
}

func checkAnew(h *harness) {
	h.marked()
	first, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1)))
	h.ok(err)
	h.forgotten(MarkedChange)
	e := proto.CloneOf(first.Event)
	e.Id, e.DedupKey = id(kindEvent, 900), id(kindEvent, 900)
	opened, err := h.Open(h.ctx, opening(900, e))
	h.ok(err)
	if !opened.Created {
		h.Errorf("a new event was taken for an old one")
	}
	entity, known, err := h.Entity(h.ctx, MarkedChange)
	h.ok(err)
	if seen, err := h.Timeline(h.ctx, MarkedChange, 10); err != nil || !known || entity.Stub || len(seen) != 1 {
		h.Errorf("of what is told anew: %+v known %v, observed %v, %v", entity, known, seen, err)
	}
}

func checkForgetBeside(h *harness) {
	h.marked()
	first, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1)))
	h.ok(err)
	together(5, func(i int) {
		if i == 0 {
			if _, err := h.Forget(h.ctx, MarkedChange, false, nil); err != nil {
				h.Errorf("forget: %v", err)
			}
			return
		}
		for n := range 20 {
			e := proto.CloneOf(first.Event)
			e.Id = id(kindEvent, 1000*i+n)
			e.DedupKey, e.Occurrence = e.Id, e.Id
			if _, err := h.Open(h.ctx, opening(1000*i+n, e)); err != nil {
				h.Errorf("open: %v", err)
			}
		}
	})
	whole, touched := 0, ledger.Touched(h.entered())
	for i := 1; i < 5; i++ {
		for n := range 20 {
			s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, 1000*i+n)))
			h.ok(err)
			key := ledger.ObservationKey{Subject: MarkedChange, Name: s.Event.GetKind(), SubKey: id(kindEvent, 1000*i+n)}
			rows, err := h.Rows(h.ctx, ledger.Keys{Observations: []ledger.ObservationKey{key}})
			h.ok(err)
			if len(rows.Observations) == 1 && !slices.Contains(touched.Observations, key) {
				h.Errorf("whoever follows is not told of event %d/%d, which stays", i, n)
			}
			if s.Event.GetRef() != "" {
				whole++
			}
			if (s.Event.GetRef() != "") != (len(rows.Observations) == 1) {
				h.Errorf("event %d/%d has ref %q and %d observations", i, n, s.Event.GetRef(), len(rows.Observations))
			}
		}
	}
	if _, known, err := h.Entity(h.ctx, MarkedChange); err != nil || known != (whole > 0) {
		h.Errorf("%d events told of it afterwards, and it is known: %v, %v", whole, known, err)
	}
	if _, err := h.Forget(h.ctx, MarkedChange, false, nil); err != nil && !errors.Is(err, ledger.ErrUnknownRef) {
		h.Errorf("forget the rest: %v", err)
	}
	h.wantNone(h.told(), ChangeMarks())
}

// A person is forgotten while calls with the name in them are leased and made.
func checkForgetBesideCalls(h *harness) {
	const calls = 40
	h.marked()
	for n := 100; n < 100+calls; n++ {
		c := h.queued(n, n, "set")
		c.Shown.Target, c.Payload.Fields["assignee"] = fmt.Sprintf("jira:issue:ACME-%d", n), structpb.NewStringValue(markedLogin)
		h.pinned(n, c)
	}
	var made [calls]atomic.Int64
	together(4, func(i int) {
		if i == 0 {
			if _, err := h.Forget(h.ctx, MarkedPerson, false, nil); err != nil {
				h.Errorf("forget: %v", err)
			}
			return
		}
		for range calls / 3 {
			leased, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: ledger.Owner(fmt.Sprint(i)), Limit: 1, Lease: callLease})
			if err != nil {
				h.Errorf("lease: %v", err)
			}
			for _, c := range leased {
				// It is the fence that lets an attempt begin, and not the lease.
				now := h.clock.Now()
				if begun, err := h.Extend(h.ctx, ledger.Owner(fmt.Sprint(i)), ledger.CallID(c.Shown.GetCallId()), now.Add(8*time.Second), now.Add(20*time.Second)); err != nil || !begun {
					if err != nil {
						h.Errorf("extend: %v", err)
					}
					continue
				}
				for n := range calls {
					if c.Shown.GetCallId() == id(kindCall, 100+n) {
						made[n].Add(1)
					}
				}
				if _, err := h.Record(h.ctx, c.Run, []ledger.Outcome{{Call: ledger.CallID(c.Shown.GetCallId()), State: "done", URL: "https://acme.example"}}); err != nil {
					h.Errorf("record: %v", err)
				}
			}
		}
	})
	h.wantNone(h.told(), PersonMarks())
	for n := range calls {
		c := h.call(100 + n)
		switch times := made[n].Load(); c.GetState() {
		case "done", "unknown":
			if times != 1 {
				h.Errorf("call %d is %s and was made %d times", n, c.GetState(), times)
			}
		case "skipped":
			if times != 0 || c.GetReason() != ledger.ReasonForgotten {
				h.Errorf("call %d is skipped, %s, and was made %d times", n, c.GetReason(), times)
			}
		default: // None is left of those that were queued when all was forgotten.
			h.Errorf("call %d is %s %s", n, c.GetState(), c.GetReason())
		}
	}
}

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

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// follower is a sink.
const follower ledger.Sink = "neo4j"

func keepEntries() []entry {
	return []entry{
		{"old bodies go, the newer ones and all else stay", checkPrune, breaking(func(b *broken) {
			b.prune = func(ctx context.Context, _ time.Time, limit int) (int, error) {
				return b.Ledger.PruneBodies(ctx, newClock().now.Add(1000*time.Hour), limit)
			}
		})},
		{"a change that is forgotten is told nowhere", checkForgottenChange, breakForget(true)},
		{"a person who is forgotten is named nowhere", checkForgottenPerson, breakForget(true)},
		{"what does not name the forgotten stays as it is", checkUntouched, breaking(func(b *broken) {
			b.forget = func(ctx context.Context, _ string, dry bool) (ledger.Forgotten, error) {
				return b.Ledger.Forget(ctx, repo, dry)
			}
		})},
		{"a place is forgotten with what lies in it", checkForgottenPlace, breaking(func(b *broken) {
			b.forget = func(ctx context.Context, _ string, dry bool) (ledger.Forgotten, error) {
				return b.Ledger.Forget(ctx, MarkedChange, dry)
			}
		})},
		{"a dry run counts the same and writes nothing", checkDry, breakForget(false)},
		{"a redelivery of what is forgotten is known and acts on nothing", checkForgottenDelivery, breakOpen(func(o *ledger.Opening) {
			o.Event = proto.CloneOf(o.Event)
			o.Event.Id = id(kindEvent, 1000+int(o.Event.GetReceivedAt().GetSeconds()%1000))
			o.Run += ledger.RunID("1")
		})},
		{"calls about what is forgotten are not made, and hold their effects", checkForgottenCalls, breakForget(true)},
		{"who stops half-way and begins again ends the same", checkForgetAgain, breaking(func(b *broken) {
			var calls atomic.Int64
			b.forget = func(ctx context.Context, ref string, dry bool) (ledger.Forgotten, error) {
				if calls.Add(1) > 1 {
					return ledger.Forgotten{}, ledger.ErrUnknownRef
				}
				return b.Ledger.Forget(ctx, ref, dry)
			}
		})},
		{"a ref that nothing is known of is an error", checkForgetUnknown, breaking(func(b *broken) {
			b.forget = func(ctx context.Context, ref string, dry bool) (ledger.Forgotten, error) {
				found, _ := b.Ledger.Forget(ctx, ref, dry)
				return found, nil
			}
		})},
		{"what is told afterwards begins anew", checkAnew, breaking(func(b *broken) {
			b.open = func(ctx context.Context, o ledger.Opening) (ledger.Opened, error) {
				opened, err := b.Ledger.Open(ctx, o)
				if o.Event.GetId() == id(kindEvent, 900) {
					_, err = b.Ledger.Forget(ctx, MarkedChange, false)
				}
				return opened, err
			}
		})},
		{"a webhook that comes meanwhile is forgotten or whole", checkForgetBeside, breaking(func(b *broken) {
			b.run = func(ctx context.Context, run ledger.RunID) (ledger.Stored, error) {
				stored, err := b.Ledger.Run(ctx, run)
				if stored.Event != nil {
					stored.Event.Ref = ""
				}
				return stored, err
			}
		})},
		{"whoever follows is told what was forgotten, and nobody afterwards", checkTidy, breaking(func(b *broken) {
			b.tidy = func(context.Context) error { return nil }
		})},
	}
}

// breakForget makes every Forget a dry one, or none.
func breakForget(dry bool) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.forget = func(ctx context.Context, ref string, _ bool) (ledger.Forgotten, error) {
			return b.Ledger.Forget(ctx, ref, dry)
		}
	})
}

func (h *harness) marked() {
	h.Helper()
	h.ok(Mark(h.ctx, h.Ledger, h.clock.Now()))
}

func (h *harness) forgotten(ref string) ledger.Forgotten {
	h.Helper()
	found, err := h.Forget(h.ctx, ref, false)
	h.ok(err)
	return found
}

// told is all that the ledger tells to anybody, entries included.
func (h *harness) told() string {
	h.Helper()
	var b strings.Builder
	runs, _, err := h.List(h.ctx, ledger.Query{Limit: 100})
	h.ok(err)
	for _, r := range runs {
		s, err := h.Run(h.ctx, ledger.RunID(r.Run.GetRunId()))
		h.ok(err)
		fmt.Fprintln(&b, s.Run, s.Event)
	}
	for _, table := range []ledger.Table{ledger.Events, ledger.Entities, ledger.Links, ledger.Observations} {
		rows, _, err := h.Scan(h.ctx, table, "", 1000)
		h.ok(err)
		for _, r := range rows.Links {
			fmt.Fprintln(&b, r.From, r.Where, r.To, r.Author, r.Editor, r.EventID)
			r.Author, r.Editor = nil, nil
		}
		rows.Links = nil
		for _, e := range rows.Events {
			fmt.Fprintln(&b, e.ID, e.Head)
		}
		rows.Events = nil
		fmt.Fprintf(&b, "%+v\n", rows)
	}
	deliveries, err := h.ListDeliveries(h.ctx, ledger.DeliveryQuery{Limit: 100})
	h.ok(err)
	fmt.Fprintln(&b, deliveries.Records)
	lag, err := h.Lag(h.ctx, "clickhouse")
	h.ok(err)
	fmt.Fprintln(&b, lag.Parked)
	return b.String()
}

// entered is what the entries tell, as a sink reads them.
func (h *harness) entered() []ledger.Entry {
	h.Helper()
	_, held, err := h.Hold(h.ctx, follower, us, time.Minute)
	h.ok(err)
	if !held {
		h.Fatalf("the sink is held")
	}
	batch, err := h.Fix(h.ctx, follower, us, 1000)
	h.ok(err)
	return batch.Entries
}

func (h *harness) wantNone(text string, marks []string) {
	h.Helper()
	folded := strings.ToLower(text)
	for _, mark := range marks {
		if i := strings.Index(folded, strings.ToLower(mark)); i >= 0 {
			h.Errorf("%q is left: …%s…", mark, text[max(0, i-120):min(len(text), i+120)])
		}
	}
}

func (h *harness) wantAll(text string, marks []string) {
	h.Helper()
	for _, mark := range marks {
		if !strings.Contains(text, mark) {
			h.Fatalf("%q is not told to begin with", mark)
		}
	}
}

func checkPrune(h *harness) {
	for n := 1; n <= 5; n++ {
		h.opened(n)
	}
	before := h.told()
	third := event(3).GetReceivedAt().AsTime()
	for i, want := range []int{1, 1, 0} {
		n, err := h.PruneBodies(h.ctx, third, 1)
		h.ok(err)
		if n != want {
			h.Errorf("turn %d removed %d bodies, want %d", i, n, want)
		}
	}
	if diff := cmp.Diff(before, h.told()); diff != "" {
		h.Errorf("more than bodies went: %s", diff)
	}
	var all atomic.Int64
	together(4, func(int) {
		n, err := h.PruneBodies(h.ctx, third.Add(1000*time.Hour), 100)
		if err != nil {
			h.Errorf("prune beside others: %v", err)
		}
		all.Add(int64(n))
	})
	if all.Load() != 3 {
		h.Errorf("%d bodies were removed by four at once, want the other 3", all.Load())
	}
}

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
		dry, err := h.Forget(h.ctx, ref, true)
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
	if _, err := h.Restart(h.ctx, ledger.RunID(opened.Run.GetRunId())); err != nil {
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
	stored, err := h.Restart(h.ctx, ledger.RunID(id(kindRun, 1)))
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
			_, err := fresh.Forget(ctx, ref, false)
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				h.Fatalf("stopped after %d looks: %v", looks, err)
			}
			stopped++
			if _, err := fresh.Forget(h.ctx, ref, false); err != nil && !errors.Is(err, ledger.ErrUnknownRef) {
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
			if _, err := h.Forget(h.ctx, ref, dry); !errors.Is(err, ledger.ErrUnknownRef) {
				h.Errorf("forget %q: %v, want ErrUnknownRef", ref, err)
			}
		}
	}
	h.forgotten(MarkedChange)
	if _, err := h.Forget(h.ctx, MarkedChange, false); !errors.Is(err, ledger.ErrUnknownRef) {
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
			if _, err := h.Forget(h.ctx, MarkedChange, false); err != nil {
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
	if _, err := h.Forget(h.ctx, MarkedChange, false); err != nil && !errors.Is(err, ledger.ErrUnknownRef) {
		h.Errorf("forget the rest: %v", err)
	}
	h.wantNone(h.told(), ChangeMarks())
}

func checkTidy(h *harness) {
	h.marked()
	// A sink that took all there was.
	batch := h.entered()
	cursor, _, err := h.Hold(h.ctx, follower, us, time.Minute)
	h.ok(err)
	h.ok(h.Confirm(h.ctx, follower, us, cursor.Number))
	found := h.forgotten(MarkedChange)
	follow := h.entered()
	touched := ledger.Touched(follow)
	if len(batch) == 0 || !slices.Contains(touched.Entities, MarkedChange) || len(touched.Links) == 0 || len(touched.Observations) == 0 || len(touched.Events) < 3 {
		h.Errorf("whoever follows is told %+v", touched)
	}
	if rows, err := h.Rows(h.ctx, touched); err != nil || slices.Contains(rows.Keys().Entities, MarkedChange) {
		h.Errorf("the rows are %+v, %v", rows.Keys(), err)
	}
	if last := follow[len(follow)-1].Position; last.Compare(found.Through) < 0 {
		h.Errorf("the last entry is %v, and Through is %v", last, found.Through)
	}
	h.ok(h.Tidy(h.ctx))
	if again := ledger.Touched(h.entered()); len(again.Entities) != len(touched.Entities) {
		h.Errorf("entries were emptied that are not followed")
	}
	cursor, _, err = h.Hold(h.ctx, follower, us, time.Minute)
	h.ok(err)
	h.ok(h.Confirm(h.ctx, follower, us, cursor.Number))
	h.ok(h.Tidy(h.ctx))
	h.ok(h.Rewind(h.ctx, follower, 0))
	for _, e := range h.entered() {
		h.wantNone(fmt.Sprintf("%+v", e), ChangeMarks())
	}
}

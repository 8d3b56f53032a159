package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func memoryEntries() []entry {
	arrival := time.Duration(0)
	return []entry{
		{"deltas give the same memory in any order", checkOrder, breakOpen(func(o *ledger.Opening) {
			// Who comes last wins: versions by arrival.
			arrival += time.Hour
			for _, e := range o.Delta.Entities {
				for i := range e.Attributes {
					e.Attributes[i].Version.At = newClock().now.Add(arrival)
				}
			}
		})},
		{"a stub never overwrites what was seen", checkStub, breakOpen(func(o *ledger.Opening) {
			for i := range o.Delta.Entities {
				o.Delta.Entities[i].Stub = false
			}
		})},
		{"known tells links of both directions and what was seen", checkKnown, breaking(func(b *broken) {
			b.known = func(ctx context.Context, subject string, _ []string) (ledger.Known, error) {
				return b.Ledger.Known(ctx, subject, nil)
			}
		})},
		{"known is bounded and oldest first", checkKnownBound, breaking(func(b *broken) {
			b.known = func(ctx context.Context, subject string, refs []string) (ledger.Known, error) {
				k, err := b.Ledger.Known(ctx, subject, refs)
				slices.Reverse(k.Links)
				return k, err
			}
		})},
		{"nothing of an operator's event is remembered", checkOperator, breakOpen(func(o *ledger.Opening) { o.Authn = "signature" })},
		{"known leaves each author a share", checkKnownShare, breaking(func(b *broken) {
			b.known = func(ctx context.Context, subject string, refs []string) (ledger.Known, error) {
				k, err := b.Ledger.Known(ctx, subject, refs)
				k.Links = k.Links[:min(len(k.Links), 400)]
				return k, err
			}
		})},
		{"known tells the visibility that was told", checkKnownVisibility, breaking(func(b *broken) {
			b.known = func(ctx context.Context, subject string, refs []string) (ledger.Known, error) {
				k, err := b.Ledger.Known(ctx, subject, refs)
				k.Visibility = nil
				return k, err
			}
		})},
		{"a link is gone when its text is seen without it", checkGone, breakOpen(func(o *ledger.Opening) {
			o.Event = proto.CloneOf(o.Event)
			o.Event.Text = nil
		})},
		{"linked is newest first with first and last sighting", checkLinked, breaking(func(b *broken) {
			b.linked = func(ctx context.Context, refs []string, limit int) ([]graph.Related, error) {
				list, err := b.Ledger.Linked(ctx, refs, limit)
				slices.Reverse(list)
				return list, err
			}
		})},
		{"timeline is newest first with its evidence", checkTimeline, breaking(func(b *broken) {
			b.timeline = func(ctx context.Context, ref string, limit int) ([]fact.Observed, error) {
				list, err := b.Ledger.Timeline(ctx, ref, limit)
				slices.Reverse(list)
				return list, err
			}
		})},
	}
}

// telling is the n-th event with a delta and texts of its own.
func telling(n int, delta project.Delta, where ...string) ledger.Opening {
	e := event(n)
	e.Text = &eventv1.Text{}
	for _, w := range where {
		e.Text.Parts = append(e.Text.Parts, &eventv1.Part{Where: w, Value: "text"})
	}
	o := opening(n, e)
	o.Delta = delta
	return o
}

func link(n int, to, where string) project.Link {
	return project.Link{
		From: change, To: to, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: where,
		Author: &eventv1.Account{Id: fmt.Sprint(n), Login: "ana"}, At: event(n).GetOccurredAt().AsTime(),
	}
}

func (h *harness) tell(o ledger.Opening) {
	h.Helper()
	_, err := h.Open(h.ctx, o)
	h.ok(err)
}

// remembered is everything that can be asked about the suite's change.
type remembered struct {
	Entity   project.Entity
	Timeline []fact.Observed
	Linked   []graph.Related
	Known    []project.Link
}

func (h *harness) remembered() (r remembered) {
	h.Helper()
	var err error
	r.Entity, _, err = h.Entity(h.ctx, change)
	h.ok(err)
	r.Timeline, err = h.Timeline(h.ctx, change, 100)
	h.ok(err)
	r.Linked, err = h.Linked(h.ctx, []string{change}, 100)
	h.ok(err)
	known, err := h.Known(h.ctx, change, nil)
	h.ok(err)
	r.Known = known.Links
	return r
}

func checkOrder(h *harness) {
	version := func(n, rank int) project.Version {
		return project.Version{At: event(n).GetOccurredAt().AsTime(), KindRank: rank, EventID: event(n).GetId()}
	}
	entity := func(native string, attributes ...project.Attribute) []project.Entity {
		return []project.Entity{{Ref: change, Kind: "change", NativeID: native, Place: repo, Attributes: attributes}}
	}
	seen := func(n int, value string) []project.Observation {
		return []project.Observation{{Subject: change, Name: "merged", SubKey: "sha", At: event(n).GetOccurredAt().AsTime(), Value: value}}
	}
	openings := []ledger.Opening{
		telling(1, project.Delta{
			Entities: entity("42", project.Attribute{Name: "state", Value: "open", Version: version(1, 1)}, project.Attribute{Name: "base", Value: "main", Version: version(1, 1)}),
			Links:    []project.Link{link(1, issue, "title"), link(1, "jira:issue:ACME-8", "title"), link(1, issue, "comment")},
		}, "title"),
		telling(2, project.Delta{
			Entities:     entity("42", project.Attribute{Name: "state", Value: "merged", Version: version(2, 3)}, project.Attribute{Name: "head", Value: "x", Version: version(2, 3)}),
			Links:        []project.Link{link(2, issue, "title")},
			Observations: seen(2, "first hook"),
		}, "title"),
		telling(3, project.Delta{
			// At the moment of the second event, of a lower rank: it loses.
			Entities:     entity("42", project.Attribute{Name: "state", Value: "closed", Version: version(2, 2)}),
			Links:        []project.Link{link(3, "jira:issue:ACME-9", "title"), link(3, issue, "body")},
			Observations: seen(3, "second hook"),
		}, "title", "body"),
		telling(4, project.Delta{Entities: []project.Entity{{Ref: change, Kind: "change", Place: repo, Stub: true}}}),
	}
	var want *remembered
	for _, order := range permutations(len(openings)) {
		fresh := newHarness(h.TB, h.open)
		for _, i := range order {
			fresh.tell(openings[i])
		}
		got := fresh.remembered()
		if want == nil {
			want = &got
			wantOrder(h, got)
		}
		if diff := cmp.Diff(*want, got, protocmp.Transform()); diff != "" {
			h.Errorf("order %v: %s", order, diff)
		}
	}
}

// wantOrder is what checkOrder's events say, however they come.
func wantOrder(h *harness, got remembered) {
	values := map[string]string{}
	for _, a := range got.Entity.Attributes {
		values[a.Name] = a.Value
	}
	if diff := cmp.Diff(map[string]string{"state": "merged", "base": "main", "head": "x"}, values); diff != "" {
		h.Errorf("attributes: %s", diff)
	}
	if len(got.Timeline) != 1 || got.Timeline[0].Value != "first hook" || got.Timeline[0].EventID != event(2).GetId() {
		h.Errorf("one observation seen twice is %v", got.Timeline)
	}
	if len(got.Linked) != 5 || len(got.Known) != 3 {
		h.Errorf("%d links, %d of them stand; want 5 and 3", len(got.Linked), len(got.Known))
	}
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			all = append(all, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return all
}

func checkStub(h *harness) {
	entity := func() (project.Entity, bool) {
		e, named, err := h.Entity(h.ctx, issue)
		h.ok(err)
		return e, named
	}
	if _, named := entity(); named {
		h.Errorf("named before anything was told")
	}
	stub := project.Entity{Ref: issue, Kind: "issue", Stub: true}
	h.tell(telling(1, project.Delta{Entities: []project.Entity{stub}}))
	if e, named := entity(); !named || !e.Stub {
		h.Errorf("a stub is remembered as %+v", e)
	}
	at := project.Version{At: event(2).GetOccurredAt().AsTime(), EventID: event(2).GetId()}
	seen := project.Entity{Ref: issue, Kind: "issue", NativeID: "10007", Place: "jira:project:ACME", Attributes: []project.Attribute{{Name: "status", Value: "Done", Version: at}}}
	h.tell(telling(2, project.Delta{Entities: []project.Entity{seen}}))
	stub.Place = "elsewhere"
	h.tell(telling(3, project.Delta{Entities: []project.Entity{stub}}))
	e, _ := entity()
	if diff := cmp.Diff(seen, e); diff != "" {
		h.Errorf("after another stub: %s", diff)
	}
	// What a plan sets on a thing that was only named stays, and the thing stays a stub.
	stub.Ref, stub.Attributes = "jira:issue:ACME-8", []project.Attribute{{Name: "label", Value: "late", Version: at}}
	h.tell(telling(4, project.Delta{Entities: []project.Entity{stub}}))
	if e, _, err := h.Entity(h.ctx, stub.Ref); err != nil || !e.Stub || len(e.Attributes) != 1 {
		h.Errorf("attribute of a stub: %+v, %v", e, err)
	}
}

func checkKnown(h *harness) {
	stated := project.Link{From: "github:pr:acme/web#1", To: change, Kind: "change", Rule: "native", Confidence: "certain", At: event(2).GetOccurredAt().AsTime()}
	named := link(1, issue, "title")
	named.Editor = &eventv1.Account{Id: "8", Association: "NONE"}
	unrelated := link(1, issue, "title")
	unrelated.From = "github:pr:acme/web#2"
	h.tell(telling(1, project.Delta{
		Entities: []project.Entity{{Ref: change, Kind: "change"}, {Ref: issue, Kind: "issue", Stub: true}},
		Links:    []project.Link{stated, named, unrelated},
	}, "title"))
	known, err := h.Known(h.ctx, change, []string{change, issue, "jira:issue:ACME-404"})
	h.ok(err)
	named.Authn, stated.Authn = ledger.Signature, ledger.Signature
	if diff := cmp.Diff([]project.Link{named, stated}, known.Links, protocmp.Transform()); diff != "" {
		h.Errorf("links: %s", diff)
	}
	if diff := cmp.Diff(map[string]bool{change: true}, known.Seen); diff != "" {
		h.Errorf("seen: %s", diff)
	}
}

func checkKnownBound(h *harness) {
	var delta project.Delta
	for n := range 520 {
		delta.Links = append(delta.Links, link(519-n, fmt.Sprintf("jira:issue:ACME-%d", 519-n), "comment"))
	}
	h.tell(telling(1, delta))
	known, err := h.Known(h.ctx, change, nil)
	h.ok(err)
	if len(known.Links) != 500 {
		h.Fatalf("%d links, want 500", len(known.Links))
	}
	for n, l := range known.Links {
		if want := fmt.Sprintf("jira:issue:ACME-%d", n); l.To != want {
			h.Fatalf("link %d is %s, want %s", n, l.To, want)
		}
	}
}

// checkKnownShare: one author's flood hides nobody's link that came after it.
func checkKnownShare(h *harness) {
	var delta project.Delta
	for n := range 600 {
		delta.Links = append(delta.Links, link(1, fmt.Sprintf("jira:issue:ACME-%d", n+10), "comment"))
	}
	delta.Links = append(delta.Links, link(2, issue, "comment"))
	h.tell(telling(1, delta))
	known, err := h.Known(h.ctx, change, nil)
	h.ok(err)
	if n := len(known.Links); n != 500 || known.Links[n-1].To != issue {
		h.Errorf("of %d links the last author's is not the last", n)
	}
}

func checkKnownVisibility(h *harness) {
	const other = "jira:project:ACME"
	told := project.Attribute{Name: "visibility", Value: "public", Version: project.Version{At: event(1).GetOccurredAt().AsTime(), EventID: event(1).GetId()}}
	h.tell(telling(1, project.Delta{Entities: []project.Entity{
		{Ref: repo, Kind: "repository", Attributes: []project.Attribute{told}}, {Ref: other, Kind: "project"},
	}}))
	known, err := h.Known(h.ctx, "", []string{repo, other})
	h.ok(err)
	if diff := cmp.Diff(map[string]string{repo: "public"}, known.Visibility); diff != "" {
		h.Errorf("visibility: %s", diff)
	}
}

func checkGone(h *harness) {
	stands := func(want ...string) {
		h.Helper()
		known, err := h.Known(h.ctx, change, nil)
		h.ok(err)
		var got []string
		for _, l := range known.Links {
			got = append(got, l.Where+" "+l.To)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			h.Errorf("links that stand: %q, want %q", got, want)
		}
	}
	entities := []project.Entity{{Ref: change, Kind: "change"}}
	h.tell(telling(1, project.Delta{Entities: entities, Links: []project.Link{link(1, "a", "title"), link(1, "b", "body"), link(1, "c", "comment"), link(1, "d", "")}}, "title", "body", "comment"))
	stands(" d", "body b", "comment c", "title a")
	h.tell(telling(3, project.Delta{Entities: entities, Links: []project.Link{link(3, "e", "title")}}, "title", "comment"))
	stands(" d", "body b", "comment c", "title e")
	// It was written before the title was seen without it.
	h.tell(telling(2, project.Delta{Entities: entities, Links: []project.Link{link(2, "f", "title")}}, "title"))
	stands(" d", "body b", "comment c", "title e")
	h.tell(telling(4, project.Delta{Entities: entities, Links: []project.Link{link(4, "a", "title")}}, "title"))
	stands(" d", "body b", "comment c", "title a")

	cut := telling(5, project.Delta{Entities: entities}, "title")
	cut.Event.Text.Parts[0].Truncated = true
	h.tell(cut)
	stands(" d", "body b", "comment c", "title a")
}

func checkLinked(h *harness) {
	h.tell(telling(1, project.Delta{Links: []project.Link{link(1, issue, "comment"), link(1, "a", "title")}}))
	h.tell(telling(2, project.Delta{Links: []project.Link{link(2, "b", "title")}}))
	h.tell(telling(3, project.Delta{Links: []project.Link{link(3, issue, "comment")}}))
	related := func(to, where string, first, last int) graph.Related {
		return graph.Related{
			From: change, To: to, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: where, Author: link(last, to, where).Author,
			First: event(first).GetOccurredAt().AsTime(), Last: event(last).GetOccurredAt().AsTime(), EventID: event(last).GetId(), Authn: ledger.Signature,
		}
	}
	want := []graph.Related{related(issue, "comment", 1, 3), related("b", "title", 2, 2), related("a", "title", 1, 1)}
	for limit := 1; limit <= 4; limit++ {
		got, err := h.Linked(h.ctx, []string{change}, limit)
		h.ok(err)
		if diff := cmp.Diff(want[:min(limit, len(want))], got, protocmp.Transform()); diff != "" {
			h.Errorf("linked, at most %d: %s", limit, diff)
		}
	}
	got, err := h.Linked(h.ctx, []string{issue}, 10)
	h.ok(err)
	if diff := cmp.Diff(want[:1], got, protocmp.Transform()); diff != "" {
		h.Errorf("from the other end: %s", diff)
	}
}

func checkTimeline(h *harness) {
	var want []fact.Observed
	for n := range 4 {
		e := event(n)
		o := opening(n, e)
		h.tell(o)
		want = slices.Insert(want, 0, fact.Observed{Subject: change, Name: e.GetKind(), SubKey: e.GetId(), At: e.GetOccurredAt().AsTime(), Value: "v", EventID: e.GetId(), Authn: ledger.Signature})
	}
	for limit := 1; limit <= 5; limit++ {
		got, err := h.Timeline(h.ctx, change, limit)
		h.ok(err)
		if diff := cmp.Diff(want[:min(limit, len(want))], got); diff != "" {
			h.Errorf("timeline, at most %d: %s", limit, diff)
		}
	}
	// Whatever time a body claims is kept.
	far := event(9)
	far.OccurredAt = timestamppb.New(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))
	h.tell(opening(9, far))
	got, err := h.Timeline(h.ctx, change, 1)
	h.ok(err)
	if len(got) != 1 || !got[0].At.Equal(far.GetOccurredAt().AsTime()) {
		h.Errorf("an event of the year 9999: %v", got)
	}
}

// Whoever reaches the port could else name, in an owner's words, what a sealed
// event of the same subject then acts on.
func checkOperator(h *harness) {
	o := opening(1, event(1))
	o.Authn = ledger.Operator
	opened, err := h.Open(h.ctx, o)
	h.ok(err)
	for _, w := range opened.Run.GetWrites() {
		if w.GetState() != "dry_run" || w.GetReason() != "operator_event" || w.GetRows() != 0 {
			h.Errorf("write %v", w)
		}
	}
	known, err := h.Known(h.ctx, change, []string{change, issue})
	h.ok(err)
	seen, err := h.Timeline(h.ctx, change, 10)
	h.ok(err)
	if len(known.Links) != 0 || len(known.Seen) != 0 || len(seen) != 0 {
		h.Errorf("remembered %v and %v", known, seen)
	}
	if _, ok, err := h.Entity(h.ctx, change); ok || err != nil {
		h.Errorf("the subject is an entity (%v)", err)
	}
	again, err := h.Run(h.ctx, o.Run)
	h.ok(err)
	if again.Run.GetWrites()[0].GetState() != "dry_run" {
		h.Errorf("read back: %v", again.Run.GetWrites())
	}
}

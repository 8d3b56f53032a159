package ledgertest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func rebuildEntries() []entry {
	return []entry{
		{"a sink begins again with numbers that were never used", checkRewind, breaking(func(b *broken) {
			b.rewind = func(ctx context.Context, s ledger.Sink, _ uint64) error { return b.Ledger.Rewind(ctx, s, 0) }
		})},
		{"a rebuild ends with what the outbox held when it began", checkRebuildEnds, breakFix(func(_ *broken, batch *ledger.Batch) { batch.Last = batch.Rebuild > 0 })},
		{"a batch that was forgotten is not confirmed", checkForgotten, breaking(func(b *broken) {
			b.confirm = func(context.Context, ledger.Sink, ledger.Owner, uint64) error { return nil }
		})},
		{"what a store can't take is set aside", checkParked, breaking(func(b *broken) {
			b.park = func(ctx context.Context, s ledger.Sink, parked ...ledger.Parked) error {
				parked[0].Reason = ""
				return b.Ledger.Park(ctx, s, parked...)
			}
		})},
		{"what is set aside is known beyond the newest", checkSetAside, breaking(func(b *broken) {
			b.aside = func(ctx context.Context, s ledger.Sink, p ledger.Position) (bool, error) {
				lag, err := b.Ledger.Lag(ctx, s)
				return slices.ContainsFunc(lag.Parked, func(shown ledger.Parked) bool { return shown.Position == p }), err
			}
		})},
		{"lag counts what is not confirmed", checkLag, breaking(func(b *broken) {
			b.lag = func(ctx context.Context, s ledger.Sink) (ledger.Lag, error) {
				lag, err := b.Ledger.Lag(ctx, s)
				lag.Oldest = time.Time{}
				return lag, err
			}
		})},
		{"lag tells where the outbox ends", checkEnd, breaking(func(b *broken) {
			b.lag = func(ctx context.Context, s ledger.Sink) (ledger.Lag, error) {
				lag, err := b.Ledger.Lag(ctx, s)
				lag.End = lag.Cursor.At
				return lag, err
			}
		})},
		{"rows are as they are now", checkRows, breakRows(func(r *ledger.Rows) { r.Links = nil })},
		{"an entity's row has what its links are judged by", checkEntityRow, breakRows(func(r *ledger.Rows) {
			for i := range r.Entities {
				r.Entities[i].Unvouched = nil
			}
		})},
		{"a scan returns each row once, by key", checkScan, breaking(func(b *broken) {
			b.scan = func(ctx context.Context, t ledger.Table, after string, limit int) (ledger.Rows, string, error) {
				rows, next, err := b.Ledger.Scan(ctx, t, after, limit)
				if next != "" {
					rows.Observations = rows.Observations[:max(0, len(rows.Observations)-1)]
				}
				return rows, next, err
			}
		})},
	}
}

// breakRows changes what Rows answers.
func breakRows(change func(*ledger.Rows)) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.rows = func(ctx context.Context, k ledger.Keys) (ledger.Rows, error) {
			r, err := b.Ledger.Rows(ctx, k)
			change(&r)
			return r, err
		}
	})
}

func checkRewind(h *harness) {
	for n := range 3 {
		h.opened(n + 1)
	}
	h.held(us)
	h.follow(2, func(ledger.Batch) {})
	before := h.held(us)
	h.opened(4)
	h.fixed(us, 10)
	h.ok(h.Rewind(h.ctx, theSink, 3))
	if c := h.held(us); c.At != (ledger.Position{}) || c.Number <= before.Number || c.Rebuild != c.Number {
		h.Errorf("begun again, the cursor went from %+v to %+v", before, c)
	}
	first := h.fixed(us, 10)
	h.wantEvents("begun again", first, 1, 2, 3, 4)
	if first.Number <= before.Number+1 {
		h.Errorf("batch %d, and %d was fixed before", first.Number, before.Number+1)
	}
	// The store is known to have a number that this ledger never gave away.
	h.ok(h.Rewind(h.ctx, theSink, 1000))
	if b := h.fixed(us, 10); b.Number <= 1000 || b.Rebuild != 1000 {
		h.Errorf("above 1000: batch %d, rebuild %d", b.Number, b.Rebuild)
	}
}

func checkRebuildEnds(h *harness) {
	for n := range 3 {
		h.opened(n + 1)
	}
	h.held(us)
	h.follow(2, func(ledger.Batch) {})
	h.ok(h.Rewind(h.ctx, theSink, 0))
	rebuild := h.held(us).Rebuild
	h.opened(4)
	var last []bool
	h.follow(2, func(b ledger.Batch) {
		last = append(last, b.Last)
		if len(last) <= 2 && b.Rebuild != rebuild {
			h.Errorf("batch %d is of rebuild %d, want %d", b.Number, b.Rebuild, rebuild)
		}
	})
	if want := []bool{false, true}; !slices.Equal(last, want) {
		h.Errorf("batches are the last ones: %v, want %v", last, want)
	}
	h.opened(5)
	if b := h.fixed(us, 10); b.Last || b.Rebuild != 0 || h.held(us).Rebuild != 0 {
		h.Errorf("after the rebuild: last %v, rebuild %d, cursor %+v", b.Last, b.Rebuild, h.held(us))
	}
	// A sink without entries has nothing to come to.
	h.ok(h.Close())
	h.place = h.TempDir()
	h.reopen()
	h.ok(h.Rewind(h.ctx, theSink, 7))
	if c := h.held(us); c.Rebuild != 0 || c.Number != 7 {
		h.Errorf("of an empty outbox: %+v", c)
	}
}

func checkForgotten(h *harness) {
	h.opened(1)
	h.held(us)
	b := h.fixed(us, 10)
	h.ok(h.Rewind(h.ctx, theSink, 0))
	if err := h.Confirm(h.ctx, theSink, us, b.Number); !errors.Is(err, ledger.ErrNotHeld) {
		h.Errorf("confirmed what was forgotten: %v, want ErrNotHeld", err)
	}
	if c := h.held(us); c.At != (ledger.Position{}) {
		h.Errorf("the cursor is %+v", c)
	}
}

func checkParked(h *harness) {
	h.opened(1)
	h.held(us)
	e := h.fixed(us, 10).Entries[0]
	parked := ledger.Parked{Position: e.Position, EventID: e.EventID, Reason: "too long"}
	for range 2 {
		h.ok(h.Park(h.ctx, theSink, parked))
	}
	parked.At = h.clock.Now()
	lag, err := h.Lag(h.ctx, theSink)
	h.ok(err)
	if diff := cmp.Diff([]ledger.Parked{parked}, lag.Parked); diff != "" {
		h.Errorf("%s", diff)
	}
	other, err := h.Lag(h.ctx, "neo4j")
	h.ok(err)
	h.ok(h.Rewind(h.ctx, theSink, 0))
	again, err := h.Lag(h.ctx, theSink)
	h.ok(err)
	if len(other.Parked)+len(again.Parked) != 0 {
		h.Errorf("parked for another sink %v, after beginning again %v", other.Parked, again.Parked)
	}
}

// Lag tells the newest that are parked; each can be asked for.
func checkSetAside(h *harness) {
	const most = ledger.ParkedShown + 1
	for n := range most + 1 {
		h.opened(n + 1)
	}
	h.held(us)
	entries := h.fixed(us, most+1).Entries
	var parked []ledger.Parked
	for _, e := range entries[:most] {
		parked = append(parked, ledger.Parked{Position: e.Position, EventID: e.EventID, Reason: "too long"})
	}
	h.ok(h.Park(h.ctx, theSink, parked...))
	lag, err := h.Lag(h.ctx, theSink)
	h.ok(err)
	if len(lag.Parked) != ledger.ParkedShown || lag.Parked[0].Position != entries[most-1].Position {
		h.Errorf("%d are shown, the first is %+v", len(lag.Parked), lag.Parked[0])
	}
	want := func(what string, s ledger.Sink, e ledger.Entry, want bool) {
		h.Helper()
		if got, err := h.SetAside(h.ctx, s, e.Position); err != nil || got != want {
			h.Errorf("%s: %v, %v", what, got, err)
		}
	}
	want("the newest", theSink, entries[most-1], true)
	want("the oldest", theSink, entries[0], true)
	want("one that was taken", theSink, entries[most], false)
	want("another sink's", "neo4j", entries[0], false)
	h.ok(h.Rewind(h.ctx, theSink, 0))
	want("after beginning again", theSink, entries[0], false)
}

func checkLag(h *harness) {
	want := func(what string, entries, total int64, oldest time.Time) {
		h.Helper()
		lag, err := h.Lag(h.ctx, theSink)
		h.ok(err)
		if lag.Entries != entries || lag.Total != total || !lag.Oldest.Equal(oldest) {
			h.Errorf("%s: %d of %d entries since %v, want %d of %d since %v", what, lag.Entries, lag.Total, lag.Oldest, entries, total, oldest)
		}
	}
	want("nothing", 0, 0, time.Time{})
	h.opened(1)
	begun := h.clock.Now()
	want("never held", 1, 1, begun)
	h.clock.advance(time.Minute)
	h.opened(2)
	h.opened(3)
	h.held(us)
	b := h.fixed(us, 1)
	want("fixed and not confirmed", 3, 3, begun)
	h.ok(h.Confirm(h.ctx, theSink, us, b.Number))
	want("one confirmed", 2, 3, begun.Add(time.Minute))
	h.follow(10, func(ledger.Batch) {})
	want("all confirmed", 0, 3, time.Time{})
}

func checkEnd(h *harness) {
	var last ledger.Position
	for n := range 3 {
		o, err := h.Open(h.ctx, opening(n, event(n)))
		h.ok(err)
		last = o.Entry
	}
	h.held(us)
	for _, limit := range []int{2, 10} {
		lag, err := h.Lag(h.ctx, theSink)
		h.ok(err)
		if lag.End != last {
			h.Errorf("the outbox ends at %+v, want %+v", lag.End, last)
		}
		b := h.fixed(us, limit)
		h.ok(h.Confirm(h.ctx, theSink, us, b.Number))
	}
	if c := h.held(us); c.At != last {
		h.Errorf("all is confirmed, at %+v", c.At)
	}
}

func checkRows(h *harness) {
	o := opening(1, event(1))
	_, err := h.Open(h.ctx, o)
	h.ok(err)
	link := ledger.LinkKey{From: change, Where: "comment", To: issue, Kind: "issue", Authn: "signature"}
	keys := ledger.Keys{
		Events: []string{o.Event.GetId(), id(kindEvent, 99)}, Entities: []string{change, "github:pr:acme/api#99"},
		Links:        []ledger.LinkKey{link, {From: change, To: issue}},
		Observations: []ledger.ObservationKey{{Subject: change, Name: "change.updated", SubKey: o.Event.GetId()}, {Subject: change}},
	}
	rows, err := h.Rows(h.ctx, keys)
	h.ok(err)
	at := o.Event.GetOccurredAt().AsTime()
	want := ledger.Rows{
		Events: []ledger.EventRow{{ID: o.Event.GetId(), Head: ledger.Head(o.Event), Authn: "signature"}},
		Entities: []ledger.EntityRow{{
			Entity: project.Entity{Ref: change, Kind: "change", NativeID: "42", Place: repo}, Vouched: true,
			Version: project.Version{At: at, EventID: o.Event.GetId()},
		}},
		Links: []graph.Related{{
			From: change, To: issue, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: "comment",
			Author: o.Event.GetActor(), First: at, Last: at, EventID: o.Event.GetId(), Authn: "signature",
		}},
		Observations: []fact.Observed{{Subject: change, Name: "change.updated", SubKey: o.Event.GetId(), At: at, Value: "v", EventID: o.Event.GetId(), Authn: "signature"}},
	}
	for i := range rows.Entities {
		rows.Entities[i].Version, rows.Entities[i].Texts = want.Entities[0].Version, nil
	}
	if diff := cmp.Diff(want, rows, protocmp.Transform()); diff != "" {
		h.Errorf("%s", diff)
	}
	// The same keys, after a later event changed what they name.
	_, err = h.Open(h.ctx, opening(2, event(2)))
	h.ok(err)
	rows, err = h.Rows(h.ctx, ledger.Keys{Links: []ledger.LinkKey{link}})
	h.ok(err)
	if len(rows.Links) != 1 || rows.Links[0].EventID != id(kindEvent, 2) || !rows.Links[0].First.Equal(at) {
		h.Errorf("as it is now: %v", rows.Links)
	}
}

func checkEntityRow(h *harness) {
	signed := opening(1, texted(1, "title"))
	signed.Delta.Entities[0].Attributes = []project.Attribute{{Name: "state", Value: "open", Version: versionOf(1)}}
	token := opening(2, texted(2, "body"))
	token.Authn = "token"
	token.Delta.Entities[0].Attributes = []project.Attribute{{Name: "seen", Value: "x", Version: versionOf(2)}}
	for _, o := range []ledger.Opening{signed, token} {
		_, err := h.Open(h.ctx, o)
		h.ok(err)
	}
	rows, err := h.Rows(h.ctx, ledger.Keys{Entities: []string{change, issue}})
	h.ok(err)
	if len(rows.Entities) != 2 {
		h.Fatalf("%d entities, want 2", len(rows.Entities))
	}
	slices.SortFunc(rows.Entities, func(a, b ledger.EntityRow) int {
		if a.Ref < b.Ref {
			return -1
		}
		return 1
	})
	want := ledger.EntityRow{
		Entity: project.Entity{Ref: change, Kind: "change", NativeID: "42", Place: repo, Attributes: []project.Attribute{
			{Name: "seen", Value: "x", Version: versionOf(2)}, {Name: "state", Value: "open", Version: versionOf(1)},
		}},
		Vouched: true, Version: versionOf(1), Unvouched: []string{"seen"},
		Texts: map[string]int64{"title": ledger.Micros(versionOf(1).At), "~body": ledger.Micros(versionOf(2).At)},
	}
	if diff := cmp.Diff(want, rows.Entities[0]); diff != "" {
		h.Errorf("%s", diff)
	}
	if stub := rows.Entities[1]; stub.Vouched || !stub.Stub || stub.Version != (project.Version{}) {
		h.Errorf("a stub is %+v", stub)
	}
}

func versionOf(n int) project.Version {
	return project.Version{At: event(n).GetOccurredAt().AsTime(), EventID: id(kindEvent, n)}
}

func checkScan(h *harness) {
	for n := range 7 {
		e := event(n)
		if n%2 == 1 {
			e.Ref = "github:pr:acme/api#43"
		}
		_, err := h.Open(h.ctx, opening(n, e))
		h.ok(err)
	}
	for table, want := range map[ledger.Table]int{ledger.Events: 7, ledger.Entities: 3, ledger.Links: 2, ledger.Observations: 7} {
		all, _, err := h.Scan(h.ctx, table, "", 100)
		h.ok(err)
		var paged ledger.Rows
		after := ""
		for range 100 {
			page, next, err := h.Scan(h.ctx, table, after, 2)
			h.ok(err)
			if page.Len() > 2 {
				h.Errorf("%s: a page of %d rows, want at most 2", table, page.Len())
			}
			paged.Events, paged.Entities = append(paged.Events, page.Events...), append(paged.Entities, page.Entities...)
			paged.Links, paged.Observations = append(paged.Links, page.Links...), append(paged.Observations, page.Observations...)
			if after = next; after == "" {
				break
			}
		}
		if all.Len() != want || after != "" {
			h.Errorf("%s: %d rows, want %d; then %q", table, all.Len(), want, after)
		}
		if diff := cmp.Diff(all, paged, protocmp.Transform()); diff != "" {
			h.Errorf("%s by pages: %s", table, diff)
		}
		again, err := h.Rows(h.ctx, all.Keys())
		h.ok(err)
		if again.Len() != want {
			h.Errorf("%s: %d rows by the keys of %d", table, again.Len(), want)
		}
	}
	if _, _, err := h.Scan(h.ctx, ledger.Links, "bad", 2); !errors.Is(err, ledger.ErrToken) {
		h.Errorf("a made-up token: %v, want ErrToken", err)
	}
}

// texted is the n-th event, with the text that stands there.
func texted(n int, where string) *eventv1.WebhookEvent {
	e := event(n)
	e.Text = &eventv1.Text{Parts: []*eventv1.Part{{Where: where, Author: e.GetActor(), Value: "words"}}}
	return e
}

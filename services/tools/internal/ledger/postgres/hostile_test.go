package postgres_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// both is what a ledger answers.
type both interface {
	ledger.Ledger
	fact.Facts
	graph.Graph
}

// hostile are texts that PostgreSQL refuses, or takes for something else. A lone
// surrogate reaches nobody: decoders of JSON put U+FFFD in its place. What is no
// UTF-8 is no valid message either, so that only deltas could hold it.
func hostile() []string {
	return []string{"\x00", "a\x00b", "\x01", "\x01\x01\x00\x02", "\uFFFD", "{\"a\\u0000\":1}", "\\u0000", "'; DROP TABLE event; --", "%_$1", "\U0010FFFF", "ü\x00\x01ü"}
}

// An event that holds such text in every field is opened, and both ledgers
// answer the same.
func TestHostileTextIsKept(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	embedded, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"), sqlite.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = embedded.Close() })
	stores := []both{embedded, open(t, kit.Schema(t), postgres.Options{Now: now})}
	for i, x := range hostile() {
		o := hostileOpening(i, x)
		o.Delta = hostileDelta(o, x)
		var answers []any
		for _, s := range stores {
			opened, err := s.Open(t.Context(), o)
			if err != nil {
				t.Fatalf("%q: %v", x, err)
			}
			answers = append(answers, answer(t, s, opened, o, x))
		}
		if diff := cmp.Diff(answers[0], answers[1], protocmp.Transform(), cmp.Comparer(func(a, b ledger.Position) bool { return true })); diff != "" {
			t.Errorf("%q: %s", x, diff)
		}
	}
}

// What is no UTF-8 is kept as it is.
func TestInvalidTextIsKept(t *testing.T) {
	s := open(t, kit.Schema(t), postgres.Options{})
	for i, x := range []string{"\xff", "a\xc3\x28", "\xed\xa0\x80"} {
		o := opening(i)
		o.Delta = hostileDelta(o, x)
		if _, err := s.Open(t.Context(), o); err != nil {
			t.Fatalf("%q: %v", x, err)
		}
		found, err := s.Entities(t.Context(), []string{"r:" + x})
		if err != nil || len(found) != 1 || found[0].Kind != x {
			t.Errorf("%q: %+v, %v", x, found, err)
		}
	}
}

func hostileOpening(n int, x string) ledger.Opening {
	o := opening(n)
	o.Run += ledger.RunID(x)
	e := o.Event
	e.Id, e.DedupKey, e.Instance, e.Type, e.Action, e.Ref, e.NativeId, e.Place, e.Occurrence = e.GetId()+x, x, x, x, x, "r:"+x, x, x, x
	e.Actor = &eventv1.Account{Id: x, Login: x, Type: x, Association: x}
	e.Text.Parts = []*eventv1.Part{{Where: "title", Value: x, Author: e.GetActor()}, {Where: x, Value: x}}
	o.Delivery = &eventv1.Delivery{DeliveryId: x, HookId: x, ReceivedAt: e.GetReceivedAt()}
	o.Owner = ledger.Owner(x)
	return o
}

// hostileDelta keeps to words of ours where a link stood.
func hostileDelta(o ledger.Opening, x string) project.Delta {
	at := o.Event.GetOccurredAt().AsTime()
	v := project.Version{At: at, EventID: o.Event.GetId()}
	return project.Delta{
		Entities:     []project.Entity{{Ref: "r:" + x, Kind: x, NativeID: x, Place: x, Attributes: []project.Attribute{{Name: x, Value: x, Version: v}, {Name: "visibility", Value: x, Version: v}}}},
		Links:        []project.Link{{From: "r:" + x, To: "t:" + x, Kind: x, Rule: x, Confidence: x, Where: "title", Author: o.Event.GetActor(), At: at}},
		Observations: []project.Observation{{Subject: "r:" + x, Name: x, SubKey: x, Value: x, Place: x, Actor: x, At: at}},
	}
}

// answer is all that can be asked about it, but for the store's own word.
func answer(t *testing.T, s both, opened ledger.Opened, o ledger.Opening, x string) any {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %q: %v", s.Store(), x, err)
		}
	}
	again, err := s.Open(t.Context(), o)
	check(err)
	call := intent(int(o.Event.GetReceivedAt().GetSeconds()%1000), "k"+x, "held", "")
	call.Shown.CallId += o.Event.GetId()
	fixed := o.Event.GetReceivedAt().AsTime()
	call.Occurrence, call.Version, call.NotAfter, call.LookAt, call.ValidUntil = o.Event.GetOccurrence(), fixed, fixed, fixed, fixed
	pinned, err := s.Pin(t.Context(), ledger.Pinning{Run: o.Run, Plan: &toolsv1.Plan{}, Calls: []ledger.Call{call}})
	check(err)
	stored, err := s.Run(t.Context(), o.Run)
	check(err)
	known, err := s.Known(t.Context(), "r:"+x, []string{"r:" + x})
	check(err)
	timeline, err := s.Timeline(t.Context(), "r:"+x, 10)
	check(err)
	selected, err := s.Select(t.Context(), fact.Query{Subjects: []string{"r:" + x}, Names: []string{x}, Values: []string{x}, Limit: 10})
	check(err)
	linked, err := s.Linked(t.Context(), []string{"t:" + x}, 10)
	check(err)
	entities, err := s.Entities(t.Context(), []string{"r:" + x})
	check(err)
	if len(timeline) != 1 || len(linked) != 1 || len(entities) != 1 || len(known.Links) != 1 {
		t.Errorf("%s: %q: %d observations, %d links, %d entities, %d known", s.Store(), x, len(timeline), len(linked), len(entities), len(known.Links))
	}
	for _, run := range []*toolsv1.Run{opened.Run, again.Run, pinned.Run, stored.Run} {
		for _, w := range run.GetWrites() {
			w.Store = ""
		}
	}
	return []any{opened.Run, again.Run, again.Leased, pinned, stored, known, timeline, selected, linked, entities}
}

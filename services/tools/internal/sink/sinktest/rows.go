package sinktest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC) }

// sample is the n-th row of each table, with a word that tells versions of it apart.
func sample(n int, word string) ledger.Rows {
	at := noon().Add(time.Duration(n) * time.Hour)
	ref := fmt.Sprintf("github:pr:acme/api#%d", n)
	event := fmt.Sprintf("00000000-0000-4000-8000-%012x", n)
	person := &eventv1.Account{Id: "7", Login: "ana", Type: "User", Association: "MEMBER"}
	return ledger.Rows{
		Events: []ledger.EventRow{{ID: event, Authn: "signature", Head: &toolsv1.EventHead{
			Source: "github", Kind: "change.updated", Type: "pull_request", Action: word, Ref: ref, Place: "github:repo:acme/api",
			Visibility: "private", Actor: person, OccurredAt: timestamppb.New(at), ReceivedAt: timestamppb.New(at.Add(time.Second)),
		}}},
		Entities: []ledger.EntityRow{{
			Entity: project.Entity{Ref: ref, Kind: "change", NativeID: "42", Place: "github:repo:acme/api", Attributes: []project.Attribute{
				{Name: "head", Value: "main", Version: project.Version{At: at, KindRank: 1, EventID: event}},
				{Name: "state", Value: word, Version: project.Version{At: at, KindRank: 2, EventID: event}},
			}},
			Vouched: true, Version: project.Version{At: at, KindRank: 2, EventID: event},
			Texts: map[string]int64{"title": ledger.Micros(at), "~body": ledger.Micros(at) + 1}, Unvouched: []string{"head"},
		}},
		Links: []graph.Related{{
			From: ref, To: "jira:issue:ACME-7", Kind: "issue", Rule: "issue_key", Confidence: word, Where: "title",
			Author: person, First: at, Last: at.Add(time.Minute), EventID: event, Authn: "signature",
		}},
		Observations: []fact.Observed{{
			Subject: ref, Name: "change.updated", SubKey: event, At: at, Value: word, Place: "github:repo:acme/api",
			Actor: "github:user:ana", EventID: event, Authn: "signature",
		}},
	}
}

// odd are the rows that a store is most likely to change on the way.
func odd() (rows ledger.Rows) {
	words := []string{
		"", " ", "it's", `"quoted"`, `back\slash`, "tab\tline\nreturn\r", "'); DROP TABLE event; --", "nul\x00inside", "\x00",
		"ünïcödé", "日本語", "🙂👩‍👩‍👧", "e\u0301", "\ufeffbom", "\u202eright to left", "{name:Type}", "$1 ? :x %s", "NULL", "\\N", "0", "1e3", "true",
		strings.Repeat("long ", 13_000),
	}
	for n, w := range words {
		row := sample(1000+n, w)
		row.Entities[0].Attributes = append(row.Entities[0].Attributes, project.Attribute{Name: "zz " + w, Value: w})
		row.Links[0].Editor = &eventv1.Account{Login: w}
		if len(w) < 100 {
			row.Entities[0].Ref += w
			row.Links[0].From += w
			row.Observations[0].Subject += w
			row.Observations[0].SubKey += w
		}
		rows = join(rows, row)
	}
	for n, at := range []time.Time{
		{}, time.Date(1, 1, 2, 0, 0, 0, 1000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.UnixMicro(1).UTC(),
		time.Date(2262, 4, 12, 0, 0, 0, 0, time.UTC), time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		row := sample(2000+n, "time")
		if row.Events[0].Head.OccurredAt = nil; !at.IsZero() {
			row.Events[0].Head.OccurredAt = timestamppb.New(at)
		}
		row.Entities[0].Version.At, row.Entities[0].Attributes[0].Version.At = at, at
		row.Entities[0].Texts["title"] = ledger.Micros(at)
		row.Links[0].First, row.Links[0].Last = at, at
		row.Observations[0].At = at
		rows = join(rows, row)
	}
	return join(rows, bare())
}

// bare are rows of which all is empty but their keys.
func bare() ledger.Rows {
	return ledger.Rows{
		Events:       []ledger.EventRow{{ID: "00000000-0000-4000-8000-ffffffffffff", Head: &toolsv1.EventHead{}}},
		Entities:     []ledger.EntityRow{{Entity: project.Entity{Ref: "bare:a:b", Stub: true}}},
		Links:        []graph.Related{{From: "bare:a:b", To: "bare:a:c"}},
		Observations: []fact.Observed{{Name: "bare"}},
	}
}

// many are n rows of each table.
func many(n int, word string) (rows ledger.Rows) {
	for i := range n {
		rows = join(rows, sample(i, word))
	}
	return rows
}

// of returns the rows of one table.
func of(rows ledger.Rows, t ledger.Table) ledger.Rows {
	switch t {
	case ledger.Events:
		return ledger.Rows{Events: rows.Events}
	case ledger.Entities:
		return ledger.Rows{Entities: rows.Entities}
	case ledger.Links:
		return ledger.Rows{Links: rows.Links}
	default:
		return ledger.Rows{Observations: rows.Observations}
	}
}

func join(a, b ledger.Rows) ledger.Rows {
	return ledger.Rows{
		Events: append(a.Events, b.Events...), Entities: append(a.Entities, b.Entities...),
		Links: append(a.Links, b.Links...), Observations: append(a.Observations, b.Observations...),
	}
}

// want compares what the store has with what it should have, in whatever order.
func (h *harness) want(what string, want ledger.Rows) {
	h.Helper()
	h.wantRows(what, want, h.scanned(1000))
}

func (h *harness) wantRows(what string, want, got ledger.Rows) {
	h.Helper()
	if diff := cmp.Diff(sorted(h.kept(want)), sorted(got), protocmp.Transform(), cmpopts.EquateEmpty()); diff != "" {
		h.Errorf("%s: %s", what, short(diff))
	}
}

func short(s string) string {
	if len(s) > 4000 {
		return s[:4000] + " …"
	}
	return s
}

func sorted(r ledger.Rows) ledger.Rows {
	r = join(ledger.Rows{}, r)
	slices.SortFunc(r.Events, func(a, b ledger.EventRow) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.Entities, func(a, b ledger.EntityRow) int { return strings.Compare(a.Ref, b.Ref) })
	slices.SortFunc(r.Links, func(a, b graph.Related) int {
		return strings.Compare(fmt.Sprintf("%q", []string{a.From, a.Where, a.To, a.Kind, a.Authn}), fmt.Sprintf("%q", []string{b.From, b.Where, b.To, b.Kind, b.Authn}))
	})
	slices.SortFunc(r.Observations, func(a, b fact.Observed) int {
		return strings.Compare(fmt.Sprintf("%q", []string{a.Subject, a.Name, a.SubKey}), fmt.Sprintf("%q", []string{b.Subject, b.Name, b.SubKey}))
	})
	return r
}

package project_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

var sha = strings.Repeat("0a", 20)

func fields(t testing.TB, m map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func merged(t testing.TB, parts ...*eventv1.Part) *eventv1.WebhookEvent {
	return &eventv1.WebhookEvent{
		Id: "e1", Source: "github", Kind: "change.merged", Type: "pull_request", Action: "closed",
		Ref: "github:pr:acme/api#42", NativeId: "4242", Place: "github:repo:acme/api", Visibility: "private",
		Actor:      &eventv1.Account{Id: "7", Login: "alice", Type: "User"},
		OccurredAt: timestamppb.New(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), Occurrence: sha,
		Fields: fields(t, map[string]any{
			"number": 42, "state": "closed", "merged": true, "labels": []any{"bug", "api"},
			"merge_commit_sha": sha, "url": "https://github.com/acme/api/pull/42",
		}),
		Text: &eventv1.Text{Parts: parts},
	}
}

func part(where, value string) *eventv1.Part {
	return &eventv1.Part{Where: where, Value: value, Author: &eventv1.Account{Id: "7", Login: "alice"}}
}

func TestEvent(t *testing.T) {
	e := merged(t, part("title", "ACME-7: no more tears"))
	at := e.GetOccurredAt().AsTime()
	v := project.Version{At: at, KindRank: 4, EventID: "e1"}
	commit := "github:commit:acme/api@" + sha
	want := project.Delta{
		Entities: []project.Entity{
			{
				Ref: "github:pr:acme/api#42", Kind: "change", NativeID: "4242", Place: "github:repo:acme/api",
				Attributes: []project.Attribute{
					{Name: "number", Value: "42", Version: v},
					{Name: "url", Value: "https://github.com/acme/api/pull/42", Version: v},
					{Name: "state", Value: "closed", Version: v},
					{Name: "merged", Value: "true", Version: v},
					{Name: "merge_commit_sha", Value: sha, Version: v},
					{Name: "labels", Value: "bug,api", Version: v},
				},
			},
			{Ref: "github:repo:acme/api", Kind: "repository", Attributes: []project.Attribute{{Name: "visibility", Value: "private", Version: v}}},
			{Ref: "github:user:alice", Kind: "person", NativeID: "7", Attributes: []project.Attribute{{Name: "login", Value: "alice", Version: v}, {Name: "type", Value: "User", Version: v}}},
			{Ref: commit, Kind: "commit", Place: "github:repo:acme/api", Stub: true},
			{Ref: "jira:issue:ACME-7", Kind: "issue", Place: "jira:project:ACME", Stub: true},
		},
		Links: []project.Link{
			{From: e.GetRef(), To: commit, Kind: "commit", Rule: "native", Confidence: "certain", At: at},
			{
				From: e.GetRef(), To: "jira:issue:ACME-7", Kind: "issue", Rule: "issue_key", Confidence: "likely",
				Where: "title", Author: e.GetText().GetParts()[0].GetAuthor(), At: at,
			},
		},
		Observations: []project.Observation{{Subject: e.GetRef(), Name: "change.merged", SubKey: sha, At: at, Value: sha, Place: "github:repo:acme/api", Actor: "github:user:alice"}},
	}
	if diff := cmp.Diff(want, project.Event(e), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestTextBecomesLinksOnly(t *testing.T) {
	const word = "xylophone"
	d := project.Event(merged(t, part("title", word+" ACME-7"), part("body", word)))
	if text := fmt.Sprintf("%v %v", d.Entities, d.Observations); strings.Contains(text, word) {
		t.Errorf("text reached the memory: %s", text)
	}
}

func TestObservations(t *testing.T) {
	jira := func(kind string, changes ...*eventv1.FieldChange) *eventv1.WebhookEvent {
		return &eventv1.WebhookEvent{
			Id: "e2", Source: "jira", Kind: kind, Type: "jira:issue_updated", Ref: "jira:issue:ACME-7",
			Place: "jira:project:ACME", Occurrence: "changelog:9", Changes: changes,
		}
	}
	tests := map[string]struct {
		event *eventv1.WebhookEvent
		want  string
	}{
		"a transition tells the status": {
			jira("issue.transitioned", &eventv1.FieldChange{Field: "status", From: "Open", To: "Done"}),
			"issue.transitioned=Done status=Done",
		},
		"text fields are named without a value": {
			jira("issue.updated", &eventv1.FieldChange{Field: "summary"}),
			"issue.updated=summary",
		},
		"unassigned": {
			jira("issue.assigned", &eventv1.FieldChange{Field: "assignee", From: "a"}),
			"issue.assigned= assignee=",
		},
		"a field of people's own name is no observation": {
			jira("issue.updated", &eventv1.FieldChange{Field: "Story Points", From: "1", To: "2"}),
			"issue.updated=Story Points",
		},
		"never silent": {
			&eventv1.WebhookEvent{Id: "e3", Source: "github", Kind: "other", Type: "star", Action: "created", Ref: "github:repo:acme/api"},
			"other=star.created",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, o := range project.Event(test.event).Observations {
				if o.SubKey == "" || o.Subject != test.event.GetRef() {
					t.Errorf("incomplete: %+v", o)
				}
				got = append(got, o.Name+"="+o.Value)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEmptiedFieldIsAnAttribute(t *testing.T) {
	e := &eventv1.WebhookEvent{
		Id: "e", Source: "jira", Kind: "issue.assigned", Ref: "jira:issue:ACME-7", Place: "jira:project:ACME",
		Changes: []*eventv1.FieldChange{{Field: "assignee", From: "a1"}},
	}
	got := project.Event(e).Entities[0].Attributes
	if len(got) != 1 || got[0].Name != "assignee" || got[0].Value != "" {
		t.Errorf("attributes: %v", got)
	}
}

func TestCommentsFieldsAreNotTheIssues(t *testing.T) {
	e := merged(t)
	e.Kind = "comment.created"
	if got := project.Event(e).Entities[0].Attributes; len(got) != 0 {
		t.Errorf("attributes: %v", got)
	}
}

func TestPageKnowsItsParent(t *testing.T) {
	e := &eventv1.WebhookEvent{
		Id: "e", Source: "notion", Kind: "page.updated", Ref: "notion:page:" + strings.Repeat("ab", 16),
		Fields: fields(t, map[string]any{"entity_type": "page", "parent_type": "database", "parent_id": "p", "data_source_id": "d", "authors": 1}),
	}
	var got []string
	for _, a := range project.Event(e).Entities[0].Attributes {
		got = append(got, a.Name+"="+a.Value)
	}
	if want := "entity_type=page parent_id=p parent_type=database data_source_id=d"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A review says what was thought of a change; the change stays open.
func TestReviewsFieldsAreNotTheChanges(t *testing.T) {
	e := merged(t)
	e.Kind, e.Fields = "change.reviewed", fields(t, map[string]any{
		"id": "9", "state": "approved", "url": "https://github.com/acme/api/pull/42#pullrequestreview-9", "number": 42, "draft": false,
	})
	d := project.Event(e)
	names := make(map[string]string)
	for _, a := range d.Entities[0].Attributes {
		names[a.Name] = a.Value
	}
	if diff := cmp.Diff(map[string]string{"number": "42", "draft": "false"}, names); diff != "" {
		t.Error(diff)
	}
	if o := d.Observations[0]; o.Name != "change.reviewed" || o.Value != "approved" {
		t.Errorf("observed %v", o)
	}
}

func TestRefPlace(t *testing.T) {
	for ref, want := range map[string]string{
		"github:pr:acme/api#42":          "github:repo:acme/api",
		"github:branch:acme/api@main/x":  "github:repo:acme/api",
		"github@ghe:commit:a/b.c@" + sha: "github@ghe:repo:a/b.c",
		"github:org:acme":                "",
		"github:user:alice":              "",
		"github:team:acme/backend":       "github:org:acme",
		"github:deployment:acme/api#7":   "github:repo:acme/api",
		"github:page:acme/api@Home":      "github:repo:acme/api",
		"github:advisory:GHSA-1-2-3":     "",
		"jira@eu:issue:ACME-7":           "jira@eu:project:ACME",
		"notion:page:" + sha[:32]:        "",
	} {
		r, ok := project.ParseRef(ref)
		if !ok || r.Place() != want || r.String() != ref {
			t.Errorf("%s: place %q, want %q", ref, r.Place(), want)
		}
	}
	for _, ref := range []string{"", "github", "github:pr", "github:pr:", ":pr:x", "github::x"} {
		if _, ok := project.ParseRef(ref); ok {
			t.Errorf("%q was parsed", ref)
		}
	}
}

package jira_test

import (
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

// family is a group of Jira's documented events, with its object as the REST
// API has it, and the ref that the object has.
type family struct {
	events string
	object string
	ref    string
	kind   string
	// Jira documents no object: an event without one is no mismatch.
	loose bool
}

func families() []family {
	const (
		self = `"self":"https://acme.atlassian.net/rest/api/2/`
		is   = `"issue":{"id":"10007",` + self + `issue/10007","key":"ACME-7","fields":{"summary":"x"}}`
		made = `"comment":{"id":"10082",` + self + `issue/10007/comment/10082","body":"x","author":{"accountId":"a"}}`
	)
	version := `"version":{"id":"10000",` + self + `version/10000","name":"1.2","description":"With ACME-7","released":true,"archived":false,"projectId":10000}`
	return []family{
		{events: "jira:issue_created", object: is, ref: "jira:issue:ACME-7", kind: "issue.created"},
		{events: "jira:issue_updated", object: is, ref: "jira:issue:ACME-7", kind: "issue.updated"},
		{events: "jira:issue_deleted", object: is, ref: "jira:issue:ACME-7", kind: "issue.deleted"},
		{events: "issue_property_set issue_property_deleted", object: is + `,"property":{"key":"x"}`, ref: "jira:issue:ACME-7", kind: "other", loose: true},
		{events: "worklog_created worklog_updated worklog_deleted", object: `"worklog":{"id":"1",` + self + `issue/10007/worklog/1","issueId":"10007","timeSpentSeconds":60}`, ref: "jira:worklog:1", kind: "other"},
		{events: "comment_created", object: made, ref: "jira:comment:10082", kind: "comment.created"},
		{events: "comment_updated", object: made, ref: "jira:comment:10082", kind: "comment.updated"},
		{events: "comment_deleted", object: made, ref: "jira:comment:10082", kind: "comment.deleted"},
		{events: "attachment_created attachment_deleted", object: `"attachment":{"id":"2",` + self + `attachment/2","filename":"x"}`, ref: "jira:attachment:2", kind: "other"},
		{events: "issuelink_created issuelink_deleted", object: `"issueLink":{"id":3,"sourceIssueId":10007,"destinationIssueId":10008,"issueLinkType":{"id":1,"name":"Blocks"}}`, ref: "jira:issuelink:3", kind: "other"},
		{events: "issuetype_created issuetype_updated issuetype_deleted", ref: "jira:event:", kind: "other", loose: true},
		{events: "project_created project_updated project_deleted project_soft_deleted project_restored_deleted project_archived project_restored_archived",
			object: `"project":{"id":10000,` + self + `project/10000","key":"ACME","name":"x"}`, ref: "jira:project:ACME", kind: "other"},
		{events: "jira:version_released", object: version, ref: "jira:version:10000", kind: "release.published"},
		{events: "jira:version_created jira:version_updated jira:version_deleted jira:version_unreleased jira:version_moved jira:version_merged", object: version, ref: "jira:version:10000", kind: "other"},
		{events: "filter_created filter_updated filter_deleted", object: `"filter":{"id":"4",` + self + `filter/4","jql":"x"}`, ref: "jira:filter:4", kind: "other"},
		{events: "user_created user_updated user_deleted", object: `"user":{` + self + `user?accountId=a","accountId":"a"}`, ref: "jira:user:a", kind: "other"},
		{events: "option_voting_changed option_watching_changed option_unassigned_issues_changed option_subtasks_changed option_issuelinks_changed option_timetracking_changed option_timetracking_provider_changed option_attachments_changed",
			object: `"property":{"key":"x","value":"true"}`, ref: "jira:event:", kind: "other", loose: true},
		{events: "sprint_created sprint_updated sprint_deleted sprint_started sprint_closed",
			object: `"sprint":{"id":5,"self":"https://acme.atlassian.net/rest/agile/1.0/sprint/5","state":"active","name":"Sprint 1","startDate":"2026-02-27T07:00:00.000Z","originBoardId":6,"goal":"ACME-7"}`, ref: "jira:sprint:5", kind: "other"},
		{events: "board_created board_updated board_deleted", object: `"board":{"id":6,"self":"https://acme.atlassian.net/rest/agile/1.0/board/6"}`, ref: "jira:board:6", kind: "other"},
		{events: "board_configuration_changed", object: `"configuration":{"id":6,"self":"https://acme.atlassian.net/rest/agile/1.0/board/6/configuration"}`, ref: "jira:board:6", kind: "other"},
		{events: "app_access_to_objects_blocked app_access_to_objects_in_container_blocked jira_expression_evaluation_failed", ref: "jira:event:", kind: "other", loose: true},
	}
}

func body(event, object string) string {
	return strings.TrimSuffix(`{"timestamp":1772271003123,"webhookEvent":"`+event+`",`+object, ",") + "}"
}

// Each documented event has its kind and its subject, and none is taken for
// what its body isn't about. One more than Cloud's 57 is Server's alone.
func TestFamilies(t *testing.T) {
	var cases []sourcetest.Case
	add := func(name, body string, refused error, want func(*testing.T, *eventv1.WebhookEvent, *eventv1.Delivery)) {
		cases = append(cases, sourcetest.Case{Name: name, Header: header(), Body: body, Err: refused, Want: want})
	}
	events := 0
	for _, f := range families() {
		for event := range strings.FieldsSeq(f.events) {
			events++
			ref := f.ref
			if ref == "jira:event:" {
				ref += event
			}
			add(event, body(event, f.object), nil, func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
				if e.GetKind() != f.kind || e.GetRef() != ref || e.GetType() != event || e.GetOccurredAt().AsTime().UnixMilli() != 1772271003123 {
					t.Errorf("kind %s, ref %s, type %s at %v; want %s, %s", e.GetKind(), e.GetRef(), e.GetType(), e.GetOccurredAt(), f.kind, ref)
				}
			})
			if f.loose {
				continue
			}
			for _, other := range families() {
				if other.ref != f.ref {
					add(event+" with "+other.ref, body(event, other.object), source.EventMismatch, nil)
				}
			}
		}
	}
	sourcetest.Run(t, jira.Normalizer{}, cases)
	if events != 58 {
		t.Errorf("%d events", events)
	}
}

func TestParts(t *testing.T) {
	field := func(e *eventv1.WebhookEvent, name string) string {
		return e.GetFields().GetFields()[name].GetStringValue()
	}
	object := map[string]string{}
	for _, f := range families() {
		object[f.ref] = f.object
	}
	issue := object["jira:issue:ACME-7"]
	sourcetest.Run(t, jira.Normalizer{}, []sourcetest.Case{
		{Name: "worklog", Header: header(), Body: body("worklog_updated", strings.Replace(object["jira:worklog:1"], `"id"`, `"comment":"For ACME-8","author":{"accountId":"a"},"updateAuthor":{"accountId":"b"},"id"`, 1)), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			p := e.GetText().GetParts()[0]
			if field(e, "issue_id") != "10007" || e.GetFields().GetFields()["seconds"].GetNumberValue() != 60 || e.GetActor().GetId() != "b" ||
				p.GetWhere() != "comment" || p.GetValue() != "For ACME-8" || p.GetAuthor().GetId() != "a" || p.GetEditor().GetId() != "b" {
				t.Errorf("%v", e)
			}
		}},
		{Name: "worklog of an issue that is there", Header: header(), Body: body("worklog_deleted", object["jira:worklog:1"]+","+issue), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetRef() != "jira:issue:ACME-7" || e.GetNativeId() != "10007" || e.GetPlace() != "jira:project:ACME" || field(e, "key") != "ACME-7" || field(e, "id") != "1" || e.GetText() != nil {
				t.Errorf("%v", e)
			}
		}},
		{Name: "comment of an issue that isn't", Header: header(), Body: body("comment_deleted", object["jira:comment:10082"]), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if field(e, "issue_id") != "10007" || e.GetActor() != nil || e.GetText() != nil {
				t.Errorf("%v", e)
			}
		}},
		{Name: "comment with the issue's page", Header: header(), Body: body("comment_created", object["jira:comment:10082"]+","+issue), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if field(e, "url") != "https://acme.atlassian.net/browse/ACME-7" || field(e, "issue_id") != "" {
				t.Errorf("%v", e.GetFields())
			}
		}},
		{Name: "assigned by the user's key", Header: header(), Body: body("jira:issue_updated", strings.Replace(issue, `"summary"`, `"assignee":{"accountId":"a","key":"dev"},"summary"`, 1)+`,"changelog":{"id":1,"items":[{"field":"assignee","fieldtype":"jira","from":"dev","to":"dev"}]}`), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if c := e.GetChanges()[0]; c.GetFrom() != "dev" || c.GetTo() != "a" {
				t.Errorf("%v", c)
			}
		}},
		{Name: "link", Header: header(), Body: body("issuelink_created", object["jira:issuelink:3"]), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if field(e, "source_issue_id") != "10007" || field(e, "target_issue_id") != "10008" || field(e, "link_type") != "Blocks" {
				t.Errorf("%v", e.GetFields())
			}
		}},
		{Name: "version", Header: header(), Body: body("jira:version_released", object["jira:version:10000"]), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			parts := e.GetText().GetParts()
			if field(e, "version") != "1.2" || field(e, "project_id") != "10000" || !e.GetFields().GetFields()["released"].GetBoolValue() ||
				len(parts) != 2 || parts[0].GetValue() != "1.2" || parts[1].GetValue() != "With ACME-7" || parts[1].GetAuthor() == nil || parts[1].GetAuthor().GetId() != "" {
				t.Errorf("%v", e)
			}
		}},
		{Name: "sprint", Header: header(), Body: body("sprint_started", object["jira:sprint:5"]), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if field(e, "state") != "active" || field(e, "board_id") != "6" || field(e, "starts_at") != "2026-02-27T07:00:00Z" ||
				e.GetText().GetParts()[1].GetValue() != "ACME-7" || e.GetOccurrence() != "sprint_started@2026-02-28T09:30:03.123Z" {
				t.Errorf("%v", e)
			}
		}},
		{Name: "user is no actor", Header: header(), Body: body("user_created", object["jira:user:a"]), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetActor() != nil {
				t.Errorf("actor %v", e.GetActor())
			}
		}},
		{Name: "project is its own place", Header: header(), Body: body("project_archived", object["jira:project:ACME"]), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetPlace() != "jira:project:ACME" || e.GetNativeId() != "10000" {
				t.Errorf("%v", e)
			}
		}},
		{Name: "issue moved", Header: header(), Body: body("jira:issue_updated", issue+`,"changelog":{"id":1,"items":[{"field":"Key","fieldtype":"jira","fromString":"OLD-1","toString":"ACME-7"},{"field":"issuetype","fieldtype":"jira","fromString":"Bug","toString":"Task"},{"field":"Key","fieldtype":"jira","fromString":"not a key","toString":"x"}]}`), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			c := e.GetChanges()
			if len(c) != 3 || c[0].GetFrom() != "OLD-1" || c[0].GetTo() != "ACME-7" || c[1].GetTo() != "Task" || c[2].GetFrom() != "" {
				t.Errorf("%v", c)
			}
		}},
	})
}

// What jira:issue_updated means without a changelog.
func TestUpdatedKind(t *testing.T) {
	const (
		whole  = `"issue":{"id":"1","key":"A-1","fields":{"comment":{"total":0}}}`
		server = `,"user":{"key":"dev","name":"dev"}`
		cloud  = `,"user":{"accountId":"a"}`
		made   = `,"comment":{"id":"2","body":"x","created":"2026-02-28T09:30:03.123+0000","updated":"2026-02-28T09:30:03.123+0000"}`
		edited = `,"comment":{"id":"2","body":"x","created":"2026-02-28T09:30:03.123+0000","updated":"2026-02-28T09:31:03.123+0000"}`
	)
	for _, tc := range []struct{ name, body, word, kind, occurrence string }{
		{"old Server, commented", whole + server + made, "", "comment.created", "comment:2"},
		{"old Server, edited", whole + server + edited, "", "comment.updated", "comment:2@2026-02-28T09:31:03.123Z"},
		{"old Server, deleted", whole + server, "", "comment.deleted", "comment.deleted@2026-02-28T09:30:03.123Z"},
		{"nothing changed, Cloud", whole + cloud, "", "issue.updated", "issue.updated@2026-02-28T09:30:03.123Z"},
		{"nothing but a key", `"issue":{"id":"1","key":"A-1"}` + server, "", "issue.updated", "issue.updated@2026-02-28T09:30:03.123Z"},
		{"commented", whole + cloud + made, "issue_commented", "comment.created", "comment:2"},
		{"edited", whole + cloud + made, "issue_comment_edited", "comment.updated", "comment:2@2026-02-28T09:30:03.123Z"},
		{"deleted", whole + cloud, "issue_comment_deleted", "comment.deleted", "comment.deleted@2026-02-28T09:30:03.123Z"},
		{"deleted comment that is there", whole + cloud + made, "issue_comment_deleted", "comment.deleted", "comment:2@deleted"},
		{"commented without a comment", whole + cloud, "issue_commented", "issue.updated", "issue.updated@2026-02-28T09:30:03.123Z"},
		{"assigned", whole + cloud, "issue_assigned", "issue.assigned", "issue.assigned@2026-02-28T09:30:03.123Z"},
		{"another word", whole + cloud + made, "issue_generic", "issue.updated", "issue.updated@2026-02-28T09:30:03.123Z"},
		{"a comment with a transition", whole + server + made + `,"changelog":{"id":9,"items":[{"field":"status","fieldtype":"jira"}]}`, "", "issue.transitioned", "changelog:9"},
	} {
		sourcetest.Run(t, jira.Normalizer{}, []sourcetest.Case{{Name: tc.name, Header: header(), Body: body("jira:issue_updated", `"issue_event_type_name":"`+tc.word+`",`+tc.body), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetKind() != tc.kind || e.GetOccurrence() != tc.occurrence || e.GetRef() != "jira:issue:A-1" {
				t.Errorf("%s, %s", e.GetKind(), e.GetOccurrence())
			}
			if has := strings.Contains(e.GetText().String(), "comment"); has != (strings.Contains(tc.body, `"body"`) && tc.kind != "comment.deleted") {
				t.Errorf("text %v", e.GetText())
			}
		}}})
	}
}

// The comment's own event and the issue's name one happening.
func TestOneCommentOneOccurrence(t *testing.T) {
	const comment = `"issue":{"id":"1","key":"A-1"},"comment":{"id":"2","body":"x","updated":"2026-02-28T09:31:03.123+0000"}`
	for own, word := range map[string]string{"comment_created": "issue_commented", "comment_updated": "issue_comment_edited", "comment_deleted": "issue_comment_deleted"} {
		first := normalize(t, body(own, comment), source.Meta{})
		second := normalize(t, body("jira:issue_updated", `"issue_event_type_name":"`+word+`",`+comment), source.Meta{})
		if first.GetKind() != second.GetKind() || first.GetRef() != second.GetRef() || first.GetOccurrence() != second.GetOccurrence() {
			t.Errorf("%s: %s %s %s, %s %s %s", own, first.GetKind(), first.GetRef(), first.GetOccurrence(), second.GetKind(), second.GetRef(), second.GetOccurrence())
		}
	}
}

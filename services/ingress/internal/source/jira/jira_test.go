package jira_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	hook "github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

func header() http.Header { return hook.Headers([]byte("secret"), "delivery-1", nil) }

func anyFile(string) http.Header { return header() }

func TestGolden(t *testing.T) { sourcetest.Golden(t, jira.Normalizer{}, anyFile) }

func TestNormalize(t *testing.T) {
	status, comment := sourcetest.Body(t, "issue_updated.status"), sourcetest.Body(t, "comment_created.server")
	kind := sourcetest.Kind
	with := func(body string, oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(body) }
	plain := `"description": "h2. Plain *text*", "unused": {`
	retried := header()
	retried.Set(hook.HeaderRetry, "3")
	sourcetest.Run(t, jira.Normalizer{}, []sourcetest.Case{
		{Name: "assigned", Header: header(), Body: with(status, `"fieldId": "status"`, `"fieldId": "duedate"`), Want: kind("issue.assigned")},
		{Name: "updated", Header: header(), Body: with(status, `"fieldId": "status"`, `"fieldId": "duedate"`, `"fieldId": "assignee"`, `"fieldId": "x"`), Want: kind("issue.updated")},
		{Name: "field without id, capitalized", Header: header(), Body: with(status, `"field": "status"`, `"field": "Status"`, `"fieldId": "status", `, ""), Want: kind("issue.transitioned")},
		{Name: "created", Header: header(), Body: with(status, "jira:issue_updated", "jira:issue_created"), Want: kind("issue.created")},
		{Name: "deleted", Header: header(), Body: with(status, "jira:issue_updated", "jira:issue_deleted"), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetKind() != "issue.deleted" || e.GetText() != nil {
				t.Errorf("kind %s, text %v", e.GetKind(), e.GetText())
			}
		}},
		{Name: "plain description", Header: header(), Body: with(status, `"description": {`, plain), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if got := e.GetText().GetParts()[1].GetValue(); got != "h2. Plain *text*" {
				t.Errorf("body %q", got)
			}
		}},
		{Name: "retry", Header: retried, Body: status, Want: func(t *testing.T, _ *eventv1.WebhookEvent, d *eventv1.Delivery) {
			if d.GetRetry() != 3 || d.GetDeliveryId() != "delivery-1" {
				t.Errorf("delivery %v", d)
			}
		}},
		{Name: "Data Center under a path", Header: header(), Body: with(status, "https://acme.example.com/rest", "https://acme.example.com/jira/rest"), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if got := e.GetFields().GetFields()["url"].GetStringValue(); got != "https://acme.example.com/jira/browse/ACME-7" {
				t.Errorf("url %q", got)
			}
		}},
		{Name: "comment with its issue", Header: header(), Body: with(comment, `"comment":`, `"issue":{"id":"10007","key":"ACME-7"},"comment":`), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetRef() != "jira:issue:ACME-7" || e.GetPlace() != "jira:project:ACME" || e.GetOccurrence() != "comment:10082" {
				t.Errorf("%v", e)
			}
		}},
		{Name: "comment updated", Header: header(), Body: with(comment, "comment_created", "comment_updated"), Want: kind("comment.updated")},
		{Name: "comment deleted", Header: header(), Body: with(comment, "comment_created", "comment_deleted"), Want: kind("comment.deleted")},
		{Name: "event of tomorrow", Header: header(), Body: `{"webhookEvent":"sprint_renamed","timestamp":1,"sprint":{}}`, Want: kind("other")},
		{Name: "event name that is none", Header: header(), Body: `{"webhookEvent":"a b<c>` + strings.Repeat("x", 200) + `"}`, Want: kind("other")},
		{Name: "no event name", Header: header(), Body: `{"issue":{}}`, Err: source.EventMissing},
		{Name: "event name of another type", Header: header(), Body: `{"webhookEvent":7}`, Err: source.EventMissing},
		{Name: "no issue", Header: header(), Body: `{"webhookEvent":"jira:issue_updated"}`, Err: source.EventMismatch},
		{Name: "key outside the charset", Header: header(), Body: with(status, `"ACME-7"`, `"acme-7; x"`), Err: source.EventMismatch},
		{Name: "no comment", Header: header(), Body: `{"webhookEvent":"comment_created"}`, Err: source.EventMismatch},
	})
}

// Whoever may have written an issue's text counts, the least trusted first.
func TestWriters(t *testing.T) {
	account := func(id, kind string) map[string]string {
		return map[string]string{"accountId": id, "accountType": kind}
	}
	for _, tc := range []struct {
		name                    string
		reporter, creator, user map[string]string
		author, editor          string
	}{
		{"one", account("a", "atlassian"), account("a", "atlassian"), account("a", "atlassian"), "a", ""},
		{"two", account("a", "atlassian"), account("a", "atlassian"), account("b", "customer"), "a", "b"},
		{"three, trusted user left out", account("a", "customer"), account("b", "app"), account("c", "atlassian"), "a", "b"},
		{"three, trusted creator left out", account("a", "customer"), account("b", "atlassian"), account("c", "app"), "a", "c"},
		{"three equals", account("a", "atlassian"), account("b", "atlassian"), account("c", "atlassian"), "b", "c"},
		{"nobody", nil, nil, nil, "", ""},
		{"the user only", nil, nil, account("c", "atlassian"), "c", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, err := json.Marshal(map[string]any{
				"webhookEvent": "jira:issue_created", "user": tc.user,
				"issue": map[string]any{"id": "1", "key": "A-1", "fields": map[string]any{"reporter": tc.reporter, "creator": tc.creator, "summary": "x"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			sourcetest.Run(t, jira.Normalizer{}, []sourcetest.Case{{Name: "title", Header: header(), Body: string(b), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
				p := e.GetText().GetParts()[0]
				if p.GetAuthor() == nil || p.GetAuthor().GetId() != tc.author || p.GetEditor().GetId() != tc.editor {
					t.Errorf("author %v, editor %v", p.GetAuthor(), p.GetEditor())
				}
			}}})
		})
	}
}

func TestHostile(t *testing.T) {
	for _, file := range []string{"issue_updated.status", "comment_created.server"} {
		sourcetest.Hostile(t, jira.Normalizer{}, header(), sourcetest.Body(t, file))
	}
	for _, family := range families() {
		event, _, _ := strings.Cut(family.events, " ")
		sourcetest.Hostile(t, jira.Normalizer{}, header(), body(event, family.object))
	}
	odd := http.Header{}
	odd.Set(hook.HeaderRetry, "99999999999999999999")
	odd.Set(hook.HeaderIdentifier, "\xff\n")
	sourcetest.Hostile(t, jira.Normalizer{}, odd, sourcetest.Body(t, "issue_updated.status"))
}

func TestPayloads(t *testing.T) {
	sourcetest.Payloads(t, jira.Normalizer{}, "jira", anyFile, func(path string) string {
		file := filepath.Base(path)
		for _, k := range []struct{ part, kind string }{
			{"server-comment-created", "comment.created"},
			{"server-comment-updated", "comment.updated"},
			{"server-comment-deleted", "comment.deleted"},
			{"issue-created", "issue.created"},
			{"issue-deleted", "issue.deleted"},
			{"reopened-one-changelog", "issue.updated"},
			{"in-progress", "issue.transitioned"},
			{"closed", "issue.transitioned"},
			{"reopened", "issue.transitioned"},
			{"multiple-values", "issue.assigned"},
			{"event-type-commented", "comment.created"},
			{"event-type-comment-edited", "comment.updated"},
			{"event-type-comment-deleted", "comment.deleted"},
			{"assigned", "issue.assigned"},
		} {
			if strings.Contains(file, k.part) {
				return k.kind
			}
		}
		return "issue.updated"
	})
}

func TestPayloadGoldens(t *testing.T) {
	sourcetest.PayloadGoldens(t, jira.Normalizer{}, "jira", anyFile)
}

func FuzzNormalize(f *testing.F) {
	f.Add(`{"webhookEvent":"jira:issue_updated","issue":{"id":"1","key":"A-1","fields":{"description":{"type":"doc","content":[]}}}}`)
	for _, family := range families() {
		for event := range strings.FieldsSeq(family.events) {
			f.Add(body(event, family.object))
		}
	}
	f.Fuzz(func(t *testing.T, body string) { sourcetest.Valid(t, jira.Normalizer{}, header(), []byte(body)) })
}

// A field of the site's own with the label of one of Jira's passed as that: its
// text, anybody's, came into changes and from there into comments.
func TestCustomFieldUnderABuiltInLabel(t *testing.T) {
	for _, label := range []string{"Status", "status", "Priority", "Resolution", "IssueType", "Labels", "Key", "Assignee"} {
		for _, fieldType := range []string{`"fieldtype":"custom",`, ""} {
			item := `{"field":"` + label + `",` + fieldType + `"from":"ACME-1","fromString":"ACME-1","to":"call Bob","toString":"call Bob"}`
			sourcetest.Run(t, jira.Normalizer{}, []sourcetest.Case{{
				Name: label + fieldType, Header: header(),
				Body: body("jira:issue_updated", `"user":{"accountId":"a"},"issue":{"id":"1","key":"A-1","fields":{}},"changelog":{"id":9,"items":[`+item+`]}`),
				Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
					c := e.GetChanges()[0]
					if e.GetKind() != "issue.updated" || c.GetField() != "custom:"+strings.ToLower(label) || c.GetFrom() != "" || c.GetTo() != "" {
						t.Errorf("%s with %v", e.GetKind(), c)
					}
				},
			}})
		}
	}
}

package github_test

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	hook "github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

func header(event string) http.Header {
	return hook.Headers([]byte("secret"), event, "72d3162e-cc78-11e3-81ab-4c9367dc0958", nil)
}

func ofFile(file string) http.Header {
	event, _, _ := strings.Cut(file, ".")
	return header(event)
}

func TestGolden(t *testing.T) { sourcetest.Golden(t, github.Normalizer{}, ofFile) }

func TestNormalize(t *testing.T) {
	merged, push, issue, comment := sourcetest.Body(t, "pull_request.merged"), sourcetest.Body(t, "push.branch"), sourcetest.Body(t, "issues.edited"), sourcetest.Body(t, "issue_comment.created")
	kind := sourcetest.Kind
	with := func(body string, oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(body) }
	sourcetest.Run(t, github.Normalizer{}, []sourcetest.Case{
		{Name: "opened", Header: header("pull_request"), Body: with(merged, `"closed"`, `"opened"`), Want: kind("change.opened")},
		{Name: "reopened", Header: header("pull_request"), Body: with(merged, `"action": "closed"`, `"action": "reopened"`), Want: kind("change.opened")},
		{Name: "closed unmerged", Header: header("pull_request"), Body: with(merged, `"merged": true`, `"merged": false`, `"2026-02-28T09:30:03Z"`, "null"), Want: kind("change.closed")},
		{Name: "labeled", Header: header("pull_request"), Body: with(merged, `"action": "closed"`, `"action": "labeled","label":{"name":"bug"}`), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetKind() != "change.updated" || len(e.GetChanges()) != 1 || e.GetChanges()[0].GetTo() != "bug" {
				t.Errorf("kind %s, changes %v", e.GetKind(), e.GetChanges())
			}
		}},
		{Name: "unknown action", Header: header("pull_request"), Body: with(merged, `"action": "closed"`, `"action": "polished"`), Want: kind("change.updated")},
		{Name: "merged through another hook", Header: header("pull_request"), Body: with(merged, `"organization"`, `"enterprise"`), Want: func(t *testing.T, e *eventv1.WebhookEvent, d *eventv1.Delivery) {
			if e.GetOccurrence() != "4f2c1e0d9b8a7f6e5d4c3b2a1908f7e6d5c4b3a2" || d.GetDeliveryId() != "72d3162e-cc78-11e3-81ab-4c9367dc0958" {
				t.Errorf("occurrence %q, delivery %q", e.GetOccurrence(), d.GetDeliveryId())
			}
		}},
		{Name: "editor of a title", Header: header("pull_request"), Body: with(merged, `"action": "closed"`, `"action": "edited","changes":{"title":{"from":"x"}}`), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			title, text := e.GetText().GetParts()[0], e.GetText().GetParts()[1]
			if title.GetEditor().GetLogin() != "dev-two" || title.GetEditor().GetAssociation() != "" || text.GetEditor() != nil {
				t.Errorf("title by %v, body by %v", title.GetEditor(), text.GetEditor())
			}
		}},
		{Name: "deleted account", Header: header("pull_request"), Body: with(merged, `{"id": 101, "login": "dev-one", "type": "User"}`, "null"), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if a := e.GetText().GetParts()[0].GetAuthor(); a == nil || a.GetAssociation() != "" {
				t.Errorf("author %v", a)
			}
		}},
		{Name: "tag", Header: header("push"), Body: with(push, "refs/heads/main", "refs/tags/v1.0.0"), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetRef() != "github:tag:acme/api@v1.0.0" {
				t.Errorf("ref %s", e.GetRef())
			}
		}},
		{Name: "branch outside the charset", Header: header("push"), Body: with(push, "refs/heads/main", "refs/heads/é(ACME-7)"), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetRef() != "github:repo:acme/api" || e.GetFields().GetFields()["ref"] != nil || e.GetText().GetParts()[0].GetValue() != "é(ACME-7)" {
				t.Errorf("%v", e)
			}
		}},
		{Name: "pushed with a deploy key", Header: header("push"), Body: with(push, `"name": "dev-one"`, `"name": "deploy-key"`), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if a := e.GetText().GetParts()[1].GetAuthor(); a.GetLogin() != "deploy-key" || a.GetId() != "" {
				t.Errorf("author %v", a)
			}
		}},
		{Name: "more commits than parts", Header: header("push"), Body: with(push, `{"message": "Mend the build"}`, strings.Repeat(`{"message":"x"},`, 600)+`{"message":"x"}`), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if p := e.GetText().GetParts(); len(p) != 500 || !p[499].GetTruncated() {
				t.Errorf("%d parts", len(p))
			}
		}},
		{Name: "long body", Header: header("issues"), Body: with(issue, "See ACME-7.", "x"+strings.Repeat("é", 40_000)), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			p := e.GetText().GetParts()[1]
			if len(p.GetValue()) != 65535 || !p.GetTruncated() || !strings.HasSuffix(p.GetValue(), "é") {
				t.Errorf("%d bytes, truncated %v", len(p.GetValue()), p.GetTruncated())
			}
		}},
		{Name: "issue opened", Header: header("issues"), Body: with(issue, `"edited"`, `"opened"`), Want: kind("issue.created")},
		{Name: "issue closed", Header: header("issues"), Body: with(issue, `"edited"`, `"closed"`), Want: kind("issue.closed")},
		{Name: "issue reopened", Header: header("issues"), Body: with(issue, `"edited"`, `"reopened"`), Want: kind("issue.transitioned")},
		{Name: "issue assigned", Header: header("issues"), Body: with(issue, `"edited"`, `"assigned"`), Want: kind("issue.assigned")},
		{Name: "issue deleted", Header: header("issues"), Body: with(issue, `"edited"`, `"deleted"`), Want: kind("issue.deleted")},
		{Name: "comment edited", Header: header("issue_comment"), Body: with(comment, `"created"`, `"edited"`), Want: kind("comment.updated")},
		{Name: "comment deleted", Header: header("issue_comment"), Body: with(comment, `"created"`, `"deleted"`), Want: kind("comment.deleted")},
		{Name: "form", Header: header("push"), ContentType: "application/x-www-form-urlencoded", Body: url.Values{"payload": {push}}.Encode(), Want: kind("commit.pushed")},
		{Name: "form without payload", Header: header("push"), ContentType: "application/x-www-form-urlencoded", Body: "a=b", Err: source.InvalidPayload},
		{Name: "JSON relabelled as a form that its text holds", Header: header("pull_request"), ContentType: "application/x-www-form-urlencoded", Body: `{"body":"&payload=` + url.QueryEscape(merged) + `&"}`, Err: source.InvalidPayload},
		{Name: "form with a second payload", Header: header("push"), ContentType: "application/x-www-form-urlencoded", Body: "payload=%7B%7D&payload=" + url.QueryEscape(push), Err: source.InvalidPayload},
		{Name: "another spelling of the repository", Header: header("pull_request"), Body: strings.ReplaceAll(merged, "acme/api", "Acme/API"), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetRef() != "github:pr:acme/api#42" || e.GetPlace() != "github:repo:acme/api" {
				t.Errorf("ref %s in %s", e.GetRef(), e.GetPlace())
			}
		}},
		{Name: "broken form", Header: header("push"), ContentType: "application/x-www-form-urlencoded", Body: "payload=%zz", Err: source.InvalidPayload},
		{Name: "new event", Header: header("quantum_review"), Body: `{"action":"entangled"}`, Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetKind() != "other" || e.GetRef() != "github:event:quantum_review" || e.GetPlace() != "" {
				t.Errorf("%v", e)
			}
		}},
		{Name: "event name that is none", Header: header("a b<c>"), Body: `{}`, Want: kind("other")},
		{Name: "no event name", Header: http.Header{}, Body: `{}`, Err: source.EventMissing},
		{Name: "push as pull_request", Header: header("pull_request"), Body: push, Err: source.EventMismatch},
		{Name: "comment as issues", Header: header("issues"), Body: comment, Err: source.EventMismatch},
		{Name: "issue as issue_comment", Header: header("issue_comment"), Body: issue, Err: source.EventMismatch},
		{Name: "pull_request as push", Header: header("push"), Body: merged, Err: source.EventMismatch},
		{Name: "pull request under a made-up name", Header: header("made_up"), Body: merged, Want: sourcetest.Kind("other")},
		{Name: "push as release", Header: header("release"), Body: push, Err: source.EventMismatch},
		{Name: "comment as discussion_comment", Header: header("discussion_comment"), Body: comment, Err: source.EventMismatch},
		{Name: "push as ping", Header: header("ping"), Body: push, Err: source.EventMismatch},
		{Name: "review as pull_request", Header: header("pull_request"), Body: with(merged, `"number": 42,`, `"review": {},`), Err: source.EventMismatch},
		{Name: "pull request that is none", Header: header("pull_request"), Body: `{"action":"closed","number":1,"pull_request":"x","repository":{"id":1,"full_name":"a/b"}}`, Err: source.EventMismatch},
		{Name: "repository of another shape", Header: header("push"), Body: with(push, "acme/api", "acme/api/../x"), Err: source.EventMismatch},
	})
}

// Two equal dispatches are two events, and have one occurrence: a captured body
// under a fresh GUID acts no second time.
func TestDispatch(t *testing.T) {
	first, second := header("repository_dispatch"), header("repository_dispatch")
	second.Set(hook.HeaderDelivery, "another-guid")
	ids, occurrences := map[string]bool{}, map[string]bool{}
	collect := func(_ *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
		ids[e.GetId()], occurrences[e.GetOccurrence()] = true, true
	}
	const dispatch = `{"action":"deploy","branch":"main","client_payload":{},"repository":{"id":1,"full_name":"acme/api"}}`
	sourcetest.Run(t, github.Normalizer{}, []sourcetest.Case{
		{Name: "first", Header: first, Body: dispatch, Want: collect},
		{Name: "second", Header: second, Body: dispatch, Want: collect},
	})
	if len(ids) != 2 || len(occurrences) != 1 {
		t.Errorf("%d ids, %d occurrences; want 2 and 1", len(ids), len(occurrences))
	}
}

func TestHostile(t *testing.T) {
	for _, file := range []string{"pull_request.merged", "push.branch", "issues.edited", "issue_comment.created", "ping.repository"} {
		sourcetest.Hostile(t, github.Normalizer{}, ofFile(file), sourcetest.Body(t, file))
	}
	for _, c := range documented() {
		sourcetest.Hostile(t, github.Normalizer{}, header(c.event), c.body+common)
	}
	odd := http.Header{hook.HeaderEvent: {"push"}, hook.HeaderDelivery: {"\xff\x00 " + strings.Repeat("x", 999)}, hook.HeaderHookID: {"\n"}}
	odd.Set(hook.HeaderEvent, "push")
	sourcetest.Hostile(t, github.Normalizer{}, odd, sourcetest.Body(t, "push.branch"))
}

func TestPayloadGoldens(t *testing.T) {
	sourcetest.PayloadGoldens(t, github.Normalizer{}, "github",
		func(path string) http.Header { return header(eventOf(path)) })
}

func eventOf(path string) string { return filepath.Base(filepath.Dir(path)) }

func FuzzNormalize(f *testing.F) {
	for _, c := range documented() {
		f.Add(c.event, c.body+common)
	}
	f.Add("ping", `{"hook_id":1,"hook":{"events":["*"]}}`)
	f.Add("push", `{"ref":"refs/tags/v1","before":"`+sha+`","after":"`+sha+`","pusher":{"name":"a"},"commits":[{"message":"m"}],`+common)
	f.Add("gollum", `{"pages":[{"page_name":"Home","action":"created"}],`+common)
	f.Fuzz(func(t *testing.T, event, body string) {
		sourcetest.Valid(t, github.Normalizer{}, header(event), []byte(body))
	})
}

func FuzzForm(f *testing.F) {
	for _, body := range []string{"payload=%7B%22zen%22%3A1%7D", "payload={}", "payload=%zz", "payload=a&payload=b", "x=1&payload={}", "payload"} {
		f.Add(body)
	}
	f.Add(url.Values{"payload": {documented()[0].body + common}}.Encode())
	const form = "application/x-www-form-urlencoded"
	f.Fuzz(func(t *testing.T, body string) {
		sourcetest.ValidAs(t, github.Normalizer{}, header("pull_request"), form, []byte(body))
		// What a form holds is the event that it is as JSON.
		whole := url.Values{"payload": {body}}.Encode()
		meta := source.Meta{ReceivedAt: sourcetest.Received()}
		e, _, err := github.Normalizer{}.Normalize(header("pull_request"), []byte(body), meta)
		meta.ContentType = form
		same, _, formErr := github.Normalizer{}.Normalize(header("pull_request"), []byte(whole), meta)
		if same != nil {
			same.ContentType = ""
		}
		if !errors.Is(formErr, err) || !proto.Equal(e, same) {
			t.Errorf("as JSON %v, %v; in a form %v, %v", e, err, same, formErr)
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	path := os.Getenv("SWITCHYARD_PAYLOADS")
	if path == "" {
		b.Skip("SWITCHYARD_PAYLOADS is not set: no recorded body to measure with")
	}
	raw, err := os.ReadFile(filepath.Join(path, "github", "pull_request", "closed.json"))
	if err != nil {
		b.Fatal(err)
	}
	h := header("pull_request")
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, _, err := (github.Normalizer{}).Normalize(h, raw, source.Meta{ReceivedAt: sourcetest.Received()}); err != nil {
			b.Fatal(err)
		}
	}
}

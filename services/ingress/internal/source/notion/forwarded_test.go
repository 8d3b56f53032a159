package notion_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	hook "github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/notion"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

// tokened is the normalizer for bodies that a token vouches for.
type tokened struct{ notion.Normalizer }

func (n tokened) Normalize(header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	meta.Token = true
	return n.Normalizer.Normalize(header, body, meta)
}

func TestForwardedSubject(t *testing.T) {
	const dashed = "153104cd-477e-809d-8dc4-ff2d96ae3090"
	const page, base = "notion:page:" + hex, "notion:database:" + hex
	var cases []sourcetest.Case
	for _, tc := range []struct{ body, kind, ref string }{
		{`"page_updated","page_id":"` + dashed + `"`, "page.updated", page},
		{`"page_created","id":"` + hex + `"`, "page.created", page},
		{`"page_created","id":"zap-17","page_id":"` + hex + `"`, "page.created", page},
		{`"page_updated","data":{"page_id":"` + hex + `"}`, "page.updated", page},
		{`"page_updated","data":{"id":"` + hex + `"}`, "page.updated", page},
		{`"page_updated","page":{"id":"` + hex + `"}`, "page.updated", page},
		{`"page_updated","page":"` + hex + `"`, "page.updated", page},
		{`"page_updated","entity":{"id":"` + hex + `","type":"page"}`, "page.updated", page},
		{`"page_updated","url":"https://www.notion.so/Roadmap-` + hex + `?pvs=4"`, "page.updated", page},
		{`"page_updated","url":"https://www.notion.so/acme/` + other + `?v=1&p=` + hex + `"`, "page.updated", page},
		{`"page_updated","data":{"url":"https://acme.notion.site/` + dashed + `"}`, "page.updated", page},
		{`"page_updated","page_url":"https://app.notion.com/p/` + hex + `"`, "page.updated", page},
		{`"page_updated","page_id":"https://notion.so/x-` + hex + `"`, "page.updated", page},
		{`"page_updated","url":"https://notion.so.example/x-` + hex + `"`, "", ""},
		{`"page_updated","url":"https://example.com/` + hex + `"`, "", ""},
		{`"page_updated","url":"https://www.notion.so/Roadmap"`, "", ""},
		{`"page_updated","page_id":7,"data":[],"page":null,"entity":true`, "", ""},
		{`"page_updated","database_id":"` + hex + `"`, "", ""},
		{`"page_created"`, "", ""},
		{`"database_updated","database_id":"` + hex + `"`, "database.updated", base},
		{`"database_updated","database":{"id":"` + hex + `"}`, "database.updated", base},
		{`"database_updated","data":{"database_id":"` + hex + `","id":"` + other + `"}`, "database.updated", base},
		{`"database_updated","url":"https://www.notion.so/acme/` + hex + `?v=` + other + `"`, "database.updated", base},
		{`"database_updated","database_url":"https://www.notion.so/` + hex + `"`, "database.updated", base},
		{`"database_updated","id":"` + hex + `"`, "database.updated", base},
		{`"database_updated","page_id":"` + hex + `"`, "", ""},
		{`"task_done","page_id":"` + hex + `"`, "other", page},
		{`"task_done"`, "other", "notion:event:task_done"},
	} {
		c := sourcetest.Case{Name: tc.body, Header: http.Header{}, Body: `{"type":` + tc.body + `}`}
		if tc.kind == "" {
			c.Err = source.EventMismatch
		}
		c.Want = func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetKind() != tc.kind || e.GetRef() != tc.ref || e.GetActor() != nil {
				t.Errorf("kind %s, ref %s, actor %v; want %s, %s", e.GetKind(), e.GetRef(), e.GetActor(), tc.kind, tc.ref)
			}
		}
		cases = append(cases, c)
	}
	sourcetest.Run(t, tokened{}, cases)
}

// A body with a time is known by its digest for ever, one with the sender's key
// by that, and any other for ten minutes.
func TestForwardedIdentity(t *testing.T) {
	const at = "2026-02-28T09:30:03Z"
	keyed := http.Header{hook.HeaderIdempotencyKey: {"k-1"}}
	var cases []sourcetest.Case
	for _, tc := range []struct {
		members, kind, key string
		timed              bool
		window             time.Duration
	}{
		{`,"timestamp":"` + at + `"`, "page_updated", "", true, 0},
		{`,"last_edited_time":"` + at + `"`, "page_updated", "", true, 0},
		{`,"updated_at":1772271003`, "page_updated", "", true, 0},
		{`,"data":{"last_edited_time":"` + at + `"}`, "page_updated", "", true, 0},
		{`,"page":{"updated_at":"` + at + `"}`, "page_updated", "", true, 0},
		{`,"created_time":"` + at + `"`, "page_created", "", true, 0},
		{`,"data":{"created_at":"` + at + `"}`, "page_created", "", true, 0},
		// When a page was made says nothing of its update.
		{`,"created_time":"` + at + `"`, "page_updated", "", false, 10 * time.Minute},
		{`,"created_time":"` + at + `"`, "page_updated", "token:key:k-1", false, 0},
		{`,"timestamp":"yesterday"`, "page_updated", "", false, 10 * time.Minute},
		{``, "page_updated", "token:key:k-1", false, 0},
	} {
		c := sourcetest.Case{Name: tc.kind + tc.members + tc.key, Header: http.Header{}, Body: `{"type":"` + tc.kind + `","page_id":"` + hex + `"` + tc.members + `}`}
		if tc.key != "" {
			c.Header = keyed
		}
		c.Want = func(t *testing.T, e *eventv1.WebhookEvent, d *eventv1.Delivery) {
			if tc.key != "" && (e.GetDedupKey() != tc.key || d.GetDeliveryId() != "k-1") || !strings.HasPrefix(e.GetDedupKey(), "token:") ||
				e.GetDedupWindow().AsDuration() != tc.window || (e.GetOccurredAt() != nil) != tc.timed {
				t.Errorf("key %s, window %v, at %v", e.GetDedupKey(), e.GetDedupWindow(), e.GetOccurredAt())
			}
			if want := e.GetKind() + "@" + at; tc.timed != (e.GetOccurrence() == want) {
				t.Errorf("occurrence %s", e.GetOccurrence())
			}
		}
		cases = append(cases, c)
	}
	sourcetest.Run(t, tokened{}, cases)
}

func TestForwardedText(t *testing.T) {
	var cases []sourcetest.Case
	for _, tc := range []struct{ name, members, want string }{
		{"none", ``, ""},
		{"title", `"title":"Fix ACME-7"`, "title: Fix ACME-7"},
		{"name in data", `"data":{"name":"ACME-7"}`, "title: ACME-7"},
		{"all that may be a text", `"text":"a","content":"b","body":"c","summary":"d","description":"e"`, "page: a|page: b|page: c|page: d|page: e"},
		{"Notion's title", `"page":{"title":[{"type":"text","plain_text":"Fix "},{"type":"mention","plain_text":"ACME-7"}]}`, "title: Fix ACME-7"},
		{"properties by hand", `"properties":{"Issue":"ACME-7","Points":3,"Tags":["a","b"]}`, "page: ACME-7\na\nb"},
		{"Notion's properties", `"data":{"properties":{
			"Name":{"id":"title","type":"title","title":[{"type":"text","text":{"content":"Fix","link":null},"plain_text":"Fix","href":null}]},
			"Issue":{"id":"a","type":"url","url":"https://acme.atlassian.net/browse/ACME-7"},
			"Notes":{"id":"b","type":"rich_text","rich_text":[{"type":"text","text":{"content":"see ACME-8"}}]},
			"State":{"id":"c","type":"status","status":{"id":"d","name":"Doing","color":"blue"}},
			"Owner":{"id":"e","type":"people","people":[{"object":"user","id":"f","name":"Dev One","person":{"email":"dev@example.com"}}]}}}`,
			"page: https://acme.atlassian.net/browse/ACME-7\nFix\nsee ACME-8\nDoing"},
		{"of other types", `"title":7,"text":{"x":null},"body":[[]],"properties":true`, ""},
	} {
		c := sourcetest.Case{Name: tc.name, Header: http.Header{}, Body: `{"type":"page_updated","authors":[{"id":"a","type":"person"}],"page_id":"` + hex + `",` + strings.TrimSuffix(tc.members, ",") + `}`}
		if tc.members == "" {
			c.Body = strings.Replace(c.Body, ",}", "}", 1)
		}
		c.Want = func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			var got []string
			for _, p := range e.GetText().GetParts() {
				got = append(got, p.GetWhere()+": "+p.GetValue())
				if p.GetAuthor() == nil || p.GetAuthor().GetId() != "" || p.GetEditor() != nil {
					t.Errorf("%s has an author: %v", p.GetWhere(), p)
				}
			}
			if e.GetActor() != nil {
				t.Errorf("actor %v: policy would trust the texts of one it lists", e.GetActor())
			}
			if s := strings.Join(got, "|"); s != tc.want {
				t.Errorf("%q\nwant %q", s, tc.want)
			}
		}
		cases = append(cases, c)
	}
	sourcetest.Run(t, tokened{}, cases)
}

func TestForwardedFields(t *testing.T) {
	sourcetest.Run(t, tokened{}, []sourcetest.Case{{Name: "page in a database", Header: http.Header{}, Body: `{"type":"page_created","page_id":"` + hex + `","database_id":"` + other + `"}`, Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
		f := e.GetFields().GetFields()
		if f["entity_type"].GetStringValue() != "page" || f["parent_type"].GetStringValue() != "database" || f["parent_id"].GetStringValue() != other {
			t.Errorf("%v", f)
		}
	}}})
}

const everyMember = `{"type":"page_created","workspace_id":"` + workspace + `","timestamp":"2026-02-28T09:30:03Z","page_id":"` + hex + `",
	"database_id":"` + other + `","url":"https://www.notion.so/x-` + hex + `","title":"Fix ACME-7","text":"a","content":"b","entity":{"id":"` + hex + `"},
	"data":{"id":"` + hex + `","properties":{"Name":{"title":[{"plain_text":"a"}]},"Tags":["b"]}},"page":{"name":"c"},"database":{"description":"d"}}`

func TestForwardedHostile(t *testing.T) {
	sourcetest.Hostile(t, tokened{}, http.Header{hook.HeaderIdempotencyKey: {"\xff"}}, everyMember)
	deep := strings.Replace(everyMember, `"a"`, strings.Repeat(`{"x":[`, 4_000)+`"y"`+strings.Repeat(`]}`, 4_000), 1)
	sourcetest.Valid(t, tokened{}, http.Header{}, []byte(deep))
}

func FuzzForwarded(f *testing.F) {
	f.Add(everyMember)
	f.Add(`{"type":"page_updated","page":"` + hex + `"}`)
	f.Add(`{"type":"database_updated","url":"https://www.notion.so/acme/` + hex + `?v=1&p=2","properties":{"a":[{"text":{"content":"x"}}]}}`)
	f.Fuzz(func(t *testing.T, body string) { sourcetest.Valid(t, tokened{}, http.Header{}, []byte(body)) })
}

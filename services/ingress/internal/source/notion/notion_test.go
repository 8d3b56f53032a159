package notion_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	hook "github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/notion"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

func header() http.Header { return hook.Headers([]byte("secret"), nil) }

func anyFile(string) http.Header { return header() }

func TestGolden(t *testing.T) { sourcetest.Golden(t, notion.Normalizer{}, anyFile) }

func TestNormalize(t *testing.T) {
	page := sourcetest.Body(t, "page.properties_updated")
	with := func(oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(page) }
	as := func(entity, eventType string) string {
		return with("page.properties_updated", eventType, `"type": "page"`, `"type": "`+entity+`"`)
	}
	want := func(kind, ref string) func(*testing.T, *eventv1.WebhookEvent, *eventv1.Delivery) {
		return func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetKind() != kind || e.GetRef() != ref {
				t.Errorf("kind %s, ref %s; want %s, %s", e.GetKind(), e.GetRef(), kind, ref)
			}
		}
	}
	const hex = "153104cd477e809d8dc4ff2d96ae3090"
	sourcetest.Run(t, notion.Normalizer{}, []sourcetest.Case{
		{Name: "created", Header: header(), Body: as("page", "page.created"), Want: want("page.created", "notion:page:"+hex)},
		{Name: "moved", Header: header(), Body: as("page", "page.moved"), Want: want("page.moved", "notion:page:"+hex)},
		{Name: "deleted", Header: header(), Body: as("page", "page.deleted"), Want: want("page.deleted", "notion:page:"+hex)},
		{Name: "undeleted", Header: header(), Body: as("page", "page.undeleted"), Want: want("page.restored", "notion:page:"+hex)},
		{Name: "database", Header: header(), Body: as("database", "database.schema_updated"), Want: want("database.updated", "notion:database:"+hex)},
		{Name: "database made", Header: header(), Body: as("database", "database.created"), Want: want("other", "notion:database:"+hex)},
		{Name: "comment", Header: header(), Body: `{"id":"1","timestamp":"2026-02-28T09:30:03Z","type":"comment.created","entity":{"id":"` + hex + `","type":"comment"},"data":{"page_id":"263104cd477e80ef8afec488d39a5cdb"}}`, Want: want("comment.created", "notion:page:263104cd477e80ef8afec488d39a5cdb")},
		{Name: "new type", Header: header(), Body: with("page.properties_updated", "row.created"), Want: want("other", "notion:workspace:13950b26c2034f3bb97d93ec06319565")},
		{Name: "next attempt", Header: header(), Body: with(`"attempt_number": 2`, `"attempt_number": 3`), Want: func(t *testing.T, e *eventv1.WebhookEvent, d *eventv1.Delivery) {
			if e.GetDedupKey() != "1782edd6-a853-4d4a-b02c-9c8c16f28e53" || d.GetRetry() != 2 {
				t.Errorf("key %s, retry %d", e.GetDedupKey(), d.GetRetry())
			}
		}},
		{Name: "forwarded type that Notion's key signs", Header: header(), Body: `{"type":"page_updated","page_id":"` + hex + `"}`, Err: source.EventMismatch},
		{Name: "type of tomorrow", Header: header(), Body: as("page", "page.renamed"), Want: want("other", "notion:page:"+hex)},
		{Name: "type of tomorrow about something else", Header: header(), Body: as("row", "page.renamed"), Want: want("other", "notion:workspace:13950b26c2034f3bb97d93ec06319565")},
		{Name: "properties with names and actions", Header: header(), Body: `{"id":"1","type":"data_source.schema_updated","entity":{"id":"` + hex + `","type":"data_source"},"data":{"updated_properties":[{"id":"a%3B","name":"Status","action":"updated"},{"id":"b","name":null,"action":"deleted"},"c",7]}}`, Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			want("database.updated", "notion:data_source:"+hex)(t, e, nil)
			if got := e.GetFields().GetFields()["updated_properties"].GetListValue().AsSlice(); fmt.Sprint(got) != "[a%3B b c]" {
				t.Errorf("properties %v", got)
			}
		}},
		{Name: "an agent's", Header: header(), Body: with(`"type": "person"`, `"type": "agent"`), Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if e.GetActor().GetType() != "agent" {
				t.Errorf("actor %v", e.GetActor())
			}
		}},
		{Name: "no type", Header: header(), Body: `{"verification_token":"secret_x"}`, Err: source.EventMissing},
		{Name: "page event without a page", Header: header(), Body: as("database", "page.created"), Err: source.EventMismatch},
		{Name: "entity without an id", Header: header(), Body: with("153104cd-477e-809d-8dc4-ff2d96ae3090", "x"), Err: source.EventMismatch},
	})
}

func TestHostile(t *testing.T) {
	sourcetest.Hostile(t, notion.Normalizer{}, header(), sourcetest.Body(t, "page.properties_updated"))
}

func TestPayloads(t *testing.T) {
	sourcetest.Payloads(t, notion.Normalizer{}, "notion", anyFile, func(path string) string {
		name := filepath.Base(path)
		family, event, _ := strings.Cut(strings.TrimSuffix(name, ".json"), ".")
		switch {
		case family == "page" && strings.HasPrefix(event, "created"):
			return "page.created"
		case family == "page" && event == "undeleted":
			return "page.restored"
		case family == "page" && (event == "moved" || event == "deleted"):
			return "page." + event
		case family == "page":
			return "page.updated"
		case family == "comment":
			return "comment." + event
		case event == "content_updated" || event == "schema_updated":
			return "database.updated"
		}
		return "other"
	})
}

func TestPayloadGoldens(t *testing.T) {
	sourcetest.PayloadGoldens(t, notion.Normalizer{}, "notion", anyFile)
}

func FuzzNormalize(f *testing.F) {
	f.Add(`{"type":"page.created","id":"x","entity":{"id":"153104cd477e809d8dc4ff2d96ae3090","type":"page"}}`)
	f.Add(`{"type":"data_source.schema_updated","timestamp":"2026-02-28T09:30:03Z","workspace_id":"x","entity":{"id":"153104cd477e809d8dc4ff2d96ae3090","type":"block"},"data":{"updated_properties":["a",{"id":"b"}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		sourcetest.Valid(t, notion.Normalizer{}, header(), []byte(body))
	})
}

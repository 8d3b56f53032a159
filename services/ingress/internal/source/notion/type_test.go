package notion_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/notion"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

const (
	hex       = "153104cd477e809d8dc4ff2d96ae3090"
	other     = "263104cd477e80ef8afec488d39a5cdb"
	workspace = "13950b26c2034f3bb97d93ec06319565"
)

// types are Notion's documented types with the kind of each.
func types() map[string]string {
	return map[string]string{
		"page.created": "page.created", "page.content_updated": "page.updated", "page.properties_updated": "page.updated",
		"page.moved": "page.moved", "page.deleted": "page.deleted", "page.undeleted": "page.restored",
		"page.locked": "page.updated", "page.unlocked": "page.updated", "page.transcription_block.transcript_deleted": "page.updated",
		"database.created": "other", "database.content_updated": "database.updated", "database.schema_updated": "database.updated",
		"database.moved": "other", "database.deleted": "other", "database.undeleted": "other",
		"data_source.created": "other", "data_source.content_updated": "database.updated", "data_source.schema_updated": "database.updated",
		"data_source.moved": "other", "data_source.deleted": "other", "data_source.undeleted": "other",
		"comment.created": "comment.created", "comment.updated": "comment.updated", "comment.deleted": "comment.deleted",
		"view.created": "other", "view.updated": "other", "view.deleted": "other",
		"file_upload.created": "other", "file_upload.completed": "other", "file_upload.expired": "other", "file_upload.upload_failed": "other",
	}
}

func native(eventType, entity string) string {
	return `{"id":"1","timestamp":"2026-02-28T09:30:03.123Z","workspace_id":"` + workspace + `","type":"` + eventType +
		`","entity":{"id":"` + hex + `","type":"` + entity + `"}}`
}

// Each documented type has its kind and is about its own entity only.
func TestTypes(t *testing.T) {
	if len(types()) != 31 {
		t.Errorf("%d types", len(types()))
	}
	var cases []sourcetest.Case
	for eventType, kind := range types() {
		family, _, _ := strings.Cut(eventType, ".")
		for _, entity := range []string{"page", "database", "data_source", "block", "comment", "view", "file_upload", ""} {
			c := sourcetest.Case{Name: eventType + " of " + entity, Header: header(), Body: native(eventType, entity), Err: source.EventMismatch}
			ofDatabase := family == "database" || family == "data_source"
			if entity == family || ofDatabase && (entity == "database" || entity == "data_source" || entity == "block") {
				c.Err = nil
				c.Want = func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
					if e.GetKind() != kind || e.GetRef() != "notion:"+entity+":"+hex || e.GetNativeId() != hex || e.GetPlace() != "notion:workspace:"+workspace {
						t.Errorf("kind %s, ref %s, place %s; want %s", e.GetKind(), e.GetRef(), e.GetPlace(), kind)
					}
				}
			}
			cases = append(cases, c)
		}
	}
	sourcetest.Run(t, notion.Normalizer{}, cases)
}

// Two happenings on one page in one moment are told apart.
func TestOccurrence(t *testing.T) {
	seen := map[string]string{}
	for eventType := range types() {
		family, _, _ := strings.Cut(eventType, ".")
		for _, id := range []string{hex, other} {
			body := strings.Replace(native(eventType, family), hex, id, 1)
			if family == "comment" {
				body = strings.Replace(body, `"entity"`, `"data":{"page_id":"`+hex+`"},"entity"`, 1)
			}
			e, err := normalize(body, source.Meta{})
			if err != nil {
				t.Fatal(err)
			}
			name := e.GetRef() + " " + e.GetOccurrence()
			if was := seen[name]; was != "" {
				t.Errorf("%s is %s as well as %s", name, eventType, was)
			}
			seen[name] = eventType
		}
	}
}

func normalize(body string, meta source.Meta) (*eventv1.WebhookEvent, error) {
	meta.ReceivedAt, meta.Digest = sourcetest.Received(), sha256.Sum256([]byte(body))
	e, _, err := notion.Normalizer{}.Normalize(header(), []byte(body), meta)
	return e, err
}

// A site of Notion is a workspace.
func TestSites(t *testing.T) {
	bodies := map[string]bool{ // token
		native("page.created", "page"):        false,
		native("file_upload.created", "page"): false,
		native("row.created", "row"):          false,
		`{"type":"page_created","page_id":"` + hex + `","workspace_id":"` + workspace + `"}`:          true,
		`{"type":"page_created","data":{"page_id":"` + hex + `","workspace_id":"` + workspace + `"}}`: true,
	}
	for body, token := range bodies {
		if strings.Contains(body, "file_upload") {
			body = strings.Replace(body, `"page"`, `"file_upload"`, 1)
		}
		e, err := normalize(body, source.Meta{Token: token, Site: source.Site{Instance: "eu", Host: workspace}})
		if err != nil || !strings.HasPrefix(e.GetRef(), "notion@eu:") || e.GetPlace() != "notion@eu:workspace:"+workspace || e.GetInstance() != "eu" {
			t.Errorf("%s: %v, %v", body, e, err)
		}
		for _, site := range []source.Site{{Instance: "us", Host: other}, {Elsewhere: []string{workspace}}} {
			if _, err := normalize(body, source.Meta{Token: token, Site: site}); !errors.Is(err, source.InstanceNotConfigured) {
				t.Errorf("%s at %+v: %v", body, site, err)
			}
		}
	}
}

// Notion's own body under a token has another key, and is the same event else.
func TestNativeUnderToken(t *testing.T) {
	signed, err := normalize(native("page.created", "page"), source.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := normalize(native("page.created", "page"), source.Meta{Token: true})
	if err != nil || token.GetDedupKey() != "token:1" || token.GetId() == signed.GetId() || token.GetRef() != signed.GetRef() || token.GetOccurrence() != signed.GetOccurrence() {
		t.Errorf("%v, %v", token, err)
	}
}

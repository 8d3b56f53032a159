package notion

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

const (
	name = "notion"
	// forwardedWindow is how long a body without id and time is known by its digest.
	forwardedWindow = 10 * time.Minute
)

// payload is Notion's envelope, and what forwarders put beside a type of their own.
// Source: developers.notion.com, "Event types & delivery".
type payload struct {
	ID          source.NativeID `json:"id"`
	Timestamp   source.Time     `json:"timestamp"`
	WorkspaceID string          `json:"workspace_id"`
	Type        string          `json:"type"`
	Authors     []author        `json:"authors"`
	Attempt     int32           `json:"attempt_number"`
	APIVersion  string          `json:"api_version"`
	Entity      object          `json:"entity"`
	Data        struct {
		ID                string     `json:"id"`
		PageID            string     `json:"page_id"`
		Parent            parent     `json:"parent"`
		UpdatedProperties []property `json:"updated_properties"`
	} `json:"data"`
	PageID     string `json:"page_id"`
	DatabaseID string `json:"database_id"`
}

type author struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type object struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type parent struct {
	object
	DataSourceID string `json:"data_source_id"`
}

// property is the id of a property: a string, or an object that has one.
type property string

// UnmarshalJSON never fails. Names are not read: people choose them.
func (p *property) UnmarshalJSON(b []byte) error {
	*p = ""
	var id string
	if json.Unmarshal(b, &id) != nil {
		var o object
		_ = json.Unmarshal(b, &o) // neither: no id
		id = o.ID
	}
	*p = property(source.Printable(id, 100))
	return nil
}

// Normalizer makes events of Notion's bodies. Its zero value is ready.
type Normalizer struct{}

// Normalize reads a JSON body. It returns a source.Refusal for a body that is no
// event. Event types that it doesn't know become kind "other".
//
// Fields: id (of a comment), entity_type, parent_type, parent_id, data_source_id,
// updated_properties (ids), authors (how many), api_version. There is no text.
func (Normalizer) Normalize(header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	var p payload
	if err := source.Decode(body, &p); err != nil {
		return nil, nil, err
	}
	if p.Type == "" {
		return nil, nil, source.EventMissing
	}
	e := p.identity(header, meta)
	e.Type, e.Kind = source.Word(p.Type), kindOf(p.Type)
	if len(p.Authors) > 0 {
		e.Actor = &eventv1.Account{
			Id:   source.Printable(p.Authors[0].ID, 200),
			Type: source.AccountType(p.Authors[0].Type),
		}
	}
	if err := p.subject(e); err != nil {
		return nil, nil, err
	}
	e.Occurrence = meta.Occurrence(e.Kind, p.Timestamp.Time)
	if !p.Timestamp.IsZero() {
		e.OccurredAt = timestamppb.New(p.Timestamp.Time)
	}
	e.Fields = p.fields().Struct()
	return e, &eventv1.Delivery{
		DeliveryId: string(p.ID),
		Retry:      max(p.Attempt-1, 0),
		ReceivedAt: timestamppb.New(meta.ReceivedAt),
	}, nil
}

// forwarded tells the types that forwarders send ("page_updated") from Notion's
// own ("page.properties_updated"): an id in theirs is a page's, not the event's.
func (p *payload) forwarded() bool { return !strings.Contains(p.Type, ".") }

// identity sets what the event is known by. Notion's id is the same for all
// attempts, while attempt_number changes the digest.
func (p *payload) identity(header http.Header, meta source.Meta) *eventv1.WebhookEvent {
	switch {
	case !p.forwarded() && p.ID != "":
		return meta.Event(name, string(p.ID))
	case !p.Timestamp.IsZero():
		return meta.Event(name, meta.HexDigest())
	}
	// The key is not signed: the occurrence stays the digest, so that a captured
	// body under a fresh key acts no second time.
	if key := source.Printable(header.Get(notion.HeaderIdempotencyKey), 150); key != "" {
		return meta.Event(name, "key:"+key)
	}
	return meta.EventWithin(name, meta.HexDigest(), forwardedWindow)
}

func kindOf(eventType string) string {
	switch eventType {
	case "page.created", "page_created":
		return "page.created"
	case "page.content_updated", "page.properties_updated", "page.locked", "page.unlocked", "page_updated":
		return "page.updated"
	case "page.moved":
		return "page.moved"
	case "page.deleted":
		return "page.deleted"
	case "page.undeleted":
		return "page.restored"
	case "database.content_updated", "database.schema_updated", "data_source.content_updated", "data_source.schema_updated", "database_updated":
		return "database.updated"
	case "comment.created", "comment.updated", "comment.deleted":
		return eventType
	}
	return "other"
}

// subject sets what the event is about. A comment's is its page, if the body names it.
func (p *payload) subject(e *eventv1.WebhookEvent) error {
	if workspace := source.Hex32(p.WorkspaceID); workspace != "" {
		e.Place = "notion:workspace:" + workspace
		e.Ref = e.Place
	} else {
		e.Ref = "notion:event:" + e.Type
	}
	kind, id := p.entity()
	if kind == "" || id == "" {
		if e.Kind == "other" {
			return nil
		}
		return source.EventMismatch
	}
	if page := source.Hex32(p.Data.PageID); kind == "comment" && page != "" {
		kind, id = "page", page
	}
	e.Ref, e.NativeId = "notion:"+kind+":"+id, id
	return nil
}

// entity is the kind and the id of the body's own object; "" if it isn't what
// the type speaks of.
func (p *payload) entity() (kind, id string) {
	if !p.forwarded() {
		family, _, _ := strings.Cut(p.Type, ".")
		if family != p.Entity.Type {
			return "", ""
		}
		switch family {
		case "page", "database", "data_source", "comment":
			return family, source.Hex32(p.Entity.ID)
		}
		return "", ""
	}
	kind, direct := "page", p.PageID
	if strings.HasPrefix(p.Type, "database_") {
		kind, direct = "database", p.DatabaseID
	}
	for _, candidate := range []string{direct, p.Entity.ID, p.Data.ID, string(p.ID)} {
		if id = source.Hex32(candidate); id != "" {
			return kind, id
		}
	}
	return "", ""
}

func (p *payload) fields() source.Fields {
	f := source.Fields{}
	if p.Entity.Type == "comment" {
		f.Text("id", source.Hex32(p.Entity.ID))
	}
	f.Text("entity_type", source.Word(p.Entity.Type))
	f.Text("parent_type", source.Word(p.Data.Parent.Type))
	f.Text("parent_id", source.Hex32(p.Data.Parent.ID))
	f.Text("data_source_id", source.Hex32(p.Data.Parent.DataSourceID))
	f.Text("api_version", source.Word(p.APIVersion))
	f.Number("authors", int64(len(p.Authors)))
	if p.Data.UpdatedProperties != nil {
		ids := make([]string, 0, len(p.Data.UpdatedProperties))
		for _, id := range p.Data.UpdatedProperties {
			if id != "" {
				ids = append(ids, string(id))
			}
		}
		f.List("updated_properties", ids)
	}
	return f
}

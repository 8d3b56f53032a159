package notion

import (
	"net/http"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

const name = "notion"

// Normalizer makes events of Notion's bodies. Its zero value is ready.
type Normalizer struct{}

// Normalize reads a JSON body. It returns a source.Refusal for a body that is no
// event, or of another workspace than its site is bound to. Event types that it
// doesn't know become kind "other".
//
// Notion's own types have a dot ("page.created"). page_created, page_updated
// and database_updated are what others forward; only a token makes them: what
// Notion's key signs is Notion's own.
func (Normalizer) Normalize(header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	var p payload
	if err := source.Decode(body, &p); err != nil {
		return nil, nil, err
	}
	switch {
	case p.Type == "":
		return nil, nil, source.EventMissing
	case meta.Token && !strings.Contains(p.Type, "."):
		return forward(p.Type, header, body, meta)
	case forwardedKind(p.Type) != "other":
		return nil, nil, source.EventMismatch
	}
	workspace := source.Hex32(p.WorkspaceID)
	if err := meta.Site.Check(workspace); err != nil {
		return nil, nil, err
	}
	e := p.identity(meta)
	e.Type = source.Word(p.Type)
	if len(p.Authors) > 0 {
		e.Actor = &eventv1.Account{
			Id:   source.Printable(p.Authors[0].ID, 200),
			Type: source.AccountType(p.Authors[0].Type),
		}
	}
	setPlace(e, meta, workspace)
	if err := p.subject(e, meta); err != nil {
		return nil, nil, err
	}
	e.Occurrence = p.occurrence(e, meta)
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

// identity sets what the event is known by. Notion's id is the same for all
// attempts, while attempt_number changes the digest.
func (p *payload) identity(meta source.Meta) *eventv1.WebhookEvent {
	switch {
	case p.ID != "":
		return meta.Event(name, string(p.ID))
	case !p.Timestamp.IsZero():
		return meta.Event(name, meta.HexDigest())
	}
	return meta.EventWithin(name, meta.HexDigest(), window)
}

// occurrence is the comment's, or the type's at its time: a page's content and
// its properties may be updated in one moment.
func (p *payload) occurrence(e *eventv1.WebhookEvent, meta source.Meta) string {
	comment := "comment:" + source.Hex32(p.Entity.ID)
	switch e.Kind {
	case "comment.created":
		return comment
	case "comment.updated":
		return meta.Occurrence(comment, p.Timestamp.Time)
	case "comment.deleted":
		return comment + "@deleted"
	}
	return meta.Occurrence(e.Type, p.Timestamp.Time)
}

// kindOf knows the documented types. The vocabulary has words for a database's
// updates only, and none for views and files.
func kindOf(eventType string) (kind string, documented bool) {
	switch eventType {
	case "page.created", "page.moved", "page.deleted", "comment.created", "comment.updated", "comment.deleted":
		return eventType, true
	case "page.content_updated", "page.properties_updated", "page.locked", "page.unlocked", "page.transcription_block.transcript_deleted":
		return "page.updated", true
	case "page.undeleted":
		return "page.restored", true
	case "database.content_updated", "database.schema_updated", "data_source.content_updated", "data_source.schema_updated":
		return "database.updated", true
	case "database.created", "database.moved", "database.deleted", "database.undeleted",
		"data_source.created", "data_source.moved", "data_source.deleted", "data_source.undeleted",
		"view.created", "view.updated", "view.deleted",
		"file_upload.created", "file_upload.completed", "file_upload.expired", "file_upload.upload_failed":
		return "other", true
	}
	return "other", false
}

// setPlace sets the workspace, and the ref that an event without an entity has.
func setPlace(e *eventv1.WebhookEvent, meta source.Meta, workspace string) {
	e.Ref = meta.Ref(name, "event", e.Type)
	if workspace != "" {
		e.Place = meta.Ref(name, "workspace", workspace)
		e.Ref = e.Place
	}
}

// subject sets what the event is about. A comment's is its page, if the body names it.
func (p *payload) subject(e *eventv1.WebhookEvent, meta source.Meta) error {
	var documented bool
	e.Kind, documented = kindOf(p.Type)
	id := source.Hex32(p.Entity.ID)
	if !p.ownEntity() || id == "" {
		if documented {
			return source.EventMismatch
		}
		return nil
	}
	kind := p.Entity.Type
	if page := source.Hex32(p.Data.PageID); kind == "comment" && page != "" {
		kind, id = "page", page
	}
	e.Ref, e.NativeId = meta.Ref(name, kind, id), id
	return nil
}

// ownEntity tells whether the body's entity is of the kind that its type speaks
// of. Events of databases name a database, one of its sources or, for a linked
// database, the block that shows it.
func (p *payload) ownEntity() bool {
	family, _, _ := strings.Cut(p.Type, ".")
	switch family {
	case "page", "comment", "view", "file_upload":
		return p.Entity.Type == family
	case "database", "data_source":
		switch p.Entity.Type {
		case "database", "data_source", "block":
			return true
		}
	}
	return false
}

// fields are id (of a comment), entity_type, parent_type, parent_id,
// data_source_id, updated_properties (ids), authors (how many) and api_version.
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

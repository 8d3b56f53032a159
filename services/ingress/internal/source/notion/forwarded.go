package notion

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// window is how long a body without id and time is known by its digest.
const window = 10 * time.Minute

// forwarded is what a forwarder of the user's own (Zapier, Make, a poller)
// posts. Nobody fixes its shape, so each member is looked for in all places
// where they tend to be put; the first that fits counts. docs/forwarding.md has
// the list.
//
// Names of people are not read: whoever holds the token may send any, so the
// texts are nobody's and choose no target.
//
// Fields: entity_type, and parent_type and parent_id of a page whose database is
// named. Texts: title and page.
type forwarded struct {
	WorkspaceID string `json:"workspace_id"`
	Data        item   `json:"data"`
	Page        item   `json:"page"`
	Database    item   `json:"database"`
	Entity      item   `json:"entity"`
	// The body itself.
	top item
}

// item is an object that may hold some of a forwarded body's members.
type item struct {
	ID          string      `json:"id"`
	PageID      string      `json:"page_id"`
	DatabaseID  string      `json:"database_id"`
	URL         string      `json:"url"`
	PageURL     string      `json:"page_url"`
	DatabaseURL string      `json:"database_url"`
	WorkspaceID string      `json:"workspace_id"`
	Timestamp   source.Time `json:"timestamp"`
	EditedAt    source.Time `json:"last_edited_time"`
	UpdatedAt   source.Time `json:"updated_at"`
	CreatedTime source.Time `json:"created_time"`
	CreatedAt   source.Time `json:"created_at"`
	Title       plain       `json:"title"`
	Name        plain       `json:"name"`
	Text        plain       `json:"text"`
	Content     plain       `json:"content"`
	Body        plain       `json:"body"`
	Summary     plain       `json:"summary"`
	Description plain       `json:"description"`
	Properties  plain       `json:"properties"`
}

// UnmarshalJSON never fails: a string is an id, members of another type than
// expected are left out, and so is what is neither.
func (i *item) UnmarshalJSON(b []byte) error {
	type members item
	if len(b) > 0 && b[0] == '"' {
		_ = json.Unmarshal(b, &i.ID)
		return nil
	}
	_ = json.Unmarshal(b, (*members)(i))
	return nil
}

// forward makes an event of a forwarded body, which a token vouches for.
func forward(eventType string, header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	var f forwarded
	if err := source.Decode(body, &f); err != nil {
		return nil, nil, err
	}
	if err := source.Decode(body, &f.top); err != nil {
		return nil, nil, err
	}
	workspace := source.Hex32(f.WorkspaceID)
	if workspace == "" {
		workspace = source.Hex32(f.Data.WorkspaceID)
	}
	if err := meta.Site.Check(workspace); err != nil {
		return nil, nil, err
	}
	kind := forwardedKind(eventType)
	at := f.time(kind)
	key := source.Printable(header.Get(notion.HeaderIdempotencyKey), 150)
	e := identify(key, at, meta)
	e.Type, e.Kind = source.Word(eventType), kind
	setPlace(e, meta, workspace)
	if err := f.setSubject(e, meta); err != nil {
		return nil, nil, err
	}
	e.Occurrence = meta.Occurrence(kind, at)
	if !at.IsZero() {
		e.OccurredAt = timestamppb.New(at)
	}
	if parts := f.texts(); len(parts) > 0 {
		e.Text = &eventv1.Text{Parts: parts}
	}
	return e, &eventv1.Delivery{DeliveryId: key, ReceivedAt: timestamppb.New(meta.ReceivedAt)}, nil
}

func forwardedKind(eventType string) string {
	switch eventType {
	case "page_created":
		return "page.created"
	case "page_updated":
		return "page.updated"
	case "database_updated":
		return "database.updated"
	}
	return "other"
}

// identify sets what a forwarded body is known by: with a time in it, for ever
// by its digest; else by the sender's key; else by the digest, for a while. The
// key is part of no occurrence: a captured body under a fresh one acts no second time.
func identify(key string, at time.Time, meta source.Meta) *eventv1.WebhookEvent {
	switch {
	case !at.IsZero():
		return meta.Event(name, meta.HexDigest())
	case key != "":
		return meta.Event(name, "key:"+key)
	}
	return meta.EventWithin(name, meta.HexDigest(), window)
}

func (f *forwarded) time(kind string) time.Time {
	for _, i := range []item{f.top, f.Data, f.Page} {
		times := []source.Time{i.Timestamp, i.EditedAt, i.UpdatedAt}
		if kind == "page.created" {
			// An update isn't known by when its page was made: the next one has the same.
			times = append(times, i.CreatedTime, i.CreatedAt)
		}
		for _, at := range times {
			if !at.IsZero() {
				return at.Time
			}
		}
	}
	return time.Time{}
}

func (f *forwarded) setSubject(e *eventv1.WebhookEvent, meta source.Meta) error {
	fields := source.Fields{}
	kind, id, parent := f.subject(e.Type)
	if parent != "" {
		fields.Text("parent_type", "database")
		fields.Text("parent_id", parent)
	}
	switch {
	case id != "":
		fields.Text("entity_type", kind)
		e.Ref, e.NativeId = meta.Ref(name, kind, id), id
	case e.Kind != "other":
		return source.EventMismatch
	}
	e.Fields = fields.Struct()
	return nil
}

// subject is the kind and the id of what the type speaks of, and the id of the
// database that a page is said to be in; "" for what isn't named.
func (f *forwarded) subject(eventType string) (kind, id, parent string) {
	database := firstID(f.top.DatabaseID, f.Data.DatabaseID, f.Database.ID, f.Database.DatabaseID)
	if strings.HasPrefix(eventType, "database_") {
		if database == "" {
			database = firstID(f.Entity.ID, f.top.DatabaseURL, f.Data.DatabaseURL, f.Database.URL, f.top.URL, f.Data.URL, f.Data.ID, f.top.ID)
		}
		return "database", database, ""
	}
	return "page", firstID(
		f.top.PageID, f.Data.PageID, f.Page.ID, f.Page.PageID, f.Entity.ID,
		f.top.PageURL, f.Data.PageURL, f.Page.URL, f.top.URL, f.Data.URL, f.Data.ID, f.top.ID,
	), database
}

// firstID is the first id among ids and addresses.
func firstID(candidates ...string) string {
	for _, s := range candidates {
		if id := source.Hex32(s); id != "" {
			return id
		}
		if id := addressed(s); id != "" {
			return id
		}
	}
	return ""
}

// addressed is the id at the end of a page's address on Notion. A page that is
// opened over a database's is in the query.
func addressed(s string) string {
	if len(s) > 2000 {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	switch host := strings.ToLower(u.Host); {
	case host == "notion.so", host == "app.notion.com":
	case strings.HasSuffix(host, ".notion.so"), strings.HasSuffix(host, ".notion.site"):
	default:
		return ""
	}
	if over := source.Hex32(u.Query().Get("p")); over != "" {
		return over
	}
	last := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	last = strings.ReplaceAll(last, "-", "")
	return source.Hex32(last[max(len(last)-32, 0):])
}

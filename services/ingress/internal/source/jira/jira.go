package jira

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

const name = "jira"

// Normalizer makes events of Jira's bodies. Its zero value is ready.
type Normalizer struct{}

// normal is one body on its way to an event.
type normal struct {
	payload
	meta   source.Meta
	event  *eventv1.WebhookEvent
	fields source.Fields
	// When it happened: the body's timestamp, or the comment's own time.
	occurredAt time.Time
}

// Normalize reads a JSON body. It returns a source.Refusal for a body that is no
// event, or of another site. Event types that it doesn't know become kind "other".
func (Normalizer) Normalize(header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	n := normal{meta: meta, fields: source.Fields{}}
	if err := source.Decode(body, &n.payload); err != nil {
		return nil, nil, err
	}
	if n.WebhookEvent == "" {
		return nil, nil, source.EventMissing
	}
	if err := meta.Site.Check(n.host()); err != nil {
		return nil, nil, err
	}
	n.event = meta.Event(name, meta.HexDigest())
	n.event.Type, n.event.Action = source.Word(n.WebhookEvent), source.Word(n.TypeName)
	n.occurredAt = n.Timestamp.Time
	n.event.Actor = account(n.User)
	n.container()
	if err := n.fill(); err != nil {
		return nil, nil, err
	}
	if n.event.Occurrence == "" {
		what := n.event.Kind
		if what == "other" {
			// A sprint is closed and updated in one moment: two happenings.
			what = n.event.Type
		}
		n.event.Occurrence = meta.Occurrence(what, n.occurredAt)
	}
	if !n.occurredAt.IsZero() {
		n.event.OccurredAt = timestamppb.New(n.occurredAt)
	}
	n.event.Fields = n.fields.Struct()
	return n.event, delivery(header, meta), nil
}

func delivery(header http.Header, meta source.Meta) *eventv1.Delivery {
	// A header that is no small number counts as none: it is not signed.
	retry, err := strconv.ParseInt(header.Get(jira.HeaderRetry), 10, 16)
	if err != nil || retry < 0 {
		retry = 0
	}
	return &eventv1.Delivery{
		DeliveryId: source.Printable(header.Get(jira.HeaderIdentifier), 200),
		Retry:      int32(retry),
		ReceivedAt: timestamppb.New(meta.ReceivedAt),
	}
}

// fill knows the events by name.
// Source: developer.atlassian.com, Jira Cloud platform, "Webhooks".
//
// "other" are those that the vocabulary has no word for, and those of an issue's
// parts (worklog, attachment, link): Jira sends jira:issue_updated beside them,
// and one change must not count twice.
func (n *normal) fill() error {
	switch n.WebhookEvent {
	case "jira:issue_created":
		return n.issue("issue.created")
	case "jira:issue_updated":
		return n.issue(n.updatedKind())
	case "jira:issue_deleted":
		return n.issue("issue.deleted")
	case "comment_created":
		return n.comment("comment.created")
	case "comment_updated":
		return n.comment("comment.updated")
	case "comment_deleted":
		return n.comment("comment.deleted")
	case "jira:version_released":
		return n.version("release.published")
	case "jira:version_created", "jira:version_updated", "jira:version_deleted",
		"jira:version_unreleased", "jira:version_moved", "jira:version_merged":
		return n.version("other")
	}
	n.event.Kind = "other"
	switch n.WebhookEvent {
	case "worklog_created", "worklog_updated", "worklog_deleted":
		return n.worklog()
	case "attachment_created", "attachment_deleted":
		return n.part("attachment", n.Attachment)
	case "issuelink_created", "issuelink_deleted":
		return n.issueLink()
	case "project_created", "project_updated", "project_deleted", "project_soft_deleted",
		"project_restored_deleted", "project_archived", "project_restored_archived":
		return n.project()
	case "sprint_created", "sprint_updated", "sprint_deleted", "sprint_started", "sprint_closed":
		return n.sprint()
	case "board_created", "board_updated", "board_deleted", "board_configuration_changed":
		return n.board()
	case "filter_created", "filter_updated", "filter_deleted":
		return n.subject("filter", n.Filter)
	case "user_created", "user_updated", "user_deleted":
		return n.user()
	}
	n.loose()
	return nil
}

// container sets the project, and the ref that an event without an entity of
// its own has: the issue's, the project's, the event's name.
func (n *normal) container() {
	e := n.event
	e.Ref = n.ref("event", e.Type)
	if n.Project != nil && projectKey(n.Project.Key) != "" {
		e.Ref, e.NativeId = n.ref("project", n.Project.Key), string(n.Project.ID)
		e.Place = e.Ref
	}
	if n.Issue != nil && issueKey(n.Issue.Key) != "" {
		key := n.Issue.Key
		e.Place = n.ref("project", key[:strings.LastIndexByte(key, '-')])
		e.Ref, e.NativeId = n.ref("issue", key), string(n.Issue.ID)
		n.fields.Text("key", key)
	}
}

func (n *normal) ref(kind, id string) string { return n.meta.Ref(name, kind, id) }

package jira

import (
	"net/http"
	"net/url"
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
// event. Event types that it doesn't know become kind "other".
func (Normalizer) Normalize(header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	n := normal{meta: meta, fields: source.Fields{}}
	if err := source.Decode(body, &n.payload); err != nil {
		return nil, nil, err
	}
	if n.WebhookEvent == "" {
		return nil, nil, source.EventMissing
	}
	n.event = meta.Event(name, meta.HexDigest())
	n.event.Type, n.event.Action = source.Word(n.WebhookEvent), source.Word(n.TypeName)
	n.occurredAt = n.Timestamp.Time
	n.event.Actor = account(n.actor())
	n.container()
	if err := n.fill(); err != nil {
		return nil, nil, err
	}
	if n.event.Occurrence == "" {
		n.event.Occurrence = meta.Occurrence(n.event.Kind, n.occurredAt)
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

func (n *normal) fill() error {
	switch n.WebhookEvent {
	case "jira:issue_created":
		return n.issue("issue.created")
	case "jira:issue_updated":
		return n.issue(n.updatedKind())
	case "jira:issue_deleted":
		return n.issue("issue.deleted")
	case "comment_created", "comment_updated", "comment_deleted":
		return n.comment("comment." + strings.TrimPrefix(n.WebhookEvent, "comment_"))
	}
	n.event.Kind = "other"
	return nil
}

// container sets the project, and the ref that an event without an entity of
// its own has.
func (n *normal) container() {
	e := n.event
	key := ""
	switch {
	case n.Issue != nil && issueKey(n.Issue.Key) != "":
		key = n.Issue.Key[:strings.LastIndexByte(n.Issue.Key, '-')]
	case n.Project != nil:
		key = projectKey(n.Project.Key)
	}
	if key == "" {
		e.Ref = "jira:event:" + e.Type
		return
	}
	e.Place = "jira:project:" + key
	e.Ref = e.Place
}

// issue normalizes the events of an issue: issue.created, issue.transitioned
// (the changelog has the status), issue.assigned (it has the assignee),
// issue.updated, issue.deleted.
//
// Fields: key, url, status, status_category (new, indeterminate, done),
// issue_type, priority, resolution, labels, assignee (account id), created_at.
// Changes: each field of the changelog by name; from and to of status, priority
// and resolution (names), assignee (account ids) and labels only.
// Texts: title (summary), body (description) and the comment, where the body
// carries one; none of a deleted issue.
func (n *normal) issue(kind string) error {
	is := n.Issue
	if is == nil || is.ID == "" || issueKey(is.Key) == "" {
		return source.EventMismatch
	}
	e := n.event
	e.Kind, e.Ref, e.NativeId = kind, "jira:issue:"+is.Key, string(is.ID)
	n.issueFields()
	for _, item := range n.Changelog.Items {
		if len(e.Changes) == 200 {
			break
		}
		e.Changes = append(e.Changes, item.verified())
	}
	if n.Changelog.ID != "" {
		e.Occurrence = "changelog:" + string(n.Changelog.ID)
	}
	if kind != "issue.deleted" {
		n.issueText()
	}
	return nil
}

func (n *normal) updatedKind() string {
	kind := "issue.updated"
	for _, item := range n.Changelog.Items {
		switch item.name() {
		case "status":
			return "issue.transitioned"
		case "assignee":
			kind = "issue.assigned"
		}
	}
	return kind
}

func (n *normal) issueFields() {
	f, in := n.fields, n.Issue.Fields
	f.Text("key", n.Issue.Key)
	f.Text("url", browseURL(n.Issue.Self, n.Issue.Key))
	f.Text("status", source.Name(in.Status.Name))
	f.Text("status_category", source.Word(in.Status.Category.Key))
	f.Text("issue_type", source.Name(in.IssueType.Name))
	f.Text("priority", source.Name(in.Priority.Name))
	f.Text("resolution", source.Name(in.Resolution.Name))
	f.List("labels", source.Labels(in.Labels))
	f.Text("assignee", account(in.Assignee).GetId())
	f.Time("created_at", in.Created.Time)
}

// comment normalizes comment_created, comment_updated and comment_deleted. The
// subject is the issue; Server leaves it out, and then it is the comment.
//
// Fields: id, and key of the issue. Text: the comment, by its author and last
// editor; none of a deleted one.
func (n *normal) comment(kind string) error {
	c := n.Comment
	if c == nil || c.ID == "" {
		return source.EventMismatch
	}
	e := n.event
	e.Kind, e.Ref, e.NativeId = kind, "jira:comment:"+string(c.ID), string(c.ID)
	n.fields.Text("id", string(c.ID))
	if n.Issue != nil && issueKey(n.Issue.Key) != "" {
		e.Ref, e.NativeId = "jira:issue:"+n.Issue.Key, string(n.Issue.ID)
		n.fields.Text("key", n.Issue.Key)
	}
	e.Occurrence = "comment:" + string(c.ID)
	switch kind {
	case "comment.deleted":
		e.Occurrence += "@deleted"
		return nil
	case "comment.updated":
		e.Occurrence = n.meta.Occurrence(e.Occurrence, c.Updated.Time)
	}
	e.Text = &eventv1.Text{Parts: []*eventv1.Part{c.part()}}
	return nil
}

// issueKey holds an issue's key to "PROJECT-NUMBER".
func issueKey(s string) string {
	i := strings.LastIndexByte(s, '-')
	if i < 0 || projectKey(s[:i]) == "" || len(s)-i > 12 || i+1 == len(s) || strings.Trim(s[i+1:], "0123456789") != "" {
		return ""
	}
	return s
}

// projectKey holds a project's key to a capital, then capitals, digits and "_".
func projectKey(s string) string {
	const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if s == "" || len(s) > 100 || strings.IndexByte(capitals, s[0]) < 0 || strings.Trim(s, capitals+"0123456789_") != "" {
		return ""
	}
	return s
}

// browseURL makes the page of an issue from its REST resource, which names the
// site and, on Data Center, the path that Jira is served under.
func browseURL(self, key string) string {
	base, _, ok := strings.Cut(self, "/rest/")
	if !ok || source.URL(base) == "" {
		return ""
	}
	if u, err := url.Parse(base); err != nil || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	return base + "/browse/" + key
}

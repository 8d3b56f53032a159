package jira

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// subject makes the event's own object its subject.
//
// Field: id.
func (n *normal) subject(kind string, o *object) error {
	if o == nil || o.ID == "" {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.ref(kind, string(o.ID)), string(o.ID)
	n.fields.Text("id", string(o.ID))
	return nil
}

// part is subject for an object that belongs to an issue: where the body has
// the issue too, that is the subject.
//
// Fields: id of the part; key of the issue, or issue_id where the part's own
// link names no more.
func (n *normal) part(kind string, o *object) error {
	ref, native := n.event.Ref, n.event.NativeId
	if err := n.subject(kind, o); err != nil {
		return err
	}
	if n.Issue != nil && issueKey(n.Issue.Key) != "" {
		n.event.Ref, n.event.NativeId = ref, native
		return nil
	}
	n.fields.Text("issue_id", issueIn(o.Self))
	return nil
}

// worklog normalizes time that was logged on an issue.
//
// Fields: those of part, and seconds spent. Text: the comment on it; none of a
// deleted one.
func (n *normal) worklog() error {
	w := n.Worklog
	if w == nil {
		return source.EventMismatch
	}
	if err := n.part("worklog", &w.object); err != nil {
		return err
	}
	if n.Issue == nil {
		n.fields.Text("issue_id", string(w.IssueID))
	}
	n.fields.Number("seconds", w.Seconds)
	if n.WebhookEvent == "worklog_deleted" {
		return nil
	}
	if n.event.Actor == nil {
		n.event.Actor = account(w.UpdateAuthor)
	}
	n.event.Text = &eventv1.Text{Parts: []*eventv1.Part{written(w.Comment, w.Author, w.UpdateAuthor)}}
	return nil
}

// issueLink normalizes a link between two issues, whose keys the body hasn't.
//
// Fields: id, source_issue_id, target_issue_id, link_type.
func (n *normal) issueLink() error {
	l := n.IssueLink
	if l == nil {
		return source.EventMismatch
	}
	n.fields.Text("source_issue_id", string(l.SourceID))
	n.fields.Text("target_issue_id", string(l.TargetID))
	n.fields.Text("link_type", source.Name(l.Type.Name))
	return n.subject("issuelink", &l.object)
}

// version normalizes a project's version; release.published is its release.
//
// Fields: id, version (its name, if that holds as a label), released, archived,
// project_id: the body hasn't the project's key. Texts: title (name) and body
// (description); nobody is named for them.
func (n *normal) version(kind string) error {
	v := n.Version
	if v == nil {
		return source.EventMismatch
	}
	n.event.Kind = kind
	n.fields.Text("version", source.Label(v.Name))
	n.fields.Bool("released", v.Released)
	n.fields.Bool("archived", v.Archived)
	n.fields.Text("project_id", string(v.ProjectID))
	n.texts(v.Name, string(v.Description))
	return n.subject("version", &v.object)
}

// sprint normalizes a sprint.
//
// Fields: id, state (future, active, closed), board_id, starts_at, ends_at,
// completed_at. Texts: title (name) and body (goal); nobody is named for them.
func (n *normal) sprint() error {
	s := n.Sprint
	if s == nil {
		return source.EventMismatch
	}
	n.fields.Text("state", source.Word(s.State))
	n.fields.Text("board_id", string(s.BoardID))
	n.fields.Time("starts_at", s.Start.Time)
	n.fields.Time("ends_at", s.End.Time)
	n.fields.Time("completed_at", s.Complete.Time)
	n.texts(s.Name, s.Goal)
	return n.subject("sprint", &s.object)
}

// board normalizes a board. A change of its configuration may come with that alone.
func (n *normal) board() error {
	if n.Board == nil {
		return n.subject("board", n.Configuration)
	}
	return n.subject("board", n.Board)
}

// project normalizes a project, which container has made subject and place.
//
// Field: id.
func (n *normal) project() error {
	p := n.Project
	if p == nil || projectKey(p.Key) == "" {
		return source.EventMismatch
	}
	n.fields.Text("id", string(p.ID))
	return nil
}

// user normalizes an account: the body's user is the subject, and nobody is
// named as the actor.
func (n *normal) user() error {
	who := account(n.User)
	if who.GetId() == "" {
		return source.EventMismatch
	}
	n.event.Actor = nil
	n.event.Ref, n.event.NativeId = n.ref("user", who.GetId()), who.GetId()
	return nil
}

// loose takes what Jira documents no object for: the options of the site,
// properties and types of issues, apps, and events that are new.
//
// Field: property, the key of one that was set or deleted.
func (n *normal) loose() {
	n.fields.Text("property", source.Printable(n.Property.Key, 255))
}

func (n *normal) texts(title, body string) {
	nobody := &eventv1.Account{}
	n.event.Text = &eventv1.Text{Parts: []*eventv1.Part{
		source.Part("title", title, nobody, nil),
		source.Part("body", body, nobody, nil),
	}}
}

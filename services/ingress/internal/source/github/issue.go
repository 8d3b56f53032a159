package github

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// issue normalizes issues: issue.created (opened), issue.closed,
// issue.transitioned (reopened), issue.assigned (assigned, unassigned),
// issue.deleted, else issue.updated.
//
// Fields: number, url, status (open, closed), resolution (GitHub's state_reason),
// labels, assignee (login), created_at, closed_at. Changes as for pull requests;
// closing and reopening change status. Texts: title and body, by the issue's
// author; none of a deleted issue.
func (n *normal) issue() error {
	is := n.Issue
	if n.repo == "" || is == nil || is.ID == "" || is.Number <= 0 || n.Comment != nil || n.PullRequest != nil || n.Action == "" {
		return source.EventMismatch
	}
	e := n.event
	e.Ref, e.NativeId = n.numbered("issue", is.Number), string(is.ID)
	e.Kind = issueKind(n.Action)
	switch e.Kind {
	case "issue.created":
		n.at(is.CreatedAt, is.UpdatedAt)
	case "issue.closed":
		n.at(is.ClosedAt, is.UpdatedAt)
	case "issue.deleted":
		// The body's times are of before.
		e.Occurrence = e.Kind + "@" + string(is.ID)
	default:
		n.at(is.UpdatedAt)
	}
	n.issueFields(is)
	n.labelled(is.State)
	if e.Kind == "issue.deleted" {
		return nil
	}
	by := author(is.User, is.Association)
	e.Text = &eventv1.Text{Parts: []*eventv1.Part{
		source.Part("title", is.Title, by, n.editor(n.Changes != nil && n.Changes.Title != nil)),
		source.Part("body", is.Body, by, n.editor(n.Changes != nil && n.Changes.Body != nil)),
	}}
	return nil
}

func issueKind(action string) string {
	switch action {
	case "opened":
		return "issue.created"
	case "closed":
		return "issue.closed"
	case "reopened":
		return "issue.transitioned"
	case "assigned", "unassigned":
		return "issue.assigned"
	case "deleted":
		return "issue.deleted"
	}
	return "issue.updated"
}

func (n *normal) issueFields(is *issue) {
	f := n.fields
	f.Number("number", is.Number)
	f.Text("url", source.URL(is.URL))
	f.Text("status", source.Word(is.State))
	f.Text("resolution", source.Word(is.StateReason))
	f.List("labels", labelNames(is.Labels))
	if is.Assignee != nil {
		f.Text("assignee", source.Login(is.Assignee.Login))
	}
	f.Time("created_at", is.CreatedAt.Time)
	f.Time("closed_at", is.ClosedAt.Time)
}

// comment normalizes issue_comment: comment.created, comment.updated (edited and
// whatever else becomes of a comment), comment.deleted. The subject is the issue
// or pull request it stands under.
//
// Fields: id, url, number (of the issue). Text: the comment, by its author; none
// of a deleted one.
func (n *normal) comment() error {
	is, c := n.Issue, n.Comment
	if n.repo == "" || is == nil || is.Number <= 0 || c == nil || c.ID == "" || n.Action == "" {
		return source.EventMismatch
	}
	e := n.event
	e.Ref, e.NativeId = n.numbered("issue", is.Number), string(is.ID)
	if is.PullRequest != nil {
		// GitHub numbers a pull request twice: this id is the issue's.
		e.Ref, e.NativeId = n.numbered("pr", is.Number), ""
	}
	n.fields.Text("id", string(c.ID))
	n.fields.Text("url", source.URL(c.URL))
	n.fields.Number("number", is.Number)
	e.Occurrence = "comment:" + string(c.ID)
	switch n.Action {
	case "created":
		e.Kind = "comment.created"
		n.at(c.CreatedAt, c.UpdatedAt)
	case "deleted":
		e.Kind = "comment.deleted"
		e.Occurrence += "@deleted"
		return nil
	default:
		e.Kind = "comment.updated"
		n.at(c.UpdatedAt)
		e.Occurrence = n.meta.Occurrence(e.Occurrence, c.UpdatedAt.Time)
	}
	e.Text = &eventv1.Text{Parts: []*eventv1.Part{
		source.Part("comment", c.Body, author(c.User, c.Association), n.editor(n.Action == "edited")),
	}}
	return nil
}

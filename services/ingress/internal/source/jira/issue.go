package jira

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// issue normalizes the events of an issue: issue.created, issue.transitioned
// (the changelog has the status), issue.assigned (it has the assignee),
// issue.updated, issue.deleted; and comment.* where jira:issue_updated says no
// more than that somebody commented.
//
// Fields: key, url, status, status_category (new, indeterminate, done),
// issue_type, priority, resolution, labels, assignee (account id), created_at;
// id, of the comment that came along.
// Changes: each field of the changelog by name; from and to of status, priority,
// resolution, issuetype (names), assignee (account ids), key and labels only.
// Texts: title (summary), body (description) and the comment, where the body
// carries one; none of a deleted issue or comment.
func (n *normal) issue(kind string) error {
	is := n.Issue
	if is == nil || is.ID == "" || issueKey(is.Key) == "" {
		return source.EventMismatch
	}
	e := n.event
	e.Kind = kind
	n.issueFields()
	for _, item := range n.Changelog.Items {
		if len(e.Changes) == 200 {
			break
		}
		e.Changes = append(e.Changes, item.verified(is.Fields.Assignee))
	}
	switch {
	case n.Changelog.ID != "" && len(n.Changelog.Items) > 0:
		e.Occurrence = "changelog:" + string(n.Changelog.ID)
	case strings.HasPrefix(kind, "comment.") && n.Comment != nil:
		n.commentOccurrence()
	}
	if kind != "issue.deleted" {
		n.issueText()
	}
	return nil
}

// updatedKind tells from the changelog what jira:issue_updated means. Without
// one it is Jira's own word that tells; old Servers send neither.
func (n *normal) updatedKind() string {
	kind := ""
	for _, item := range n.Changelog.Items {
		switch item.name() {
		case "status":
			return "issue.transitioned"
		case "assignee":
			kind = "issue.assigned"
		}
	}
	switch {
	case kind != "":
		return kind
	case len(n.Changelog.Items) > 0:
		return "issue.updated"
	case n.TypeName == "issue_assigned":
		return "issue.assigned"
	case n.TypeName == "issue_comment_deleted", n.TypeName == "" && n.lostComment():
		return "comment.deleted"
	case n.Comment == nil || n.Comment.ID == "":
		return "issue.updated"
	case n.TypeName == "issue_comment_edited", n.TypeName == "" && n.Comment.Updated.After(n.Comment.Created.Time):
		return "comment.updated"
	case n.TypeName == "issue_commented", n.TypeName == "":
		return "comment.created"
	}
	return "issue.updated"
}

// lostComment tells an old Server's body of a deleted comment: the whole issue,
// somebody without an account id, and nothing that changed.
func (n *normal) lostComment() bool {
	return n.Comment == nil && n.Issue != nil && n.Issue.Fields.Comments != nil &&
		n.User != nil && n.User.AccountID == ""
}

func (n *normal) issueFields() {
	f, in := n.fields, n.Issue.Fields
	f.Text("url", browseURL(n.Issue.Self, n.Issue.Key))
	f.Text("status", source.Name(in.Status.Name))
	f.Text("status_category", source.Word(in.Status.Category.Key))
	f.Text("issue_type", source.Name(in.IssueType.Name))
	f.Text("priority", source.Name(in.Priority.Name))
	f.Text("resolution", source.Name(in.Resolution.Name))
	f.List("labels", source.Labels(in.Labels))
	f.Text("assignee", account(in.Assignee).GetId())
	f.Time("created_at", in.Created.Time)
	if n.Comment != nil {
		f.Text("id", string(n.Comment.ID))
	}
}

// comment normalizes comment_created, comment_updated and comment_deleted. The
// subject is the issue; Server leaves it out, and then it is the comment.
//
// Fields: id; key and url of the issue, or its issue_id where only that is known.
// Text: the comment, by its author and last editor; none of a deleted one.
func (n *normal) comment(kind string) error {
	c := n.Comment
	if c == nil || c.ID == "" {
		return source.EventMismatch
	}
	n.event.Kind = kind
	if err := n.part("comment", &c.object); err != nil {
		return err
	}
	if n.Issue != nil {
		n.fields.Text("url", browseURL(n.Issue.Self, n.Issue.Key))
	}
	n.commentOccurrence()
	if kind == "comment.deleted" {
		return nil
	}
	if n.event.Actor == nil {
		// Server names nobody but the writer.
		n.event.Actor = account(c.writer())
	}
	if n.occurredAt.IsZero() {
		n.occurredAt = c.Updated.Time
	}
	n.event.Text = &eventv1.Text{Parts: []*eventv1.Part{c.part()}}
	return nil
}

// commentOccurrence is the same whichever of Jira's two events tells of the comment.
func (n *normal) commentOccurrence() {
	e := n.event
	e.Occurrence = "comment:" + string(n.Comment.ID)
	switch e.Kind {
	case "comment.deleted":
		e.Occurrence += "@deleted"
	case "comment.updated":
		e.Occurrence = n.meta.Occurrence(e.Occurrence, n.Comment.Updated.Time)
	}
}

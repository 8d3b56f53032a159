package github

import (
	"strconv"
	"strings"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// issue normalizes issues: issue.created (opened), issue.closed,
// issue.transitioned (reopened), issue.assigned (assigned, unassigned),
// issue.deleted, else issue.updated.
//
// Fields: number, url, status (open, closed), resolution (GitHub's state_reason),
// labels, assignee (login), created_at, closed_at. Changes as for pull requests;
// closing and reopening change status. Of a pull request it is change.updated. Texts: title and body, by the issue's
// author; none of a deleted issue. An issue that was transferred changes ref, from
// the old one to the new one: its event in both repositories says so.
func (n *normal) issue() error {
	is := n.Issue
	if n.repo == "" || is.ID == "" || is.Number <= 0 || n.Action == "" {
		return source.EventMismatch
	}
	if is.PullRequest != nil {
		return n.issueOfChange(is)
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
	n.issueMoved(is)
	if e.Kind == "issue.deleted" {
		return nil
	}
	n.issueText(is)
	return nil
}

// issueOfChange normalizes issues about a pull request, which is an issue too
// (it is given a milestone by one): change.updated.
//
// Fields: number, url, state, labels.
func (n *normal) issueOfChange(is *issue) error {
	// GitHub numbers a pull request twice: the id here is the issue's.
	n.event.Kind, n.event.Ref, n.event.NativeId = "change.updated", n.numbered("pr", is.Number), ""
	n.at(is.UpdatedAt)
	n.fields.Number("number", is.Number)
	n.fields.Text("url", source.URL(is.URL))
	n.fields.Text("state", source.Word(is.State))
	n.fields.List("labels", labelNames(is.Labels))
	n.labelled(is.State)
	n.issueText(is)
	return nil
}

func (n *normal) issueText(is *issue) {
	by := author(is.User, is.Association)
	n.parts(
		source.Part("title", is.Title, by, n.editor(n.Changes != nil && n.Changes.Title != nil)),
		source.Part("body", is.Body, by, n.editor(n.Changes != nil && n.Changes.Body != nil)))
}

func (n *normal) issueMoved(is *issue) {
	if n.Changes == nil {
		return
	}
	n.moved("issue", n.Changes.NewIssue, n.Changes.NewRepository)
	if was, in := n.Changes.OldIssue, n.Changes.OldRepository; was != nil && in != nil {
		if from := n.numberedIn("issue", in.FullName, was.Number); from != "" {
			n.changed("ref", from, n.numbered("issue", is.Number))
		}
	}
}

// moved says where the subject is from now on.
func (n *normal) moved(kind string, is *numbered, in *repository) {
	if is == nil || in == nil {
		return
	}
	if to := n.numberedIn(kind, in.FullName, is.Number); to != "" {
		n.changed("ref", n.event.Ref, to)
	}
}

func (n *normal) numberedIn(kind, repo string, number int64) string {
	if repo = strings.ToLower(repoName(repo)); repo == "" || number <= 0 {
		return ""
	}
	return n.meta.Ref(name, kind, repo+"#"+strconv.FormatInt(number, 10))
}

// subIssue normalizes sub_issues: issue.updated. The subject is the issue whose
// list or whose parent the action names, and the change is named sub_issue or parent.
// Fields as for issues. No texts: nothing was written.
func (n *normal) subIssue() error {
	if strings.HasPrefix(n.Action, "parent_") {
		return n.tied(n.SubIssue, n.ParentIssue, "parent")
	}
	return n.tied(n.ParentIssue, n.SubIssue, "sub_issue")
}

// dependency normalizes issue_dependencies likewise; the change is named
// blocked_by or blocking.
func (n *normal) dependency() error {
	if strings.HasPrefix(n.Action, "blocking_") {
		return n.tied(n.Blocking, n.Blocked, "blocking")
	}
	return n.tied(n.Blocked, n.Blocking, "blocked_by")
}

func (n *normal) tied(is, other *issue, tie string) error {
	if n.repo == "" || is.ID == "" || is.Number <= 0 || other.ID == "" || n.Action == "" {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.numbered("issue", is.Number), string(is.ID)
	n.at(is.UpdatedAt)
	n.issueFields(is)
	// The other one may be another repository's: its id is sure, its ref is not.
	if strings.HasSuffix(n.Action, "_removed") {
		n.changed(tie, string(other.ID), "")
	} else {
		n.changed(tie, "", string(other.ID))
	}
	n.event.Occurrence = n.meta.Occurrence(n.happening()+":"+string(other.ID), is.UpdatedAt.Time)
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
	if n.repo == "" || is.Number <= 0 || c.ID == "" || n.Action == "" {
		return source.EventMismatch
	}
	e := n.event
	e.Ref, e.NativeId = n.numbered("issue", is.Number), string(is.ID)
	if is.PullRequest != nil {
		// GitHub numbers a pull request twice: this id is the issue's.
		e.Ref, e.NativeId = n.numbered("pr", is.Number), ""
	}
	n.fields.Number("number", is.Number)
	return n.commented("comment:")
}

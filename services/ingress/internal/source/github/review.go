package github

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// review normalizes pull_request_review: change.reviewed (submitted, dismissed),
// and comment.updated for a review whose text was edited, which is no second
// review. The subject is the pull request.
//
// Fields: id, url and state (approved, changes_requested, commented, dismissed)
// of the review; commit (that it looked at); number, draft, base, head,
// head_sha and labels of the pull request. Text: the review's, by who reviewed.
func (n *normal) review() error {
	r := n.Review
	if !n.ofChange() || r.ID == "" {
		return source.EventMismatch
	}
	n.remark(r.ID, r.URL)
	f, pr := n.fields, n.PullRequest
	f.Text("state", source.Word(r.State))
	f.Text("commit", source.SHA(r.CommitID))
	f.Bool("draft", pr.Draft)
	f.Text("base", source.Branch(pr.Base.Ref))
	f.Text("head", source.Branch(pr.Head.Ref))
	f.Text("head_sha", source.SHA(pr.Head.SHA))
	f.List("labels", labelNames(pr.Labels))
	n.event.Occurrence = "review:" + string(r.ID)
	switch n.Action {
	case "edited":
		n.event.Kind = "comment.updated"
		n.at(r.UpdatedAt, pr.UpdatedAt)
		n.event.Occurrence = n.meta.Occurrence(n.event.Occurrence, n.occurredAt)
	case "dismissed":
		n.at(r.UpdatedAt, pr.UpdatedAt)
		n.event.Occurrence += "@dismissed"
	default:
		n.at(r.SubmittedAt)
	}
	if r.Body != "" {
		n.said(r.Body, author(r.User, r.Association))
	}
	return nil
}

// reviewComment normalizes pull_request_review_comment as comment does. Fields
// besides: path (of the file; absent if outside the charset), commit, review (its id).
func (n *normal) reviewComment() error {
	if !n.ofChange() || n.Comment.ID == "" {
		return source.EventMismatch
	}
	n.fields.Text("path", source.Branch(n.Comment.Path))
	n.fields.Text("commit", source.SHA(n.Comment.CommitID))
	n.fields.Text("review", string(n.Comment.ReviewID))
	// Their ids are numbered apart from those of other comments.
	return n.commented("review_comment:")
}

// reviewThread normalizes pull_request_review_thread: comment.updated, since
// its comments are resolved or not any more. Fields: id (node id of the thread),
// number, resolved.
func (n *normal) reviewThread() error {
	if !n.ofChange() || n.Thread.NodeID == "" {
		return source.EventMismatch
	}
	n.remark(n.Thread.NodeID, "")
	n.fields.Bool("resolved", n.Action == "resolved")
	n.at(n.UpdatedAt, n.PullRequest.UpdatedAt)
	return nil
}

// ofChange makes the pull request the subject of what was said about it.
func (n *normal) ofChange() bool {
	pr := n.PullRequest
	if n.repo == "" || n.Action == "" || pr.ID == "" || pr.Number <= 0 {
		return false
	}
	n.event.Ref, n.event.NativeId = n.numbered("pr", pr.Number), string(pr.ID)
	n.fields.Number("number", pr.Number)
	return true
}

// commitComment normalizes commit_comment as comment does; the subject is the
// commit. Fields besides: path, commit.
func (n *normal) commitComment() error {
	if n.repo == "" || n.Action == "" || n.Comment.ID == "" || source.SHA(n.Comment.CommitID) == "" {
		return source.EventMismatch
	}
	n.atCommit(n.Comment.CommitID)
	n.fields.Text("commit", n.Comment.CommitID)
	n.fields.Text("path", source.Branch(n.Comment.Path))
	return n.commented("commit_comment:")
}

// discussionComment normalizes discussion_comment as comment does; the subject
// is the discussion, and number is its.
func (n *normal) discussionComment() error {
	d := n.Discussion
	if n.repo == "" || n.Action == "" || d.ID == "" || d.Number <= 0 || n.Comment.ID == "" {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.numbered("discussion", d.Number), string(d.ID)
	n.fields.Number("number", d.Number)
	return n.commented("discussion_comment:")
}

// commented adds the comment, which is what happened. The prefix tells ids apart
// that GitHub gives out separately.
func (n *normal) commented(prefix string) error {
	e, c := n.event, n.Comment
	n.remark(c.ID, c.URL)
	e.Occurrence = prefix + string(c.ID)
	switch n.Action {
	case "created":
		e.Kind = "comment.created"
		n.at(c.CreatedAt, c.UpdatedAt)
	case "deleted":
		// The body's times are of before, and its text is gone.
		e.Kind = "comment.deleted"
		e.Occurrence += "@deleted"
		return nil
	default:
		e.Kind = "comment.updated"
		n.at(c.UpdatedAt)
		e.Occurrence = n.meta.Occurrence(e.Occurrence, c.UpdatedAt.Time)
	}
	n.said(c.Body, author(c.User, c.Association))
	return nil
}

func (n *normal) remark(id source.NativeID, url string) {
	n.fields.Text("id", string(id))
	n.fields.Text("url", source.URL(url))
}

func (n *normal) said(text string, by *eventv1.Account) {
	n.parts(source.Part("comment", text, by, n.editor(n.Action == "edited")))
}

func (n *normal) parts(parts ...*eventv1.Part) { n.event.Text = &eventv1.Text{Parts: parts} }

// discussed normalizes discussion. Its kind is "other": rules for issues would
// set labels and states that GitHub keeps for issues.
//
// Fields: number, url, state, category (its slug), labels, created_at. Changes
// as for issues, category, and ref when it was transferred. Texts: title and body, by the
// author; none of a deleted one.
func (n *normal) discussed() error {
	d := n.Discussion
	if n.repo == "" || n.Action == "" || d.ID == "" || d.Number <= 0 {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.numbered("discussion", d.Number), string(d.ID)
	switch n.Action {
	case "created":
		n.at(d.CreatedAt)
	case "answered":
		n.at(d.AnsweredAt, d.UpdatedAt)
	case "deleted":
		n.event.Occurrence = "discussion.deleted@" + string(d.ID)
	default:
		n.at(d.UpdatedAt)
	}
	f := n.fields
	f.Number("number", d.Number)
	f.Text("url", source.URL(d.URL))
	f.Text("state", source.Word(d.State))
	f.Text("category", source.Login(d.Category.Slug))
	f.List("labels", labelNames(d.Labels))
	f.Time("created_at", d.CreatedAt.Time)
	n.labelled(d.State)
	if n.Changes != nil && n.Changes.Category != nil {
		n.changed("category", source.Login(n.Changes.Category.From.Slug), source.Login(d.Category.Slug))
	}
	if n.Changes != nil {
		n.moved("discussion", n.Changes.NewDiscussion, n.Changes.NewRepository)
	}
	if n.Action == "deleted" {
		return nil
	}
	by := author(d.User, d.Association)
	n.parts(
		source.Part("title", d.Title, by, n.editor(n.Changes != nil && n.Changes.Title != nil)),
		source.Part("body", d.Body, by, n.editor(n.Changes != nil && n.Changes.Body != nil)))
	return nil
}

package github

import (
	"strconv"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// change normalizes pull_request: change.opened (opened, reopened),
// change.merged (closed with merged), change.closed, else change.updated.
//
// Fields: number, url, state (open, closed), draft, merged, base, head (branch
// names; absent if outside the charset), head_sha, merge_commit_sha (once merged),
// labels, created_at, closed_at, merged_at. A label, an assignee, a reviewer (a
// login, or a team's slug), draft, the base branch, the head_sha or the
// milestone (its number) that changed is in changes; of a title or body only that it did.
// Texts: title, body, branch, all by the pull request's author.
func (n *normal) change() error {
	pr := n.PullRequest
	if n.repo == "" || pr.ID == "" || pr.Number <= 0 || n.Number != pr.Number || n.Action == "" {
		return source.EventMismatch
	}
	e, merged := n.event, pr.Merged || !pr.MergedAt.IsZero()
	e.Ref, e.NativeId = n.numbered("pr", pr.Number), string(pr.ID)
	switch {
	case n.Action == "opened" || n.Action == "reopened":
		e.Kind = "change.opened"
	case n.Action == "closed" && merged:
		e.Kind = "change.merged"
	case n.Action == "closed":
		e.Kind = "change.closed"
	default:
		e.Kind = "change.updated"
	}
	switch e.Kind {
	case "change.merged":
		n.at(pr.MergedAt, pr.ClosedAt, pr.UpdatedAt)
		e.Occurrence = source.SHA(pr.MergeCommitSHA)
	case "change.closed":
		n.at(pr.ClosedAt, pr.UpdatedAt)
	default:
		n.at(pr.UpdatedAt)
	}
	n.changeFields(pr, merged)
	n.labelled(pr.State)
	by := author(pr.User, pr.Association)
	n.parts(
		source.Part("title", pr.Title, by, n.editor(n.Changes != nil && n.Changes.Title != nil)),
		source.Part("body", pr.Body, by, n.editor(n.Changes != nil && n.Changes.Body != nil)),
		source.Part("branch", pr.Head.Ref, by, nil))
	return nil
}

func (n *normal) changeFields(pr *pullRequest, merged bool) {
	f := n.fields
	f.Number("number", pr.Number)
	f.Text("url", source.URL(pr.URL))
	f.Text("state", source.Word(pr.State))
	f.Bool("draft", pr.Draft)
	f.Bool("merged", merged)
	f.Text("base", source.Branch(pr.Base.Ref))
	f.Text("head", source.Branch(pr.Head.Ref))
	f.Text("head_sha", source.SHA(pr.Head.SHA))
	if merged {
		// Before, it is the sha of a test merge that no branch will ever hold.
		f.Text("merge_commit_sha", source.SHA(pr.MergeCommitSHA))
	}
	f.List("labels", labelNames(pr.Labels))
	f.Time("created_at", pr.CreatedAt.Time)
	f.Time("closed_at", pr.ClosedAt.Time)
	f.Time("merged_at", pr.MergedAt.Time)
	n.changeChanges(pr)
}

func (n *normal) changeChanges(pr *pullRequest) {
	if n.Changes != nil && n.Changes.Base != nil {
		n.changed("base", source.Branch(n.Changes.Base.Ref.From), source.Branch(pr.Base.Ref))
	}
	switch n.Action {
	case "synchronize":
		n.changed("head_sha", source.SHA(n.Before), source.SHA(n.After))
	case "converted_to_draft":
		n.changed("draft", "false", "true")
	case "ready_for_review":
		n.changed("draft", "true", "false")
	case "review_requested":
		n.changed("reviewer", "", n.reviewer())
	case "review_request_removed":
		n.changed("reviewer", n.reviewer(), "")
	}
}

func (n *normal) reviewer() string {
	switch {
	case n.Reviewer != nil:
		return source.Login(n.Reviewer.Login)
	case n.ReviewTeam != nil:
		return source.Login(n.ReviewTeam.Slug)
	}
	return ""
}

// labelled adds what the actions that pull requests and issues share changed.
func (n *normal) labelled(state string) {
	login := func() string {
		if n.Assignee == nil {
			return ""
		}
		return source.Login(n.Assignee.Login)
	}
	switch n.Action {
	case "labeled", "unlabeled":
		if n.Label == nil {
			return
		}
		if n.Action == "labeled" {
			n.changed("labels", "", source.Label(n.Label.Name))
		} else {
			n.changed("labels", source.Label(n.Label.Name), "")
		}
	case "assigned":
		n.changed("assignee", "", login())
	case "unassigned":
		n.changed("assignee", login(), "")
	case "milestoned":
		n.changed("milestone", "", n.milestone())
	case "demilestoned":
		n.changed("milestone", n.milestone(), "")
	case "closed":
		n.changed("status", "open", source.Word(state))
	case "reopened":
		n.changed("status", "closed", source.Word(state))
	case "edited":
		if n.Changes != nil && n.Changes.Title != nil {
			n.changed("title", "", "")
		}
		if n.Changes != nil && n.Changes.Body != nil {
			n.changed("body", "", "")
		}
	}
}

// milestone is the number of the one that was set or taken away.
func (n *normal) milestone() string {
	if n.Milestone == nil || n.Milestone.Number <= 0 {
		return ""
	}
	return strconv.FormatInt(n.Milestone.Number, 10)
}

func (n *normal) changed(field, from, to string) {
	n.event.Changes = append(n.event.Changes, &eventv1.FieldChange{Field: field, From: from, To: to})
}

package github

import (
	"strings"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// repositoryChanged normalizes repository: "other". The subject is the
// repository by its present name.
//
// Fields: url, default_branch. Changes: ref (renamed, transferred: from the old
// name to the present one, which the native id ties together), visibility
// (privatized, publicized), default_branch.
func (n *normal) repositoryChanged() error {
	if n.repo == "" || n.Action == "" {
		return source.EventMismatch
	}
	n.fields.Text("url", source.URL(n.Repository.URL))
	n.fields.Text("default_branch", source.Branch(n.Repository.DefaultBranch))
	if n.Action == "created" {
		n.at(n.Repository.CreatedAt)
	} else {
		n.at(n.Repository.UpdatedAt)
	}
	switch n.Action {
	case "renamed", "transferred":
		if was := n.formerly(); was != "" {
			n.changed("ref", n.meta.Ref(name, "repo", was), n.event.Ref)
		}
	case "privatized":
		n.changed("visibility", "public", "private")
	case "publicized":
		n.changed("visibility", "private", "public")
	case "edited":
		if n.Changes != nil && n.Changes.DefaultBranch != nil {
			n.changed("default_branch", source.Branch(n.Changes.DefaultBranch.From), source.Branch(n.Repository.DefaultBranch))
		}
	}
	return nil
}

// formerly is the repository's name before it was renamed or transferred, "" if
// the body doesn't say.
func (n *normal) formerly() string {
	if n.Changes == nil {
		return ""
	}
	owner, repo, _ := strings.Cut(n.repo, "/")
	if r := n.Changes.Repository; r != nil {
		repo = r.Name.From
	}
	if o := n.Changes.Owner; o != nil {
		switch {
		case o.From.Organization != nil:
			owner = o.From.Organization.Login
		case o.From.User != nil:
			owner = o.From.User.Login
		}
	}
	if was := strings.ToLower(repoName(owner + "/" + repo)); was != n.repo {
		return was
	}
	return ""
}

// publicized normalizes public: "other", with the change of visibility.
func (n *normal) publicized() error {
	n.at(n.Repository.UpdatedAt)
	n.changed("visibility", "private", "public")
	return nil
}

// branchOrTag normalizes create and delete: "other", since a push tells the
// same. The subject is the branch or tag. Fields: ref, ref_type.
func (n *normal) branchOrTag() error {
	if n.repo == "" {
		return source.EventMismatch
	}
	kind := "branch"
	if n.RefType == "tag" {
		kind = "tag"
	}
	if named := source.Branch(n.Ref); named != "" {
		n.event.Ref, n.event.NativeId = n.meta.Ref(name, kind, n.repo+"@"+named), ""
	}
	n.fields.Text("ref", source.Branch(n.Ref))
	n.fields.Text("ref_type", source.Word(n.RefType))
	n.at(n.Repository.PushedAt)
	return nil
}

// forked normalizes fork: "other". Field: fork (its owner/name).
func (n *normal) forked() error {
	n.fields.Text("fork", strings.ToLower(repoName(n.Forkee.FullName)))
	if n.Forkee.ID != "" {
		n.event.Occurrence = "fork:" + string(n.Forkee.ID)
	}
	return nil
}

// starred normalizes star: "other". The body has a time of a star that was given.
func (n *normal) starred() error {
	n.at(n.StarredAt.Time)
	return nil
}

// labelChanged normalizes label: "other". Fields: id, name. Change: name, from
// the old one.
func (n *normal) labelChanged() error {
	n.fields.Text("id", string(n.Label.ID))
	n.fields.Text("name", source.Label(n.Label.Name))
	if n.Changes != nil && n.Changes.Name != nil {
		n.changed("name", source.Label(n.Changes.Name.From), source.Label(n.Label.Name))
	}
	return nil
}

// milestoned normalizes milestone: "other". The subject is the milestone:
// "github:milestone:acme/api#1". Fields: number, url, state, due_on. Texts:
// title and body, by who made it; none of a deleted one.
func (n *normal) milestoned() error {
	m := n.Milestone
	if n.repo == "" || m.ID == "" || m.Number <= 0 {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.numbered("milestone", m.Number), string(m.ID)
	f := n.fields
	f.Number("number", m.Number)
	f.Text("url", source.URL(m.URL))
	f.Text("state", source.Word(m.State))
	f.Time("due_on", m.DueOn.Time)
	switch n.Action {
	case "created":
		n.at(m.CreatedAt)
	case "closed":
		n.at(m.ClosedAt, m.UpdatedAt)
	case "deleted":
		n.event.Occurrence = "milestone.deleted@" + string(m.ID)
		return nil
	default:
		n.at(m.UpdatedAt)
	}
	by := author(m.Creator, "")
	n.parts(
		source.Part("title", m.Title, by, n.editor(n.Changes != nil && n.Changes.Title != nil)),
		source.Part("body", m.Description, by, n.editor(n.Action == "edited" && (n.Changes == nil || n.Changes.Title == nil))))
	return nil
}

// dispatch normalizes workflow_dispatch and repository_dispatch: "other".
// Field: ref. Inputs and client_payload are anybody's words and are not read.
func (n *normal) dispatch() error {
	if n.repo == "" {
		return source.EventMismatch
	}
	ref := n.Ref
	if ref == "" {
		ref = n.Branch
	}
	n.fields.Text("ref", source.Branch(ref))
	return nil
}

// protected normalizes branch_protection_rule: "other". Fields: id, pattern (of branches).
func (n *normal) protected() error {
	n.fields.Text("id", string(n.Rule.ID))
	n.fields.Text("pattern", source.Branch(n.Rule.Name))
	switch n.Action {
	case "created":
		n.at(n.Rule.CreatedAt)
	case "edited":
		n.at(n.Rule.UpdatedAt)
	}
	return nil
}

// plain adds nothing: that it happened, where and by whom, is all that is kept.
func (n *normal) plain() error { return nil }

package github

import (
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// plan normalizes the events of projects, projects_v2 and what they hold:
// "other". The subject is the thing in the plan: "github:project_item:5678510".
//
// Fields: id, number, url, state, content_type (Issue, PullRequest, DraftIssue).
func (n *normal) plan() error {
	kind, p := n.subject()
	if p.ID == "" || n.Action == "" {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.meta.Ref(name, kind, string(p.ID)), string(p.ID)
	f := n.fields
	f.Text("id", string(p.ID))
	if p.Number > 0 {
		f.Number("number", p.Number)
	}
	f.Text("url", source.URL(p.URL))
	f.Text("state", source.AccountType(p.State))
	f.Text("content_type", source.AccountType(p.ContentType))
	switch n.Action {
	case "created":
		n.at(p.CreatedAt)
	case "archived":
		n.at(p.ArchivedAt, p.UpdatedAt)
	case "deleted":
		n.event.Occurrence = n.event.Type + ":" + string(p.ID) + ":deleted"
	default:
		n.at(p.UpdatedAt)
	}
	return nil
}

// subject is what the event is about, and its word in a ref.
func (p planned) subject() (string, *dated) {
	switch {
	case p.StatusUpdate != nil:
		return "project_update", p.StatusUpdate
	case p.ProjectItem != nil:
		return "project_item", p.ProjectItem
	case p.ProjectsV2 != nil:
		return "project", p.ProjectsV2
	case p.ProjectCard != nil:
		return "classic_card", p.ProjectCard
	case p.ProjectColumn != nil:
		return "classic_column", p.ProjectColumn
	}
	return "classic_project", p.Project
}

package rule

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"go.yaml.in/yaml/v3"

	"github.com/switchyard-dev/switchyard/internal/near"
)

// eventFields are the names under event.fields that the normalizers document,
// of all sources. Which of them an event has depends on its kind.
func eventFields() []string {
	return []string{
		"account", "after", "api_version", "app", "app_id", "archived", "assignee", "attempt", "authors", "base", "base_sha", "before",
		"board_id", "branches", "category", "closed_at", "commit", "commits", "completed_at", "conclusion", "content_type", "created_at",
		"creator", "cve", "data_source_id", "default_branch", "deleted", "draft", "due_on", "ends_at", "entity_type", "environment", "event",
		"events", "forced", "fork", "ghsa", "head", "head_repository", "head_sha", "hook_id", "id", "issue_id", "issue_type", "key", "labels",
		"link_type", "log_url", "member", "merge_commit_sha", "merged", "merged_at", "name", "number", "package", "pages", "parent_id",
		"parent_type", "path", "pattern", "permission", "prerelease", "priority", "privacy", "project_id", "property", "published_at",
		"pull_requests", "ref", "ref_type", "released", "repository", "resolution", "resolved", "review", "role", "rule", "run", "seconds",
		"secret_type", "selection", "severity", "sha", "source_issue_id", "sponsorable", "started_at", "starts_at", "state", "status",
		"status_category", "suite", "tag", "target", "target_issue_id", "task", "team", "type", "updated_properties", "url", "version",
	}
}

// fields reports names under event.fields that no event has, and warns of those
// that no event within on has: reading one fails only once an event comes.
func (p *parser) fields(n *yaml.Node, what string, names []string, on scope) {
	for _, name := range names {
		have, come := givers(name), sourcesOf(on)
		switch meant := near.Name(name, eventFields()); {
		case slices.ContainsFunc(have, func(s string) bool { return slices.Contains(come, s) }):
		case len(have) > 0:
			p.warn(n, "%s: no event that `on` lets through has fields.%s: only events of %s have it", what, name, strings.Join(have, " and "))
		case meant != "":
			p.failAt(n, strings.Index(n.Value, name), "%s: no event has fields.%s: did you mean fields.%s?", what, name, meant)
		default:
			p.failAt(n, strings.Index(n.Value, name), "%s: no event has fields.%s: `switchyard rules plan` shows the fields of a body; text is in none", what, name)
		}
	}
}

// fieldsRead are the names under event.fields that an expression reads.
func fieldsRead(a *ast.AST) []string {
	var names []string
	isFields := func(e ast.Expr) bool {
		ref, ok := a.ReferenceMap()[e.ID()]
		return ok && ref.Name == "event.fields"
	}
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if of, name, ok := keyRead(e); ok && isFields(of) {
			names = append(names, name)
		}
	}))
	return names
}

// fields are the names under event.fields that an argument reads.
func (a argument) fields() []string {
	var names []string
	switch {
	case a.path != nil:
		if name, ok := strings.CutPrefix(a.path.event, "fields."); ok {
			names = append(names, name)
		}
	case a.text != nil:
		for _, p := range a.text.pieces {
			if p.expr != nil {
				names = append(names, p.expr.fields...)
			}
		}
	}
	return names
}

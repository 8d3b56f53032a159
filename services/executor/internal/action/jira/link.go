package jira

import (
	"net/url"
	"strings"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// pages are the web pages of entities: a remote link needs an address that
// people can open, which is made from the ref and never taken from an event.
type pages struct {
	// github is the web host's root, without a slash at its end.
	github string
	// jira is the site's own, "" where it is not known.
	jira string
}

// of returns the address of what a ref names, or "" where it has none: an entity
// without a page of its own, or one of a named instance, whose host is not known here.
//
// Source: https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
// shows GitHub's addresses of issues, pull requests and commits.
func (p pages) of(object string) string {
	ref, err := action.ParseRef(object)
	if err != nil || ref.Instance != "" {
		return ""
	}
	switch ref.Source {
	case "github":
		return p.ofGitHub(ref.Kind, ref.Name)
	case "jira":
		if ref.Kind == "issue" && p.jira != "" {
			return p.jira + "/browse/" + url.PathEscape(ref.Name)
		}
	case "notion":
		if ref.Kind == "page" || ref.Kind == "database" {
			return "https://www.notion.so/" + url.PathEscape(ref.Name)
		}
	}
	return ""
}

func (p pages) ofGitHub(kind, name string) string {
	if kind == "user" && !strings.Contains(name, "/") {
		return p.github + "/" + url.PathEscape(name)
	}
	repo, rest, ok := strings.Cut(name, "#")
	if !ok {
		repo, rest, _ = strings.Cut(name, "@")
	}
	owner, repo, whole := strings.Cut(repo, "/")
	if !whole || owner == "" || repo == "" || strings.Contains(repo, "/") {
		return ""
	}
	base := p.github + "/" + url.PathEscape(owner) + "/" + url.PathEscape(repo)
	if kind == "repo" {
		return base
	}
	folder, known := githubFolder(kind)
	if !known || rest == "" {
		return ""
	}
	return base + folder + segments(rest)
}

// githubFolder is where a repository's web pages of a kind are. A release has
// only its id in its ref, a page only its name, and both are found by neither.
func githubFolder(kind string) (string, bool) {
	folder, ok := map[string]string{
		"pr":           "/pull/",
		"issue":        "/issues/",
		"discussion":   "/discussions/",
		"milestone":    "/milestone/",
		"commit":       "/commit/",
		"branch":       "/tree/",
		"workflow_run": "/actions/runs/",
	}[kind]
	return folder, ok
}

// segments escapes a path's segments and keeps the slashes between them, which
// names of branches may have.
func segments(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

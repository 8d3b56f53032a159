package project

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// Ref is an entity's name in its parts: "jira@eu:issue:ACME-7" has the origin
// "jira@eu", the type "issue" and the name "ACME-7".
type Ref struct {
	Origin string
	Type   string
	Name   string
}

// ParseRef splits a ref. It reports false for what is none.
func ParseRef(s string) (Ref, bool) {
	origin, rest, ok := strings.Cut(s, ":")
	if !ok {
		return Ref{}, false
	}
	kind, name, ok := strings.Cut(rest, ":")
	if !ok || origin == "" || kind == "" || name == "" {
		return Ref{}, false
	}
	return Ref{Origin: origin, Type: kind, Name: name}, true
}

// String puts the parts together again.
func (r Ref) String() string { return r.Origin + ":" + r.Type + ":" + r.Name }

// Source is the origin without its instance: github, jira or notion.
func (r Ref) Source() string {
	source, _, _ := strings.Cut(r.Origin, "@")
	return source
}

// Kind is what the ref names, in the vocabulary of Entity.Kind; a type that has
// no word of its own there is its own kind.
func (r Ref) Kind() string {
	switch r.Type {
	case "pr":
		return "change"
	case "repo":
		return "repository"
	case "user":
		return "person"
	default:
		return r.Type
	}
}

// Place is the ref of what contains the entity, or "" where its name doesn't
// say: a Notion page's workspace.
func (r Ref) Place() string {
	switch r.Source() {
	case "github":
		if r.Type == "user" || r.Type == "hook" {
			return ""
		}
		if org, _, ok := strings.Cut(r.Name, "/"); ok && r.Type == "team" {
			return Ref{r.Origin, "org", org}.String()
		}
		if repo, ok := repository(r.Name); ok {
			return Ref{r.Origin, "repo", repo}.String()
		}
	case "jira":
		switch r.Type {
		case "project":
			return r.String()
		case "issue":
			if key, _, ok := strings.Cut(r.Name, "-"); ok {
				return Ref{r.Origin, "project", key}.String()
			}
		}
	case "notion":
		if r.Type == "workspace" {
			return r.String()
		}
	}
	return ""
}

// repository is the leading "owner/name" of a GitHub entity's name.
func repository(name string) (string, bool) {
	owner, rest, ok := strings.Cut(name, "/")
	if !ok || owner == "" {
		return "", false
	}
	end := 0
	for end < len(rest) && isRepository(rest[end]) {
		end++
	}
	if end == 0 {
		return "", false
	}
	return owner + "/" + rest[:end], true
}

// Origin is the first part of the refs of an event's own entities.
func Origin(e *eventv1.WebhookEvent) string {
	if e.GetInstance() == "" {
		return e.GetSource()
	}
	return e.GetSource() + "@" + e.GetInstance()
}

// Person is the ref of an account, or "" for one that isn't named. GitHub's
// people are known by login, all others by their id.
func Person(origin string, a *eventv1.Account) string {
	name := a.GetId()
	if strings.HasPrefix(origin, "github") || name == "" {
		name = a.GetLogin()
	}
	if name == "" {
		return ""
	}
	return Ref{origin, "user", name}.String()
}

package policy

import (
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Paired returns the places that a place is paired with, as refs
// (github:repo:acme/api, jira:project:ACME), sorted.
func (p *Policy) Paired(place string) []string {
	own := scopeOf(place)
	var refs []string
	for both := range p.pairs {
		switch own {
		case both.a:
			refs = append(refs, both.b.place())
		case both.b:
			refs = append(refs, both.a.place())
		}
	}
	slices.Sort(refs)
	return refs
}

// place is the ref of the place that a scope names.
func (s scope) place() string {
	origin, name, _ := strings.Cut(string(s), ":")
	kind := map[string]string{"github": "repo", "jira": "project", "notion": "workspace"}[project.Ref{Origin: origin}.Source()]
	return project.Ref{Origin: origin, Type: kind, Name: name}.String()
}

package policy

import (
	"regexp"
	"strings"

	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// scope names a place as a policy writes it: github:acme/api, jira@eu:ACME,
// notion:<32 hex>, slack:C0123456789.
// GitHub ignores the case of names, so its scopes are in lower case.
type scope string

var (
	scopeForm = regexp.MustCompile(`^(github(@[a-z0-9-]+)?:[A-Za-z0-9-]+/[A-Za-z0-9_.-]+|` +
		`jira(@[a-z0-9-]+)?:[A-Z][A-Z0-9_]*|` +
		`notion(@[a-z0-9-]+)?:[0-9a-f]{32}|` +
		`slack:[CG][A-Z0-9]{2,29})$`)
	originForm = regexp.MustCompile(`^jira(@[a-z0-9-]+)?$`)
	hostForm   = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)
	prefixForm = regexp.MustCompile(`^((github|jira|notion)(@[a-z0-9-]+)?:[A-Za-z0-9_./-]*|slack:[A-Z0-9]*)?$`)
)

// parseScope reports false for what is no place.
func parseScope(s string) (scope, bool) {
	if !scopeForm.MatchString(s) {
		return "", false
	}
	return fold(s), true
}

// scopeOf is the place of an entity; "" where it can't be told.
func scopeOf(ref string) scope {
	r, ok := project.ParseRef(ref)
	if !ok {
		return ""
	}
	if isPlace(r) {
		return fold(r.Origin + ":" + r.Name)
	}
	place, ok := project.ParseRef(r.Place())
	if !ok {
		return ""
	}
	return fold(place.Origin + ":" + place.Name)
}

// isPlace tells of what only actions have as a place: a channel, and a database,
// whose workspace its id doesn't tell.
func isPlace(r project.Ref) bool {
	return r.Origin == "slack" && r.Type == "channel" || r.Source() == "notion" && r.Type == "database"
}

// sends tells whether events come of a place: a channel only hears.
func (s scope) sends() bool { return !strings.HasPrefix(string(s), "slack:") }

func fold(s string) scope {
	if strings.HasPrefix(s, "github") {
		s = strings.ToLower(s)
	}
	return scope(s)
}

// pattern is a scope, or the beginning of scopes with a * behind it.
type pattern string

// parsePattern reports false for what could never match a place.
func parsePattern(s string) (pattern, bool) {
	prefix, wild := strings.CutSuffix(s, "*")
	if !wild {
		exact, ok := parseScope(s)
		return pattern(exact), ok
	}
	return pattern(fold(s)), prefixForm.MatchString(prefix)
}

func (p pattern) matches(s scope) bool {
	if prefix, wild := strings.CutSuffix(string(p), "*"); wild {
		return strings.HasPrefix(string(s), prefix)
	}
	return string(p) == string(s)
}

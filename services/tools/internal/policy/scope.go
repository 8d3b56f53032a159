package policy

import (
	"regexp"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// scope names a place as a policy writes it: github:acme/api, jira@eu:ACME.
// GitHub ignores the case of names, so its scopes are in lower case.
type scope string

var (
	scopeForm = regexp.MustCompile(`^(github(@[a-z0-9-]+)?:[A-Za-z0-9-]+/[A-Za-z0-9_.-]+|` +
		`jira(@[a-z0-9-]+)?:[A-Z][A-Z0-9_]*|` +
		`notion(@[a-z0-9-]+)?:[0-9a-f]{32})$`)
	originForm = regexp.MustCompile(`^jira(@[a-z0-9-]+)?$`)
	hostForm   = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)
	prefixForm = regexp.MustCompile(`^((github|jira|notion)(@[a-z0-9-]+)?:[A-Za-z0-9_./-]*)?$`)
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
	place, ok := project.ParseRef(r.Place())
	if !ok {
		return ""
	}
	return fold(place.Origin + ":" + place.Name)
}

// scopeIn is the place of an entity that an event may name: the event knows the
// place of its own subject, even where the subject's ref doesn't say.
func scopeIn(e *eventv1.WebhookEvent, ref string) scope {
	if ref == e.GetRef() && e.GetPlace() != "" {
		return scopeOf(e.GetPlace())
	}
	return scopeOf(ref)
}

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

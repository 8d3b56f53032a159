package erasure

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

const (
	// distinct is how long a name is that means nothing else wherever it stands: a
	// Jira account's id, a Notion page's.
	distinct = 16
	// telling is how long an id is that means something only beside its owner.
	telling = 5
)

// subject is what is forgotten.
type subject struct {
	ref    project.Ref
	person bool
	// Its own ref, those of what lies in it where it is a place, and the other ones of a person.
	refs map[string]bool
	// Those of refs that are looked for in text too: not what lies in a place.
	own map[string]bool
	// Of a person: the provider's ids, and logins folded.
	ids, logins map[string]bool
	// The provider's id of an entity.
	native map[string]bool
}

// newSubject reports false for what is no ref.
func newSubject(ref string) (*subject, bool) {
	parsed, ok := project.ParseRef(ref)
	if !ok {
		return nil, false
	}
	s := &subject{
		ref: parsed, person: parsed.Type == "user",
		refs: map[string]bool{fold(ref): true}, own: map[string]bool{fold(ref): true}, ids: make(map[string]bool), logins: make(map[string]bool), native: make(map[string]bool),
	}
	if parsed.Source() == "github" && (parsed.Type == "pr" || parsed.Type == "issue") {
		// Both have one row of numbers, and text doesn't say which of both it means.
		for _, kind := range []string{"pr", "issue"} {
			twin := fold(project.Ref{Origin: parsed.Origin, Type: kind, Name: parsed.Name}.String())
			s.refs[twin], s.own[twin] = true, true
		}
	}
	if s.person {
		s.logins[fold(parsed.Name)] = true
		if parsed.Source() != "github" {
			s.ids[parsed.Name] = true
		}
	}
	return s, true
}

// learn takes what a row of entity says about other names of the subject.
func (s *subject) learn(e ledger.EntityRow) {
	if !s.covers(e.Ref) && !(e.Place != "" && s.covers(e.Place)) {
		return
	}
	s.refs[fold(e.Ref)] = true
	if !s.own[fold(e.Ref)] {
		return
	}
	if !s.person {
		if e.NativeID != "" {
			s.native[e.NativeID] = true
		}
		return
	}
	if e.NativeID != "" {
		s.ids[e.NativeID] = true
	}
	for _, a := range e.Attributes {
		if a.Name == "login" && a.Value != "" {
			s.logins[fold(a.Value)] = true
		}
	}
}

// alias takes an entity that is the same person under an earlier login.
func (s *subject) alias(e ledger.EntityRow) {
	ref, ok := project.ParseRef(e.Ref)
	if s.person && ok && ref.Type == "user" && ref.Origin == s.ref.Origin && e.NativeID != "" && s.ids[e.NativeID] {
		s.refs[fold(e.Ref)], s.own[fold(e.Ref)] = true, true
		s.logins[fold(ref.Name)] = true
	}
}

// covers tells whether a ref names the subject, or what lies in it.
func (s *subject) covers(ref string) bool {
	if ref == "" {
		return false
	}
	if s.refs[fold(ref)] {
		return true
	}
	parsed, ok := project.ParseRef(ref)
	return ok && s.refs[fold(parsed.Place())]
}

// is tells whether an account of an origin is the person.
func (s *subject) is(a *eventv1.Account, origin string) bool {
	if !s.person || a == nil || !strings.EqualFold(origin, s.ref.Origin) {
		return false
	}
	return a.GetId() != "" && s.ids[a.GetId()] || a.GetLogin() != "" && s.logins[fold(a.GetLogin())]
}

// clear leaves an account without a name in the place of the person: who wrote it is
// not known any more, and that somebody did still is. Policy trusts neither.
func (s *subject) clear(a *eventv1.Account, origin string) (*eventv1.Account, bool) {
	if !s.is(a, origin) {
		return a, false
	}
	return &eventv1.Account{}, true
}

// people are the fields that hold accounts, as ingress' normalizers, changes, attributes
// and observations name them. A test reads the normalizers for more.
func people(name string) bool {
	switch strings.ToLower(name) {
	case "account", "sponsorable", "assignee", "assignees", "author", "creator", "editor", "reporter", "reviewer", "reviewers", "requested_reviewer",
		"member", "login", "user", "owner", "lead", "actor", "sender", "issue.assigned":
		return true
	}
	return false
}

// fold makes ASCII letters small, and leaves lengths as they are: GitHub's logins
// and repositories are the same in every case.
func fold(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

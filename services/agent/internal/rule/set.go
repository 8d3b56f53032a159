package rule

import (
	"fmt"
	"regexp"
	"slices"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Set is one loaded rules file. It never changes, and may be used by any
// number of goroutines.
type Set struct {
	hash  string
	rules []*rule
	index map[subject][]*rule
}

// subject is what rules are indexed by.
type subject struct{ source, kind string }

// scope is what a rule is on: "" and none match any.
type scope struct {
	source string
	kinds  []string
}

type rule struct {
	name    string
	line    int
	builtIn bool // included: the line is another file's
	on      scope
	when    *condition
	classes *Classes
	steps   []step
}

// Classes are what a rule declares that an event may be.
type Classes struct {
	Names []string
	// The class of an event that no stage can tell.
	Default string
}

// Class is what an event was found to be, and by which stage: metadata,
// lexicon, model or default.
type Class struct {
	Name, DecidedBy string
	// The lexicon's: how sure it is, in percent, and the words of its table that decided.
	Confidence uint32
	Words      []string
}

type step struct {
	name, tool string
	classes    []string // none: any
	target     target
	arguments  []argument
}

// target is the argument that names what a tool acts on.
type target struct {
	field   string // "" for a tool without a target
	path    path
	pattern *regexp.Regexp // of the refs that the tool takes; nil for any
}

// argument is any other one: exactly one of path, choices and text is set.
type argument struct {
	field   string
	path    *path
	choices []string
	text    *template
	// A text that is empty for an event is left out, and not the call.
	optional bool
}

// newSet indexes rules for each source and kind, in the order of the file, so
// that an event without a rule costs one lookup.
func newSet(hash string, rules []*rule) *Set {
	s := &Set{hash: hash, rules: rules, index: map[subject][]*rule{}}
	for _, source := range sources() {
		for _, kind := range kinds() {
			on := subject{source: source, kind: kind}
			for _, r := range rules {
				if r.on.covers(on) {
					s.index[on] = append(s.index[on], r)
				}
			}
		}
	}
	return s
}

func (s scope) covers(one subject) bool {
	return (s.source == "" || s.source == one.source) && (len(s.kinds) == 0 || slices.Contains(s.kinds, one.kind))
}

// includes says whether s covers all that another scope does.
func (s scope) includes(other scope) bool {
	if s.source != "" && s.source != other.source {
		return false
	}
	missing := func(kind string) bool { return !slices.Contains(s.kinds, kind) }
	return len(s.kinds) == 0 || len(other.kinds) > 0 && !slices.ContainsFunc(other.kinds, missing)
}

// Hash is the hex SHA-256 of the rules file and what it includes.
func (s *Set) Hash() string { return s.hash }

// Len is the number of rules.
func (s *Set) Len() int { return len(s.rules) }

// Classes returns what the first matching rule that classifies declares; nil
// where none does. A rule that can't be evaluated doesn't match.
func (s *Set) Classes(event *eventv1.WebhookEvent, links []*toolsv1.Link) *Classes {
	env := &environment{event: event, links: links}
	for _, r := range s.index[subject{source: event.GetSource(), kind: event.GetKind()}] {
		if r.classes == nil {
			continue
		}
		// Select evaluates the same rule for the same event, and reports.
		if ok, err := r.matches(env); ok && err == nil {
			return r.classes
		}
	}
	return nil
}

func (r *rule) matches(env *environment) (bool, error) {
	if r.when == nil {
		return true, nil
	}
	ok, err := r.when.holds(env)
	if err != nil {
		return false, fmt.Errorf("%s: when: %w", r, err)
	}
	return ok, nil
}

// matchesAll says whether a rule surely matches every event that another does.
func (r *rule) matchesAll(other *rule) bool {
	return r.on.includes(other.on) && (r.when == nil || other.when != nil && r.when.source == other.when.source)
}

// String names a rule and where it stands.
func (r *rule) String() string {
	if r.builtIn {
		return fmt.Sprintf("rule %s (built-in, line %d)", r.name, r.line)
	}
	return fmt.Sprintf("rule %s (line %d)", r.name, r.line)
}

// same says whether two steps do the same to the same object.
func (s *step) same(other step) bool {
	return s.tool == other.tool && slices.Equal(s.classes, other.classes) && s.target.field == other.target.field && s.target.path == other.target.path &&
		slices.EqualFunc(s.arguments, other.arguments, argument.same)
}

func (a argument) same(b argument) bool {
	if a.field != b.field {
		return false
	}
	switch {
	case a.path != nil:
		return b.path != nil && *a.path == *b.path
	case a.text != nil:
		return b.text != nil && a.text.source == b.text.source
	}
	return b.path == nil && b.text == nil && slices.Equal(a.choices, b.choices)
}

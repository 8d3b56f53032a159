package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Select plans what the rules make of an event of that class: the steps of
// every rule that matches, in the order of the file, for each link one call.
// The same event, links, class and rules give the same plan. The errors are
// what could not be evaluated: that rule, or that call, is left out, and is
// among the plan's gaps.
func (s *Set) Select(class Class, event *eventv1.WebhookEvent, links []*toolsv1.Link) (*toolsv1.Plan, []error) {
	plan := &toolsv1.Plan{RulesHash: s.hash, Class: class.Name, DecidedBy: class.DecidedBy, Confidence: class.Confidence, ClassWords: class.Words}
	env := &environment{event: event, links: links}
	var errs []error
	for _, r := range s.index[subject{source: event.GetSource(), kind: event.GetKind()}] {
		ok, err := r.matches(env)
		if err != nil {
			errs = append(errs, err)
		}
		if !ok {
			continue
		}
		planned := map[string]bool{}
		for _, st := range r.steps {
			if !st.follows(planned) {
				continue
			}
			if len(st.classes) > 0 && !slices.Contains(st.classes, class.Name) {
				continue
			}
			calls, err := st.plan(r.name, env)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: step %s: %w", r, st.name, err))
			}
			plan.Calls = append(plan.Calls, calls...)
			planned[st.name] = len(calls) > 0
		}
	}
	if extra := len(plan.GetCalls()) - maxCalls; extra > 0 {
		plan.Calls = plan.GetCalls()[:maxCalls]
		errs = append(errs, fmt.Errorf("%d calls over %d are left out", extra, maxCalls))
	}
	plan.Gaps = gaps(errs)
	return plan, errs
}

// gaps tells whoever looks at the run what its plan lacks.
func gaps(errs []error) []*toolsv1.Gap {
	var out []*toolsv1.Gap
	for i, err := range errs {
		if len(out) == maxGaps-1 && len(errs) > maxGaps {
			err = fmt.Errorf("%d more errors", len(errs)-i)
			return append(out, ruleFailed(err))
		}
		out = append(out, ruleFailed(err))
	}
	return out
}

func ruleFailed(err error) *toolsv1.Gap {
	return &toolsv1.Gap{Code: "rule_failed", Detail: cut(strings.ToValidUTF8(err.Error(), "\uFFFD"), maxGapRunes)}
}

// plan makes a step's calls: none where a path names a link that is not there,
// or its target an object that is not of the tool's kind; one for each link
// where it ranges over links.
func (s *step) plan(rule string, env *environment) ([]*toolsv1.PlannedCall, error) {
	if !s.linked(env) {
		return nil, nil
	}
	if s.target.field == "" {
		call, err := s.call(rule, env)
		if err != nil {
			return nil, err
		}
		return []*toolsv1.PlannedCall{call}, nil
	}
	var calls []*toolsv1.PlannedCall
	for _, path := range s.target.reach(env) {
		call, err := s.call(rule, env)
		if err != nil {
			return nil, err
		}
		call.Arguments[s.target.field] = &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: path}}
		calls = append(calls, call)
	}
	return calls, nil
}

// follows says whether the steps whose results the step uses are planned.
func (s *step) follows(planned map[string]bool) bool {
	for _, name := range s.needs() {
		if !planned[name] {
			return false
		}
	}
	return true
}

// needs are the steps whose results the step uses.
func (s *step) needs() []string {
	var names []string
	if s.target.path.step != "" {
		names = append(names, s.target.path.step)
	}
	for _, a := range s.arguments {
		if a.path != nil && a.path.step != "" {
			names = append(names, a.path.step)
		}
	}
	return names
}

// linked says whether the links that the step's fields name are there.
func (s *step) linked(env *environment) bool {
	for _, a := range s.arguments {
		if a.path != nil && len(a.path.targets(env)) == 0 {
			return false
		}
	}
	return true
}

// call makes a call with every argument but the target.
func (s *step) call(rule string, env *environment) (*toolsv1.PlannedCall, error) {
	arguments := make(map[string]*toolsv1.Argument, len(s.arguments)+1)
	for _, a := range s.arguments {
		switch {
		case a.path != nil:
			arguments[a.field] = &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: a.path.String()}}
		case a.text != nil:
			text, err := a.text.text(env)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", a.field, err)
			}
			if text == "" && a.optional {
				continue
			}
			if text == "" {
				return nil, fmt.Errorf("%s: %w", a.field, errNoText)
			}
			arguments[a.field] = &toolsv1.Argument{Value: &toolsv1.Argument_Text{Text: text}}
		default:
			arguments[a.field] = &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: a.choices}}}
		}
	}
	return &toolsv1.PlannedCall{Rule: rule, Step: s.name, Tool: s.tool, Arguments: arguments}, nil
}

var errNoText = errors.New("the text is empty for this event")

// reach returns the paths to the objects that the tool takes, at most five.
func (t *target) reach(env *environment) []string {
	var paths []string
	for _, r := range t.path.targets(env) {
		if len(paths) < maxFanOut && (t.path.step != "" || t.pattern == nil || t.pattern.MatchString(r.ref)) {
			paths = append(paths, r.path)
		}
	}
	return paths
}

package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// resolve turns arguments into target and payload.
func (d *decider) resolve() bool {
	for _, field := range d.tool.GetFields() {
		argument, ok := d.Call.GetArguments()[field.GetName()]
		if !ok {
			continue
		}
		switch field.GetOrigin() {
		case originTarget, originField:
			if !d.resolvePath(field, argument.GetPath()) {
				return false
			}
		case originChoice:
			d.resolveChoice(field, argument.GetChoice().GetValues())
		case originText:
			d.resolveText(field, argument.GetText())
		}
	}
	return true
}

func (d *decider) resolveChoice(field *toolsv1.ToolField, values []string) {
	if field.GetMaxItems() == 0 {
		d.Payload[field.GetName()] = values[0]
		if prefix := field.GetTargetPrefix(); prefix != "" {
			d.Target, d.chosen = chosenTarget(prefix, values[0]), true
		}
		return
	}
	list := make([]any, 0, len(values))
	for _, value := range values {
		list = append(list, value)
	}
	d.Payload[field.GetName()] = list
}

// resolveText says what it took away and never what that was: it may be a
// stranger's.
func (d *decider) resolveText(field *toolsv1.ToolField, text string) {
	clean, removed := Sanitize(providerOf(d.tool), text, int(field.GetMaxLength()), d.policy.hosts(d.event))
	d.Payload[field.GetName()] = clean
	if len(removed) == 0 {
		return
	}
	words := make([]string, 0, len(removed))
	for _, r := range removed {
		words = append(words, fmt.Sprintf("%s %d", r.Kind, r.Count))
	}
	d.note("text", "", "taken out of %s: %s", field.GetName(), strings.Join(words, ", "))
}

func (d *decider) resolvePath(field *toolsv1.ToolField, path string) bool {
	value, evidence, err := d.valueOf(path)
	switch {
	case errors.Is(err, ErrDependency) && d.Results != nil && d.Class != classMemory:
		d.waits = true
		return true
	case errors.Is(err, ErrDependency):
		return d.end("skipped", "dependency")
	case err != nil && !required(field) && isEventPath(path):
		return true // this event doesn't have that field
	case err != nil:
		d.note("link", "", "%s names nothing that this event may act on: its links tell why; pairs and trusted in POLICY_FILE decide", path)
		return d.end("refused", "no_such_link")
	}
	if field.GetOrigin() == originTarget {
		d.Target, d.made = value, isResultPath(path)
		d.Evidence = append(d.Evidence, evidence...)
		return true
	}
	if !d.policy.fits(field.GetPattern(), value) || tooLong(field, value) {
		d.note("event", d.event.GetRef(), "%s does not fit %s", path, field.GetName())
		return d.end("refused", "no_such_link")
	}
	d.Payload[field.GetName()] = value
	return true
}

// valueOf is Resolve, with what earlier steps gave. Memory is written with the
// plan, before any step gave something.
func (d *decider) valueOf(path string) (string, []*toolsv1.Evidence, error) {
	if !isResultPath(path) || d.Class == classMemory {
		return Resolve(d.event, d.Links, path)
	}
	step, part, _ := strings.Cut(strings.TrimPrefix(path, "$"), ".")
	result := d.Results[StepName(d.Call.GetRule(), step)]
	value := result.Ref
	if part == "url" {
		value = result.URL
	}
	if value == "" {
		return Resolve(d.event, d.Links, path)
	}
	return value, []*toolsv1.Evidence{{Kind: "event", Detail: path + " is what step " + step + " made", Ref: result.Ref}}, nil
}

// mayTarget holds the target to the tool's pattern, to the event's reach and to
// what the policy allows the tool. The pairs count as they are now, not as they
// were when the links were judged.
func (d *decider) mayTarget() bool {
	for _, field := range d.tool.GetFields() {
		if field.GetOrigin() == originTarget && (!d.policy.fits(field.GetPattern(), d.Target) || tooLong(field, d.Target)) {
			d.note("target", "", "%s is no target of %s", d.TargetPath, d.tool.GetName())
			return d.end("refused", "target")
		}
	}
	here, there := d.here(), d.there()
	// A target that is a choice is for the choices to allow; one that this run
	// made was allowed where it was made.
	if !d.own() && !d.chosen && !d.made {
		if !d.isLink() || !d.policy.related(here, there) {
			d.note("target", "", "%s is no link that %q may act on: add the two places to pairs in POLICY_FILE", d.TargetPath, here)
			return d.end("refused", "target")
		}
		if here != there {
			d.note("pair", "", "%s, %s", here, there)
		}
	}
	patterns, narrowed := d.policy.targets[d.tool.GetName()]
	matches := func(p pattern) bool { return p.matches(there) }
	if narrowed && !slices.ContainsFunc(patterns, matches) {
		d.note("target", "", "%s is not allowed in %s: add it under targets in POLICY_FILE", d.tool.GetName(), there)
		return d.end("refused", "target")
	}
	return true
}

// here is the place that the event is of; "" where it can't be told.
func (d *decider) here() scope { return scopeOf(d.event.GetPlace()) }

// there is the place of the target; "" where it can't be told. Of what an earlier
// step made and whose ref doesn't say, a page of Notion, it is the place that the
// step chose: policy lists that, and the plan that names it is pinned.
func (d *decider) there() scope {
	if there := scopeIn(d.event, d.Target); there != "" || !d.made {
		return there
	}
	there := d.madeIn(d.TargetPath)
	if origin(string(there)) != origin(d.Target) {
		return ""
	}
	return there
}

// madeIn is the place that the step chose to which a path of a result leads, through
// steps that acted on what another made; "" where that chose none. Each is planned
// before the next, so that this ends.
func (d *decider) madeIn(path string) scope {
	step, _, _ := strings.Cut(strings.TrimPrefix(path, "$"), ".")
	for _, call := range d.Plan.GetCalls() {
		if call.GetRule() != d.Call.GetRule() || call.GetStep() != step {
			continue
		}
		i := slices.IndexFunc(d.Tools, func(t *toolsv1.Tool) bool { return t.GetName() == call.GetTool() })
		if i < 0 {
			return ""
		}
		at := targetPath(call, d.Tools[i])
		if isResultPath(at) {
			return d.madeIn(at)
		}
		return scopeOf(at)
	}
	return ""
}

// origin is whose a ref or a place is: notion, jira@eu.
func origin(name string) string {
	before, _, _ := strings.Cut(name, ":")
	return before
}

func (d *decider) own() bool {
	return d.Target == d.event.GetRef() || d.Target == d.event.GetPlace()
}

func (d *decider) isLink() bool {
	return slices.ContainsFunc(d.Links, func(l *toolsv1.Link) bool { return l.GetTarget() && l.GetRef() == d.Target })
}

// chosenTarget is the ref that a choice behind its prefix names. GitHub ignores
// the case of names, and refs are in lower case: one thing has one ref.
func chosenTarget(prefix, value string) string { return string(fold(prefix + value)) }

// Chosen are the targets of a plan that are choices, as refs: those that
// neither the event nor a link names. Plans that aren't well formed have none.
func Chosen(plan *toolsv1.Plan, tools []*toolsv1.Tool) []string {
	planned, err := checkPlan(plan, tools)
	if err != nil {
		return nil
	}
	var refs []string
	for i, call := range plan.GetCalls() {
		for _, field := range planned[i].GetFields() {
			if field.GetTargetPrefix() != "" {
				refs = append(refs, targetPath(call, planned[i]))
			}
		}
	}
	return refs
}

// scopeIn is the place of an entity that an event may name: the event knows the
// place of its own subject, even where the subject's ref doesn't say.
func scopeIn(e *eventv1.WebhookEvent, ref string) scope {
	if ref == e.GetRef() && e.GetPlace() != "" {
		return scopeOf(e.GetPlace())
	}
	return scopeOf(ref)
}

func isResultPath(path string) bool { return strings.HasPrefix(path, "$") }

func isEventPath(path string) bool {
	return strings.HasPrefix(path, "event.") && path != "event.text" && !strings.HasPrefix(path, "event.text.")
}

package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/near"
)

func (p *parser) steps(o object, what string, classes *Classes, on scope) []step {
	n, ok := o.values["do"]
	if !ok {
		return nil
	}
	var steps []step
	for i, item := range p.list(n, what+": do") {
		s := p.step(item, fmt.Sprintf("%s: step %d", what, i+1), what, classes, on, steps)
		if s.name != "" && slices.ContainsFunc(steps, func(e step) bool { return e.name == s.name }) {
			p.fail(valueOf(item, "step"), "%s: step %s: the name is taken", what, s.name)
		}
		steps = append(steps, s)
	}
	return steps
}

func (p *parser) step(n *yaml.Node, what, rule string, classes *Classes, on scope, before []step) step {
	o := p.object(n, what, "step", "tool", "with", "for")
	s := step{name: p.required(o, what, "step"), tool: p.required(o, what, "tool")}
	if s.name != "" {
		what = rule + ": step " + s.name
		p.checkName(o.values["step"], what, s.name)
	}
	if f, ok := o.values["for"]; ok {
		s.classes = p.boundTo(f, what, classes)
	}
	tool, ok := p.tools[s.tool]
	switch {
	case s.tool == "":
	case !ok:
		p.fail(o.values["tool"], "%s: unknown tool %q: %s", what, s.tool, near.Want(s.tool, p.toolNames()))
	case isQuestion(tool):
		p.fail(o.values["tool"], "%s: %s only answers questions: a rule does something", what, s.tool)
	default:
		p.with(o, what, tool, &s, on)
		p.results(o, what, &s, before)
		p.resultsInTexts(o, what, &s, before)
	}
	return s
}

// isQuestion tells of the tools that CallTool answers, and no plan calls: what
// reads an object at its provider is planned.
func isQuestion(t *toolsv1.Tool) bool {
	isTarget := func(f *toolsv1.ToolField) bool { return f.GetOrigin() == "target" }
	return t.GetClass() == "read" && !slices.ContainsFunc(t.GetFields(), isTarget)
}

// results checks that what the step uses of others will be there.
func (p *parser) results(o object, what string, s *step, before []step) {
	for _, name := range s.needs() {
		n := uses(o, name)
		i := slices.IndexFunc(before, func(b step) bool { return b.name == name })
		var earlier *toolsv1.Tool
		if i >= 0 {
			earlier = p.tools[before[i].tool]
		}
		switch {
		case i < 0:
			p.fail(n, "%s: $%s: no step %s stands before it in the rule%s", what, name, name, near.Mean(name, names(before)))
		case p.tools[s.tool].GetClass() == memoryClass:
			p.fail(n, "%s: $%s: %s is written with the plan, before any step has a result", what, name, s.tool)
		case earlier.GetClass() == memoryClass || earlier.GetClass() == "read":
			p.fail(n, "%s: $%s: %s makes nothing", what, name, before[i].tool)
		case before[i].target.path.index == every:
			p.fail(n, "%s: $%s: step %s may be done for several objects: no one of them is meant", what, name, name)
		}
	}
}

// resultsInTexts refuses a text that names a step's result: it would be sent as it
// stands, because a text is made before any step has a result.
func (p *parser) resultsInTexts(o object, what string, s *step, before []step) {
	for _, a := range s.arguments {
		for _, b := range before {
			for _, part := range []string{"ref", "url"} {
				name := "$" + b.name + "." + part
				if a.text == nil || b.name == "" || !strings.Contains(a.text.source, name) {
					continue
				}
				n := valueOf(o.values["with"], a.field)
				p.failAt(n, strings.Index(n.Value, name), "%s: with: %s: %s: a text has values of the event, in ${…}, and no step's result: jira.link_remote links to $%s.ref", what, a.field, name, b.name)
			}
		}
	}
}

// uses is the value under `with` that is a result of the named step.
func uses(o object, name string) *yaml.Node {
	if with, ok := o.values["with"]; ok {
		for _, n := range with.Content {
			if strings.HasPrefix(n.Value, "$"+name+".") {
				return n
			}
		}
	}
	return o.node
}

func names(steps []step) []string {
	list := make([]string, len(steps))
	for i, s := range steps {
		list[i] = s.name
	}
	return list
}

// memoryClass is the class of the tools that write the memory, and nothing outside.
const memoryClass = "memory"

// boundTo reads the classes that a step is for.
func (p *parser) boundTo(n *yaml.Node, what string, classes *Classes) []string {
	names := p.classNames(n, what+": for")
	if len(names) == 0 {
		p.fail(n, "%s: for: no classes", what)
	}
	for _, name := range names {
		if classes == nil || !slices.Contains(classes.Names, name) {
			p.fail(n, "%s: for: class %q is not declared by the rule's classify%s", what, name, declared(name, classes))
		}
	}
	return names
}

// declared names the class that was probably meant.
func declared(name string, classes *Classes) string {
	if classes == nil {
		return ": it has none"
	}
	return ": " + near.Want(name, classes.Names)
}

func (p *parser) toolNames() []string {
	var names []string
	for name, t := range p.tools {
		if !isQuestion(t) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// with reads the arguments of a step, in the order of the tool's fields.
func (p *parser) with(o object, what string, tool *toolsv1.Tool, s *step, on scope) {
	var given object
	if n, ok := o.values["with"]; ok {
		given = p.object(n, what+": with", fieldNames(tool)...)
	}
	for _, f := range tool.GetFields() {
		n, ok := given.values[f.GetName()]
		if !ok {
			if f.GetRequired() {
				p.fail(o.node, "%s: %s needs %q", what, tool.GetName(), f.GetName())
			}
			continue
		}
		if err := p.argument(n, f, s); err != nil {
			p.failIn(n, err, "%s: with: %s: %w", what, f.GetName())
			continue
		}
		if f.GetOrigin() == "target" {
			p.fits(n, what+": with: "+f.GetName(), s, on)
			continue
		}
		p.fields(n, what+": with: "+f.GetName(), s.arguments[len(s.arguments)-1].fields(), on)
	}
}

// fits warns of a target that can't be of the kind that the tool takes: such a
// step never makes a call.
func (p *parser) fits(n *yaml.Node, what string, s *step, on scope) {
	to := s.target.path
	if s.target.pattern == nil || to.step != "" {
		return
	}
	takes := func(refs []string) bool { return slices.ContainsFunc(refs, s.target.pattern.MatchString) }
	var fitting []string
	for name, examples := range map[string]func(string) []string{"ref": eventExamples, "place": placeExamples} {
		if slices.ContainsFunc(sourcesOf(on), func(source string) bool { return takes(examples(source)) }) {
			fitting = append(fitting, path{event: name}.String())
		}
	}
	for _, kind := range linkKinds() {
		if takes(linkExamples(kind)) {
			fitting = append(fitting, path{kind: kind, index: every}.String())
		}
	}
	slices.Sort(fitting)
	if to.event == "" {
		to.index = every
	}
	if slices.Contains(fitting, to.String()) {
		return
	}
	to = s.target.path
	p.warn(n, "%s: %s never takes %s of these events: want %s", what, s.tool, to, strings.Join(fitting, " or "))
}

func fieldNames(tool *toolsv1.Tool) []string {
	names := make([]string, 0, len(tool.GetFields()))
	for _, f := range tool.GetFields() {
		names = append(names, f.GetName())
	}
	return names
}

// argument reads a value as the field's origin demands.
func (p *parser) argument(n *yaml.Node, f *toolsv1.ToolField, s *step) error {
	if f.GetOrigin() == "choice" {
		values, err := choices(n, f)
		s.arguments = append(s.arguments, argument{field: f.GetName(), choices: values})
		return err
	}
	source, err := scalarOf(n)
	if err != nil {
		return err
	}
	switch f.GetOrigin() {
	case "target":
		s.target, err = newTarget(source, f)
	case "field":
		var parsed path
		if parsed, err = parsePath(source, false); err == nil {
			err = givesField(parsed, f)
		}
		s.arguments = append(s.arguments, argument{field: f.GetName(), path: &parsed})
	case "text":
		var t *template
		t, err = p.template(source, textLimit(f))
		s.arguments = append(s.arguments, argument{field: f.GetName(), text: t, optional: !f.GetRequired()})
	default:
		err = fmt.Errorf("the tool's field is of an origin that rules don't know: %q", f.GetOrigin())
	}
	return err
}

// givesField refuses a step's result that the tool's field never takes: it would be
// found out only once the earlier step is done.
func givesField(from path, f *toolsv1.ToolField) error {
	if from.step == "" || f.GetPattern() == "" {
		return nil
	}
	takes, err := regexp.Compile(f.GetPattern())
	if err != nil {
		return fmt.Errorf("the tool's pattern: %w", err)
	}
	refs := resultExamples()
	switch takesRef := slices.ContainsFunc(refs, takes.MatchString); {
	case from.part == "ref" && !takesRef:
		return fmt.Errorf("%s is a ref such as %s, which this never is: want a path into the event", from, refs[0])
	case from.part == "url" && takesRef:
		return fmt.Errorf("%s is an address, and this takes a ref: want $%s.ref", from, from.step)
	case from.part == "url":
		return fmt.Errorf("%s is an address, which this never is: want a path into the event", from)
	}
	return nil
}

func newTarget(source string, f *toolsv1.ToolField) (target, error) {
	parsed, err := parsePath(source, true)
	if err != nil {
		return target{}, err
	}
	t := target{field: f.GetName(), path: parsed}
	if f.GetPattern() != "" {
		if t.pattern, err = regexp.Compile(f.GetPattern()); err != nil {
			return target{}, fmt.Errorf("the tool's pattern: %w", err)
		}
	}
	return t, nil
}

// choices reads the values of a choice: one as it stands, or a list of as many
// as the tool takes.
func choices(n *yaml.Node, f *toolsv1.ToolField) ([]string, error) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	switch most := max(1, int(f.GetMaxItems())); {
	case most == 1 && len(list) != 1:
		return nil, fmt.Errorf("want exactly one value, not %d", len(list))
	case len(list) == 0 || len(list) > most:
		return nil, fmt.Errorf("want 1 to %d values, not %d", most, len(list))
	}
	var values []string
	for _, item := range list {
		value, err := choice(item, f)
		if err != nil {
			return nil, inItem{err, item}
		}
		if slices.Contains(values, value) {
			return nil, inItem{fmt.Errorf("%q stands twice", value), item}
		}
		values = append(values, value)
	}
	return values, nil
}

// choice reads one value; which of those that the tool takes are allowed is
// policy's to say.
func choice(n *yaml.Node, f *toolsv1.ToolField) (string, error) {
	v, err := scalarOf(n)
	if err != nil {
		return "", err
	}
	most := maxChoiceRunes
	if limit := int(f.GetMaxLength()); limit > 0 {
		most = min(most, limit)
	}
	switch fits, err := regexp.MatchString(f.GetPattern(), v); {
	case strings.HasPrefix(v, "$"):
		return "", fmt.Errorf("%q: a choice is one of the values that policy lists, not an expression", v)
	case utf8.RuneCountInString(v) > most:
		return "", fmt.Errorf("a choice is longer than %d characters", most)
	case err != nil:
		return "", fmt.Errorf("the tool's pattern: %w", err)
	case !fits:
		return "", fmt.Errorf("%q is none that the tool takes: want %s", v, f.GetPattern())
	}
	return v, nil
}

func textLimit(f *toolsv1.ToolField) int {
	if limit := int(f.GetMaxLength()); limit > 0 {
		return limit
	}
	return defaultText
}

package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

func (p *parser) steps(o object, what string, classes *Classes, on scope) []step {
	n, ok := o.values["do"]
	if !ok {
		return nil
	}
	var steps []step
	for i, item := range p.list(n, what+": do") {
		s := p.step(item, fmt.Sprintf("%s: step %d", what, i+1), what, classes, on)
		if s.name != "" && slices.ContainsFunc(steps, func(e step) bool { return e.name == s.name }) {
			p.fail(item, "%s: step %s: the name is taken", what, s.name)
		}
		steps = append(steps, s)
	}
	return steps
}

func (p *parser) step(n *yaml.Node, what, rule string, classes *Classes, on scope) step {
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
		p.fail(o.values["tool"], "%s: unknown tool %q: %s", what, s.tool, want(s.tool, p.toolNames()))
	case tool.GetClass() == readClass:
		p.fail(o.values["tool"], "%s: %s only reads: a rule does something", what, s.tool)
	default:
		p.with(o, what, tool, &s, on)
	}
	return s
}

// readClass is the class of the tools that CallTool runs, and no plan.
const readClass = "read"

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
	return ": " + want(name, classes.Names)
}

func (p *parser) toolNames() []string {
	var names []string
	for name, t := range p.tools {
		if t.GetClass() != readClass {
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
			p.fail(n, "%s: with: %s: %w", what, f.GetName(), err)
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
	if s.target.pattern == nil {
		return
	}
	takes := func(refs []string) bool { return slices.ContainsFunc(refs, s.target.pattern.MatchString) }
	var fitting []string
	ofEvent := slices.ContainsFunc(sourcesOf(on), func(source string) bool { return takes(eventExamples(source)) })
	if ofEvent {
		fitting = append(fitting, "event.ref")
	}
	for _, kind := range linkKinds() {
		if takes(linkExamples(kind)) {
			fitting = append(fitting, path{kind: kind, index: every}.String())
		}
	}
	to := s.target.path
	if to.event == "ref" && ofEvent || to.event == "" && takes(linkExamples(to.kind)) {
		return
	}
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
		value, err := choice(n)
		s.arguments = append(s.arguments, argument{field: f.GetName(), choice: value})
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
		parsed, err = parsePath(source, false)
		s.arguments = append(s.arguments, argument{field: f.GetName(), path: &parsed})
	case "text":
		var t *template
		t, err = p.template(source, textLimit(f))
		s.arguments = append(s.arguments, argument{field: f.GetName(), text: t})
	default:
		err = fmt.Errorf("the tool's field is of an origin that rules don't know: %q", f.GetOrigin())
	}
	return err
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

// choice reads one value as it stands, or a list of just that one: tools
// refuses a plan that leaves it more.
func choice(n *yaml.Node) (string, error) {
	if n.Kind == yaml.SequenceNode {
		if len(n.Content) != 1 {
			return "", fmt.Errorf("want exactly one value, not %d", len(n.Content))
		}
		n = n.Content[0]
	}
	v, err := scalarOf(n)
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(v, "$"):
		return "", fmt.Errorf("%q: a choice is one of the values that policy lists, not an expression", v)
	case utf8.RuneCountInString(v) > maxChoiceRunes:
		return "", fmt.Errorf("a choice is longer than %d characters", maxChoiceRunes)
	}
	return v, nil
}

func textLimit(f *toolsv1.ToolField) int {
	if limit := int(f.GetMaxLength()); limit > 0 {
		return limit
	}
	return defaultText
}

package rule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Parse loads a rules file of at most 1 MiB, and checks it against the tools
// that exist. The error names everything wrong with it, a line each (at most
// 50), with the line in the file.
func Parse(data []byte, tools []*toolsv1.Tool) (*Set, error) {
	p, err := newParser(tools)
	if err != nil {
		return nil, err
	}
	var rules []*rule
	if root := p.document(data); root != nil {
		rules = p.rules(root)
	}
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	return newSet(data, rules), nil
}

type parser struct {
	reader
	*compiler
	tools map[string]*toolsv1.Tool
	name  *regexp.Regexp
}

func newParser(tools []*toolsv1.Tool) (*parser, error) {
	c, err := newCompiler()
	if err != nil {
		return nil, err
	}
	p := &parser{compiler: c, tools: make(map[string]*toolsv1.Tool, len(tools)), name: regexp.MustCompile(namePattern)}
	for _, t := range tools {
		p.tools[t.GetName()] = t
	}
	return p, nil
}

func (p *parser) rules(root *yaml.Node) []*rule {
	file := p.object(root, "the file", "rules")
	list, ok := file.values["rules"]
	if !ok {
		p.fail(root, "the file: no key %q", "rules")
		return nil
	}
	var rules []*rule
	for i, n := range p.list(list, "rules") {
		r := p.rule(n, fmt.Sprintf("rule %d", i+1))
		if same := named(rules, r.name); same != nil && r.name != "" {
			p.fail(n, "rule %s: the name is taken by line %d", r.name, same.line)
		}
		p.reachable(n, r, rules)
		rules = append(rules, r)
	}
	return rules
}

func named(rules []*rule, name string) *rule {
	for _, r := range rules {
		if r.name == name {
			return r
		}
	}
	return nil
}

// reachable refuses a rule whose classes an earlier one keeps from ever being
// chosen: an event has one class, and the first rule that matches declares it.
func (p *parser) reachable(n *yaml.Node, r *rule, earlier []*rule) {
	if r.classes == nil {
		return
	}
	for _, e := range earlier {
		if e.classes != nil && e.when == nil && e.on.covers(r.on) {
			p.fail(n, "rule %s: its classes are unreachable: rule %s (line %d) classifies every such event", r.name, e.name, e.line)
			return
		}
	}
}

func (p *parser) rule(n *yaml.Node, what string) *rule {
	o := p.object(n, what, "name", "on", "when", "classify", "do", "offer")
	r := &rule{line: n.Line}
	if r.name = p.required(o, what, "name"); r.name != "" {
		what = "rule " + r.name
		p.checkName(o.values["name"], what, r.name)
	}
	r.on = p.on(o, what)
	if w, ok := o.values["when"]; ok {
		r.when = p.when(w, what)
	}
	if c, ok := o.values["classify"]; ok {
		r.classes = p.classify(c, what)
	}
	if f, ok := o.values["offer"]; ok {
		p.fail(f, "%s: offer: steps can't be offered yet", what)
	}
	r.steps = p.steps(o, what, r.classes)
	if len(r.steps) == 0 && r.classes == nil && len(o.values) > 0 {
		p.fail(n, "%s: it does nothing: want do or classify", what)
	}
	return r
}

// required reads a key that must be there; the name "" stands for none.
func (p *parser) required(o object, what, key string) string {
	n, ok := o.values[key]
	if !ok {
		if o.node.Kind == yaml.MappingNode {
			p.fail(o.node, "%s: no key %q", what, key)
		}
		return ""
	}
	return p.text(n, what+": "+key)
}

func (p *parser) checkName(n *yaml.Node, what, name string) {
	if !p.name.MatchString(name) {
		p.fail(n, "%s: the name %q: want %s", what, name, namePattern)
	}
}

func (p *parser) on(o object, what string) subject {
	n, ok := o.values["on"]
	if !ok {
		if o.node.Kind == yaml.MappingNode {
			p.fail(o.node, "%s: no key %q: write `on: {}` for every event", what, "on")
		}
		return subject{}
	}
	what += ": on"
	on := p.object(n, what, "source", "kind")
	return subject{
		source: p.word(on, what, "source", sources()),
		kind:   p.word(on, what, "kind", kinds()),
	}
}

func (p *parser) word(o object, what, key string, known []string) string {
	n, ok := o.values[key]
	if !ok {
		return ""
	}
	w := p.text(n, what+": "+key)
	if w != "" && !slices.Contains(known, w) {
		p.fail(n, "%s: unknown %s %q: want %s", what, key, w, strings.Join(known, ", "))
	}
	return w
}

func (p *parser) when(n *yaml.Node, what string) *condition {
	source := p.text(n, what+": when")
	if source == "" {
		return nil
	}
	c, err := p.condition(source)
	if err != nil {
		p.fail(n, "%s: when: %w", what, err)
	}
	return c
}

func (p *parser) classify(n *yaml.Node, what string) *Classes {
	what += ": classify"
	o := p.object(n, what, "classes", "default")
	c := &Classes{}
	if list, ok := o.values["classes"]; ok {
		c.Names = p.classNames(list, what+": classes")
	}
	if len(c.Names) == 0 {
		p.fail(n, "%s: no classes", what)
		return c
	}
	if len(c.Names) == 1 && o.values["default"] == nil {
		c.Default = c.Names[0]
		return c
	}
	if c.Default = p.required(o, what, "default"); c.Default != "" && !slices.Contains(c.Names, c.Default) {
		p.fail(o.values["default"], "%s: the default %q is none of its classes", what, c.Default)
	}
	return c
}

func (p *parser) classNames(n *yaml.Node, what string) []string {
	var names []string
	for _, item := range p.list(n, what) {
		name := p.text(item, what)
		p.checkName(item, what, name)
		if slices.Contains(names, name) {
			p.fail(item, "%s: %q stands twice", what, name)
		}
		names = append(names, name)
	}
	return names
}

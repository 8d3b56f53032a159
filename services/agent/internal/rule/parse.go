package rule

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/switchyard-dev/switchyard/internal/near"
)

func (p *parser) rule(n *yaml.Node, what string) *rule {
	o := p.object(n, what, "name", "on", "when", "classify", "do", "offer")
	r := &rule{line: n.Line}
	if r.name = p.required(o, what, "name"); r.name != "" {
		what = "rule " + r.name
		p.checkName(o.values["name"], what, r.name)
	}
	before := len(p.findings)
	r.on = p.on(o, what)
	on := r.on
	if len(p.findings) > before {
		on = scope{} // nobody knows which events it should let through
	}
	if w, ok := o.values["when"]; ok {
		r.when = p.when(w, what, on)
	}
	if c, ok := o.values["classify"]; ok {
		r.classes = p.classify(c, what)
	}
	if f, ok := o.values["offer"]; ok {
		p.fail(f, "%s: offer: steps can't be offered yet", what)
	}
	r.steps = p.steps(o, what, r.classes, on)
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

func (p *parser) on(o object, what string) scope {
	n, ok := o.values["on"]
	if !ok {
		if o.node.Kind == yaml.MappingNode {
			p.fail(o.node, "%s: no key %q: write `on: {}` for every event", what, "on")
		}
		return scope{}
	}
	what += ": on"
	on := p.object(n, what, "source", "kind")
	var s scope
	if source, ok := on.values["source"]; ok {
		s.source = p.word(source, what, "source", sources())
	}
	kind, ok := on.values["kind"]
	if !ok {
		return s
	}
	list := []*yaml.Node{kind}
	if kind.Kind == yaml.SequenceNode {
		list = kind.Content
	}
	for _, n := range list {
		k := p.word(n, what, "kind", kinds())
		switch {
		case slices.Contains(s.kinds, k):
			p.fail(n, "%s: kind: %q stands twice", what, k)
		case slices.Contains(kinds(), k) && !sends(s.source, k):
			p.fail(n, "%s: unreachable: %s sends no %s", what, s.source, k)
		}
		s.kinds = append(s.kinds, k)
	}
	if len(list) == 0 {
		p.fail(kind, "%s: no kinds: leave `kind` out for every kind", what)
	}
	return s
}

func (p *parser) word(n *yaml.Node, what, key string, known []string) string {
	w := p.text(n, what+": "+key)
	if w != "" && !slices.Contains(known, w) {
		p.fail(n, "%s: unknown %s %q: %s", what, key, w, near.Want(w, known))
	}
	return w
}

func (p *parser) when(n *yaml.Node, what string, on scope) *condition {
	source := p.text(n, what+": when")
	if source == "" {
		return nil
	}
	c, err := p.condition(source)
	if err != nil {
		p.failIn(n, err, "%s: when: %w", what)
		return nil
	}
	switch always, never := c.constant(on); {
	case never:
		p.fail(n, "%s: when: unreachable: it is false for every event that `on` lets through", what)
	case always:
		p.warn(n, "%s: when: it is true for every event that `on` lets through: leave it out", what)
	}
	p.fields(n, what+": when", c.fields, on)
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

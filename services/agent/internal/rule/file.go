package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/near"
)

// Parse loads a rules file that stands alone, of at most 1 MiB, and checks it
// against the tools that exist. The error names everything wrong with it, a
// line each, with the line in the file.
func Parse(data []byte, tools []*toolsv1.Tool) (*Set, error) {
	set, findings := Check(data, tools, nil)
	return set, finding.Errors(findings)
}

// Check loads a rules file as Parse does; `include: default` adds the built-in
// rules after its own. It returns at most 50 findings, in the order of the
// file, and no set where one of them is an Error.
func Check(data []byte, tools []*toolsv1.Tool, builtIn *Set) (*Set, []finding.Finding) {
	p, err := newParser(tools, builtIn)
	if err != nil {
		return nil, []finding.Finding{{Severity: finding.Error, Message: err.Error()}}
	}
	var rules []*rule
	if root := p.document(data); root != nil {
		rules = p.file(root)
	}
	findings := finding.Sorted(p.findings)
	if finding.Errors(findings) != nil {
		return nil, findings
	}
	hash := sha256.New()
	hash.Write(data)
	if p.included {
		// The same file means something else once the built-in rules change.
		hash.Write([]byte(builtIn.Hash()))
	}
	return newSet(hex.EncodeToString(hash.Sum(nil)), rules), findings
}

type parser struct {
	reader
	*compiler
	tools    map[string]*toolsv1.Tool
	name     *regexp.Regexp
	builtIn  *Set // nil where nothing can be included
	included bool
}

func newParser(tools []*toolsv1.Tool, builtIn *Set) (*parser, error) {
	c, err := newCompiler()
	if err != nil {
		return nil, err
	}
	p := &parser{compiler: c, tools: make(map[string]*toolsv1.Tool, len(tools)), name: regexp.MustCompile(namePattern), builtIn: builtIn}
	for _, t := range tools {
		p.tools[t.GetName()] = t
	}
	return p, nil
}

// file reads the rules in the order in which they are asked: a team's own
// first, so that their classes go before those of included ones.
func (p *parser) file(root *yaml.Node) []*rule {
	o := p.object(root, "the file", "rules", "include", "disable")
	included := p.include(o)
	list, ok := o.values["rules"]
	if !ok {
		if root.Kind == yaml.MappingNode && o.values["include"] == nil {
			p.fail(root, "the file: no key %q", "rules")
		}
		return included
	}
	return append(p.rules(list, included), included...)
}

func (p *parser) rules(list *yaml.Node, included []*rule) []*rule {
	var rules []*rule
	for i, n := range p.list(list, "rules") {
		r := p.rule(n, fmt.Sprintf("rule %d", i+1))
		if same := named(rules, r.name); same != nil && r.name != "" {
			p.fail(valueOf(n, "name"), "rule %s: the name is taken by line %d", r.name, same.line)
		}
		if named(included, r.name) != nil {
			p.fail(valueOf(n, "name"), "rule %s: the name is taken by a built-in rule: take another, or write `disable: [%s]`", r.name, r.name)
		}
		p.reachable(n, r, rules)
		p.repeated(n, r, rules)
		rules = append(rules, r)
	}
	return rules
}

// include returns the built-in rules that the file asks for.
func (p *parser) include(o object) []*rule {
	n, ok := o.values["include"]
	disable, disabled := o.values["disable"]
	if !ok {
		if disabled {
			p.fail(disable, "disable: it takes away built-in rules, and there are none: write `include: default` too")
		}
		return nil
	}
	switch what := p.text(n, "include"); {
	case what == "":
		return nil
	case what != "default":
		p.fail(n, "include: unknown %q: want default", what)
		return nil
	case p.builtIn == nil:
		p.fail(n, "include: the built-in rules can't include themselves")
		return nil
	}
	p.included = true
	return p.without(disable)
}

// without returns the built-in rules but those that a list names.
func (p *parser) without(disable *yaml.Node) []*rule {
	var names, off []string
	for _, r := range p.builtIn.rules {
		names = append(names, r.name)
	}
	if disable != nil {
		for _, n := range p.list(disable, "disable") {
			name := p.text(n, "disable")
			if name != "" && !slices.Contains(names, name) {
				p.fail(n, "disable: no built-in rule is named %q: %s", name, near.Want(name, names))
			}
			off = append(off, name)
		}
	}
	var rules []*rule
	for _, r := range p.builtIn.rules {
		if !slices.Contains(off, r.name) {
			included := *r
			included.builtIn = true
			rules = append(rules, &included)
		}
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
		if e.classes != nil && e.matchesAll(r) {
			p.fail(valueOf(n, "classify"), "rule %s: its classes are unreachable: rule %s (line %d) classifies every such event", r.name, e.name, e.line)
			return
		}
	}
}

// repeated warns of a step that does what another one does for the same events:
// under two names it is two effects.
func (p *parser) repeated(n *yaml.Node, r *rule, earlier []*rule) {
	for i := range r.steps {
		s := &r.steps[i]
		for _, e := range append(earlier, r) {
			if j := slices.IndexFunc(e.steps, s.same); j >= 0 && e.matchesAll(r) && (e != r || j < i) {
				p.warn(valueOf(n, "do").Content[i], "rule %s: step %s does once more what step %s of rule %s (line %d) does for the same events", r.name, s.name, e.steps[j].name, e.name, e.line)
				break
			}
		}
	}
}

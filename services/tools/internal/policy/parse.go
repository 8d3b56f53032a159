package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/near"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Parse reads a policy from YAML. Tools are the registry's: a policy that names
// a tool or a field that doesn't exist is refused, like any unknown key. Every
// error of the contents starts with its line. An empty file is Default.
func Parse(source []byte, tools []*toolsv1.Tool) (*Policy, error) {
	p, findings := Check(source, tools)
	if err := finding.Errors(findings); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return p, nil
}

// Check is Parse with all that there is to say, in the order of the file: also
// warnings, for lines that can never match. The policy is nil where a finding
// is an error.
func Check(source []byte, tools []*toolsv1.Tool) (*Policy, []finding.Finding) {
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, []finding.Finding{finding.Syntax(source, err)}
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, findingsOf(at(&second, "a policy is one document"))
	}
	p := &parser{policy: Default(), tools: make(map[string]*toolsv1.Tool, len(tools))}
	for _, tool := range tools {
		p.tools[tool.GetName()] = tool
	}
	if len(document.Content) > 0 && document.Content[0].Tag != "!!null" {
		if err := p.root(document.Content[0]); err != nil {
			return nil, findingsOf(err)
		}
	}
	return p.policy, p.warnings()
}

// parser fills a policy from the document's nodes, which know their lines.
type parser struct {
	policy *Policy
	tools  map[string]*toolsv1.Tool
	// What may turn out never to match, once all of the file is known.
	choiceLines []choiceLine
	targetLines []targetLine
	placeLines  []placeLine
	stopLines   []stopLine
}

func (p *parser) root(node *yaml.Node) error {
	sections := map[string]func(*yaml.Node) error{
		"pairs": p.pairs, "places": p.places, "sites": p.sites, "trusted": p.trusted, "choices": p.choices,
		"targets": p.targets, "max_calls": p.maxCalls, "authn": p.authn, "tiers": p.tiers,
		"budgets": p.budgets, "kill_switch": p.killSwitch, "dry_run": p.dryRun, "links": p.links,
	}
	return eachKey(node, "the policy", func(key, value *yaml.Node) error {
		section, ok := sections[key.Value]
		if !ok {
			return at(key, "unknown key %q: %s", key.Value, near.Want(key.Value, slices.Sorted(maps.Keys(sections))))
		}
		return section(value)
	})
}

func (p *parser) pairs(node *yaml.Node) error {
	return eachItem(node, "pairs", func(item *yaml.Node) error {
		var ends []scope
		err := eachItem(item, "a pair", func(end *yaml.Node) error {
			s, err := placeAt(end)
			ends = append(ends, s)
			return err
		})
		if err != nil {
			return err
		}
		if len(ends) != 2 {
			return at(item, "a pair is two different places, as in [github:owner/name, jira:KEY]: here stands %d", len(ends))
		}
		if ends[0] == ends[1] {
			return at(item, "a pair is two different places: here stands %s twice", ends[0])
		}
		if !ends[0].sends() || !ends[1].sends() {
			return at(item, "no event comes from a Slack channel and no text names one: list it under choices, slack.post_message")
		}
		both := makePair(ends[0], ends[1])
		if p.policy.pairs[both] {
			return at(item, "the pair stands here twice")
		}
		p.policy.pairs[both] = true
		p.policy.paired[ends[0]], p.policy.paired[ends[1]] = true, true
		return nil
	})
}

func (p *parser) places(node *yaml.Node) error {
	return eachKey(node, "places", func(key, value *yaml.Node) error {
		s, err := placeAt(key)
		if err != nil {
			return err
		}
		if _, ok := p.policy.places[s]; ok {
			return at(key, "the place %s stands here twice", s)
		}
		p.placeLines = append(p.placeLines, placeLine{key, s})
		p.policy.places[s], err = wordAt(value, "private", "public")
		return err
	})
}

func (p *parser) sites(node *yaml.Node) error {
	return eachKey(node, "sites", func(key, value *yaml.Node) error {
		if !originForm.MatchString(key.Value) {
			return at(key, "%q is no site: write jira or jira@<instance>", key.Value)
		}
		if !hostForm.MatchString(value.Value) {
			return at(value, "%q is no host: write it without https:// and path", value.Value)
		}
		p.policy.sites[key.Value] = strings.ToLower(value.Value)
		return nil
	})
}

func (p *parser) links(node *yaml.Node) error {
	return eachItem(node, "links", func(item *yaml.Node) error {
		if !hostForm.MatchString(item.Value) {
			return at(item, "%q is no host: write it without https:// and path", item.Value)
		}
		p.policy.links = append(p.policy.links, strings.ToLower(item.Value))
		return nil
	})
}

func (p *parser) trusted(node *yaml.Node) error {
	return eachItem(node, "trusted", func(item *yaml.Node) error {
		ref, ok := project.ParseRef(item.Value)
		if !ok || ref.Type != "user" || !slices.Contains([]string{"github", "jira", "notion"}, ref.Source()) {
			return at(item, "%q is no account: write github:user:<login>, jira:user:<accountId> or notion:user:<id>", item.Value)
		}
		p.policy.trusted[string(fold(item.Value))] = true
		return nil
	})
}

func (p *parser) choices(node *yaml.Node) error {
	return eachKey(node, "choices", func(key, value *yaml.Node) error {
		tool, err := p.toolAt(key)
		if err != nil {
			return err
		}
		return eachKey(value, "choices of "+tool.GetName(), func(place, fields *yaml.Node) error {
			where, err := patternAt(place)
			if err != nil {
				return err
			}
			return eachKey(fields, "choices in "+place.Value, func(name, values *yaml.Node) error {
				return p.choice(tool, where, name, values)
			})
		})
	})
}

func (p *parser) choice(tool *toolsv1.Tool, where pattern, name, values *yaml.Node) error {
	i := slices.IndexFunc(tool.GetFields(), func(f *toolsv1.ToolField) bool { return f.GetName() == name.Value })
	if i < 0 || tool.GetFields()[i].GetOrigin() != originChoice {
		return at(name, "%s has no choice %q%s", tool.GetName(), name.Value, ofChoices(tool, name.Value))
	}
	field := tool.GetFields()[i]
	c := choice{scope: where, field: name.Value}
	err := eachItem(values, name.Value, func(item *yaml.Node) error {
		if item.Kind != yaml.ScalarNode || item.Value == "" {
			return at(item, "a choice is a word")
		}
		if tooLong(field, item.Value) || !p.policy.fits(field.GetPattern(), item.Value) {
			return at(item, "%s can't be %q", name.Value, item.Value)
		}
		c.values = append(c.values, item.Value)
		return nil
	})
	p.policy.choices[tool.GetName()] = append(p.policy.choices[tool.GetName()], c)
	p.choiceLines = append(p.choiceLines, choiceLine{name, tool, field, c})
	return err
}

// ofChoices says which choices a tool has, where another name was given.
func ofChoices(tool *toolsv1.Tool, name string) string {
	var names []string
	for _, f := range tool.GetFields() {
		if f.GetOrigin() == originChoice {
			names = append(names, f.GetName())
		}
	}
	if len(names) == 0 {
		return ": it has none"
	}
	return ": " + near.Want(name, names)
}

func (p *parser) targets(node *yaml.Node) error {
	return eachKey(node, "targets", func(key, value *yaml.Node) error {
		tool, err := p.toolAt(key)
		if err != nil {
			return err
		}
		// An empty list is kept: it allows the tool nowhere.
		patterns := []pattern{}
		err = eachItem(value, "targets of "+key.Value, func(item *yaml.Node) error {
			where, err := patternAt(item)
			patterns = append(patterns, where)
			p.targetLines = append(p.targetLines, targetLine{item, tool, where})
			return err
		})
		p.policy.targets[tool.GetName()] = patterns
		return err
	})
}

func (p *parser) toolAt(node *yaml.Node) (*toolsv1.Tool, error) {
	tool, ok := p.tools[node.Value]
	if !ok {
		return nil, at(node, "unknown tool %q: %s", node.Value, near.Want(node.Value, p.toolNames()))
	}
	return tool, nil
}

// toolNames are the tools that a policy can say something of: those that act.
func (p *parser) toolNames() []string {
	var names []string
	for name, tool := range p.tools {
		if !isQuestion(tool) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func placeAt(node *yaml.Node) (scope, error) {
	s, ok := parseScope(node.Value)
	if !ok {
		return "", at(node, "%q is no place: write github:owner/name, jira:KEY, notion:<32 hex> or slack:<channel id>%s", node.Value, placeMeant(node.Value))
	}
	return s, nil
}

// placeMeant proposes the place of a ref, and a Jira project in capitals.
func placeMeant(s string) string {
	meant := scopeOf(s)
	if source, key, ok := strings.Cut(s, ":"); meant == "" && ok && originForm.MatchString(source) {
		meant, _ = parseScope(source + ":" + strings.ToUpper(key))
	}
	if meant == "" {
		return ""
	}
	return " (did you mean " + string(meant) + "?)"
}

func patternAt(node *yaml.Node) (pattern, error) {
	where, ok := parsePattern(node.Value)
	if !ok {
		return "", at(node, "%q is no place, and no beginning of one before a *%s", node.Value, placeMeant(node.Value))
	}
	return where, nil
}

func wordAt(node *yaml.Node, allowed ...string) (string, error) {
	if !slices.Contains(allowed, node.Value) {
		return "", at(node, "%q must be one of %s%s", node.Value, strings.Join(allowed, ", "), near.Mean(node.Value, allowed))
	}
	return node.Value, nil
}

// eachKey walks a mapping. YAML's own decoder lets a later key win silently;
// in a policy that would hide a line that somebody relies on.
func eachKey(node *yaml.Node, name string, visit func(key, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return at(node, "%s must be a mapping", name)
	}
	var errs []error
	seen := make(map[string]bool)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if seen[key.Value] {
			errs = append(errs, at(key, "the key %q stands here twice", key.Value))
			continue
		}
		seen[key.Value] = true
		errs = append(errs, visit(key, value))
	}
	return errors.Join(errs...)
}

func eachItem(node *yaml.Node, name string, visit func(*yaml.Node) error) error {
	if node.Kind != yaml.SequenceNode {
		return at(node, "%s must be a list", name)
	}
	var errs []error
	for _, item := range node.Content {
		errs = append(errs, visit(item))
	}
	return errors.Join(errs...)
}

// at is an error with the place of its node. Aliases are not followed: they are
// neither mappings, lists nor one of the words that are looked for.
func at(node *yaml.Node, format string, args ...any) error {
	return finding.Finding{Line: node.Line, Column: node.Column, Severity: finding.Error, Message: fmt.Sprintf(format, args...)}
}

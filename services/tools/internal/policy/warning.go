package policy

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/finding"
)

type choiceLine struct {
	node  *yaml.Node
	tool  *toolsv1.Tool
	field *toolsv1.ToolField
	choice
}

type targetLine struct {
	node  *yaml.Node
	tool  *toolsv1.Tool
	where pattern
}

type placeLine struct {
	node  *yaml.Node
	place scope
}

type stopLine struct {
	node *yaml.Node
	on   bool
	says string
}

// warnings are for lines that can never match, and for those that stop everything.
func (p *parser) warnings() []finding.Finding {
	var found []finding.Finding
	warn := func(node *yaml.Node, message string) {
		if message != "" {
			found = append(found, finding.Finding{Line: node.Line, Column: node.Column, Severity: finding.Warning, Message: message})
		}
	}
	for _, line := range p.stopLines {
		if line.on {
			warn(line.node, line.says)
		}
	}
	for _, line := range p.targetLines {
		if source := provider(line.tool); source != "" && !mayBeOf(line.where, source) {
			warn(line.node, fmt.Sprintf("%s never acts in %s: its targets are %s's", line.tool.GetName(), line.where, source))
		}
	}
	for _, line := range p.choiceLines {
		warn(line.node, p.idle(line))
	}
	for _, line := range p.placeLines {
		if !p.used(line.place) {
			warn(line.node, fmt.Sprintf("%s is in no pair and no choice leads there or from there: its visibility decides nothing", line.place))
		}
	}
	return finding.Sorted(found)
}

// idle says why a line of choices never lets anything through; "" where it may.
func (p *parser) idle(line choiceLine) string {
	tool, name := line.tool.GetName(), line.field.GetName()
	if line.field.GetTargetPrefix() != "" {
		if mayBeOf(line.scope, "slack") && !strings.HasPrefix("slack", strings.TrimSuffix(string(line.scope), "*")) {
			return fmt.Sprintf("no event comes from %s: %s of %s is listed for the place that the event is of", line.scope, name, tool)
		}
		for _, value := range line.values {
			if there := scopeOf(chosenTarget(line.field.GetTargetPrefix(), value)); !p.allows(tool, there) {
				return fmt.Sprintf("%s never acts in %s: targets doesn't list it", tool, there)
			}
		}
		return ""
	}
	if source := provider(line.tool); source != "" && !mayBeOf(line.scope, source) {
		return fmt.Sprintf("%s of %s is listed for the place that is acted on, and %s is none of %s's", name, tool, line.scope, source)
	}
	there := scope(line.scope)
	if strings.HasSuffix(string(there), "*") {
		return ""
	}
	if !p.allows(tool, there) {
		return fmt.Sprintf("%s never acts in %s: targets doesn't list it", tool, there)
	}
	if isChosen := slices.ContainsFunc(line.tool.GetFields(), func(f *toolsv1.ToolField) bool { return f.GetTargetPrefix() != "" }); isChosen {
		if !slices.Contains(p.chosen(tool), there) {
			return fmt.Sprintf("no choice of %s leads to %s", tool, there)
		}
		return ""
	}
	if provider(line.tool) != "" && !p.policy.paired[there] && !slices.Contains(p.chosen(""), there) {
		return fmt.Sprintf("%s is in no pair: only events of its own can use this", there)
	}
	return ""
}

func (p *parser) allows(tool string, there scope) bool {
	patterns, narrowed := p.policy.targets[tool]
	return !narrowed || slices.ContainsFunc(patterns, func(where pattern) bool { return where.matches(there) })
}

// chosen are the places that choices of a tool lead to; of any where it is "".
func (p *parser) chosen(tool string) []scope {
	var places []scope
	for _, line := range p.choiceLines {
		prefix := line.field.GetTargetPrefix()
		if prefix == "" || tool != "" && tool != line.tool.GetName() {
			continue
		}
		for _, value := range line.values {
			places = append(places, scopeOf(chosenTarget(prefix, value)))
		}
	}
	return places
}

// used tells whether something can leave a place or reach it from another.
func (p *parser) used(place scope) bool {
	if p.policy.paired[place] || slices.Contains(p.chosen(""), place) {
		return true
	}
	return slices.ContainsFunc(p.choiceLines, func(line choiceLine) bool {
		return line.field.GetTargetPrefix() != "" && line.scope.matches(place)
	})
}

// provider is where a tool acts; "" for one that acts on all of the memory.
func provider(tool *toolsv1.Tool) string {
	source, _, _ := strings.Cut(tool.GetName(), ".")
	if slices.Contains([]string{"github", "jira", "notion", "slack"}, source) {
		return source
	}
	return ""
}

// mayBeOf tells whether a pattern matches places of a source.
func mayBeOf(where pattern, source string) bool {
	prefix, wild := strings.CutSuffix(string(where), "*")
	origin, _, whole := strings.Cut(prefix, ":")
	origin, _, instance := strings.Cut(origin, "@")
	if wild && !whole && !instance {
		return strings.HasPrefix(source, origin)
	}
	return origin == source
}

package agent

import (
	_ "embed" // the built-in rules
	"fmt"

	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

//go:embed rules/default.yaml
var defaultRules []byte

// DefaultRules returns the built-in rules file.
func DefaultRules() []byte { return defaultRules }

// RuleNeed is what a step of a rule needs a policy to allow.
type RuleNeed = rule.Need

// RulesCheck is what there is to say about a rules file.
type RulesCheck struct {
	// In the order of the file, at most 50.
	Findings []finding.Finding
	// How many rules it has, included ones too, and the hash that runs name
	// them by; zero where it can't be loaded.
	Rules int
	Hash  string
	// What its steps need of a policy, in the order of the file.
	Needs []RuleNeed
}

// Err joins the errors among the findings; nil where the rules can be loaded.
func (c RulesCheck) Err() error { return finding.Errors(c.Findings) }

// CheckRules checks a rules file as the agent does when it loads it.
func CheckRules(data []byte) RulesCheck {
	builtIn, err := builtInRules()
	if err != nil {
		return RulesCheck{Findings: []finding.Finding{{Severity: finding.Error, Message: err.Error()}}}
	}
	set, findings := rule.Check(data, registry.Tools(), builtIn)
	c := RulesCheck{Findings: findings}
	if set != nil {
		c.Rules, c.Hash, c.Needs = set.Len(), set.Hash(), set.Needs()
	}
	return c
}

// builtInRules loads what a rules file may include.
func builtInRules() (*rule.Set, error) {
	set, err := rule.Parse(defaultRules, registry.Tools())
	if err != nil {
		return nil, fmt.Errorf("the built-in rules: %w", err)
	}
	return set, nil
}

package policy

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (p *parser) maxCalls(node *yaml.Node) error {
	n, err := strconv.Atoi(node.Value)
	if err != nil || n < 1 || n > 100 {
		return at(node, "max_calls must be 1 to 100")
	}
	p.policy.maxCalls = n
	return nil
}

func (p *parser) authn(node *yaml.Node) error {
	return words(node, "authn", p.policy.authn, allowAuto, allowDryRun, allowMemory)
}

func (p *parser) tiers(node *yaml.Node) error {
	return eachKey(node, "tiers", func(key, value *yaml.Node) error {
		if key.Value == "tools" {
			return eachKey(value, "tools of tiers", p.toolTier)
		}
		return word(key, value, "tiers", p.policy.tiers, tierWords()...)
	})
}

func (p *parser) toolTier(key, value *yaml.Node) error {
	tool, err := p.toolAt(key)
	switch {
	case err != nil:
		return err
	case tool.GetClass() == classMemory || isQuestion(tool):
		return at(key, "%s acts nowhere outside: no tier holds it", key.Value)
	}
	tiers := make(map[string]string)
	p.policy.toolTiers[key.Value] = tiers
	return eachKey(value, "tiers of "+key.Value, func(name, tier *yaml.Node) error {
		if name.Value != "trusted" && name.Value != "untrusted" {
			return at(name, "unknown key %q in tiers of %s", name.Value, key.Value)
		}
		var err error
		tiers[name.Value], err = wordAt(tier, tierWords()...)
		return err
	})
}

func tierWords() []string { return []string{allowAuto, allowHold, allowOff} }

func (p *parser) budgets(node *yaml.Node) error {
	return eachKey(node, "budgets", func(key, value *yaml.Node) error {
		into := map[string]*budget{"untrusted_actor": &p.policy.actorBudget, "place": &p.policy.placeBudget}[key.Value]
		if into == nil {
			return at(key, "unknown key %q in budgets: want untrusted_actor or place", key.Value)
		}
		number, ok := strings.CutSuffix(value.Value, "/h")
		n, err := strconv.ParseUint(number, 10, 31)
		if !ok || err != nil {
			return at(value, "%q is no budget: write calls an hour, such as 10/h", value.Value)
		}
		*into = budget{limit: uint32(n), set: true}
		return nil
	})
}

func (p *parser) killSwitch(node *yaml.Node) (err error) {
	p.policy.killed, err = boolAt(node, "kill_switch")
	p.stopLines = append(p.stopLines, stopLine{node, p.policy.killed, "kill_switch is on: whatever would act outside is refused"})
	return err
}

func (p *parser) dryRun(node *yaml.Node) (err error) {
	p.policy.dryRun, err = boolAt(node, "dry_run")
	p.stopLines = append(p.stopLines, stopLine{node, p.policy.dryRun, "dry_run is on: whatever would act outside is shown and not sent"})
	return err
}

// boolAt takes every spelling of YAML, old ones too: whoever pulls a kill switch
// in a hurry must not learn that "on" is a string today.
func boolAt(node *yaml.Node, name string) (bool, error) {
	switch strings.ToLower(node.Value) {
	case "true", "on", "yes":
		return true, nil
	case "false", "off", "no":
		return false, nil
	}
	return false, at(node, "%s is true or false", name)
}

// words fills a map whose keys are fixed.
func words(node *yaml.Node, name string, into map[string]string, allowed ...string) error {
	return eachKey(node, name, func(key, value *yaml.Node) error {
		return word(key, value, name, into, allowed...)
	})
}

func word(key, value *yaml.Node, name string, into map[string]string, allowed ...string) error {
	if _, ok := into[key.Value]; !ok {
		return at(key, "unknown key %q in %s", key.Value, name)
	}
	var err error
	into[key.Value], err = wordAt(value, allowed...)
	return err
}

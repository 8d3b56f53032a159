package policy

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/switchyard-dev/switchyard/internal/near"
)

func (p *parser) maxCalls(node *yaml.Node) error {
	n, err := strconv.Atoi(node.Value)
	if err != nil || n < 1 || n > 100 {
		return at(node, "max_calls must be 1 to 100, and is %q", node.Value)
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
		return word(key, value, "tiers", p.policy.tiers, []string{"tools"}, tierWords()...)
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
			return at(name, "unknown key %q in tiers of %s: %s", name.Value, key.Value, near.Want(name.Value, []string{"trusted", "untrusted"}))
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
			return at(key, "unknown key %q in budgets: %s", key.Value, near.Want(key.Value, []string{"untrusted_actor", "place"}))
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
	return false, at(node, "%s is true or false, and not %q", name, node.Value)
}

// words fills a map whose keys are fixed.
func words(node *yaml.Node, name string, into map[string]string, allowed ...string) error {
	return eachKey(node, name, func(key, value *yaml.Node) error {
		return word(key, value, name, into, nil, allowed...)
	})
}

// word fills one key; also are further ones that the section has.
func word(key, value *yaml.Node, name string, into map[string]string, also []string, allowed ...string) error {
	if _, ok := into[key.Value]; !ok {
		return at(key, "unknown key %q in %s: %s", key.Value, name, near.Want(key.Value, slices.Concat(slices.Sorted(maps.Keys(into)), also)))
	}
	var err error
	into[key.Value], err = wordAt(value, allowed...)
	return err
}

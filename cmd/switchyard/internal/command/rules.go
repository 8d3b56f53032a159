package command

import (
	"fmt"
	"os"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/services/agent"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/dev"
	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/rehearsal"
)

type rulesCommand struct {
	Check checkRulesCommand `cmd:"" help:"Find what is wrong with rules, each finding with its line."`
	Plan  planRulesCommand  `cmd:"" help:"Say what would be done for a webhook's body; nothing runs, and nothing is written."`
	Test  testRulesCommand  `cmd:"" help:"Run the tests that stand beside the rules."`
}

// Help teaches by example.
func (rulesCommand) Help() string {
	return `A rules file says which events lead to which actions:

  include: default                    # the built-in rules, beside these
  rules:
    - name: merged-hotfix
      on: {source: github, kind: change.merged}
      when: event.fields.base == "production"
      do:
        - step: comment
          tool: jira.add_comment
          with:
            target: link.issue[*]     # a call for each linked issue
            body: Hotfix ${event.fields.url} was merged.

From the first line to production:
  switchyard rules check rules.yaml
  switchyard rules plan rules.yaml --example github/pull_request.merged
  switchyard rules test rules.yaml
  RULES_FILE=rules.yaml switchyard dev

docs/rules.md has all of it, docs/default-rules.md what the built-in rules do.`
}

// builtInName stands for the rules that hold without RULES_FILE.
const builtInName = "the built-in rules"

// ruleSettings are those settings of agent and tools that rules are tried with.
type ruleSettings struct {
	RulesFile  string `name:"rules-file" env:"RULES_FILE"`
	PolicyFile string `name:"policy-file" env:"POLICY_FILE"`
}

func readRuleSettings(env *Env) (ruleSettings, error) {
	var s ruleSettings
	values, err := config.DotEnv(".env")
	if err != nil {
		return s, err
	}
	return s, config.Parse(&s, "settings", "", nil, config.Below(env.Lookup, values))
}

// stage are the options that rules are tried with: the policy of a flag, else
// of POLICY_FILE, else that of `switchyard dev`.
func (s ruleSettings) stage(env *Env, policyFile string) rehearsal.Options {
	by := "--policy"
	if policyFile == "" {
		policyFile, by = s.PolicyFile, "" // tools names the setting
	}
	return rehearsal.Options{RulesFile: s.RulesFile, PolicyFile: policyFile, PolicyBy: by, Policy: dev.Policy(), Now: env.Now, Random: env.Random}
}

type checkRulesCommand struct {
	Files []string `arg:"" optional:"" name:"file" help:"Rules files; without one that of RULES_FILE, else the built-in rules."`
}

// Help teaches by example.
func (checkRulesCommand) Help() string {
	return `Every finding has its line and column, in the order of the file.
  switchyard rules check rules.yaml
  switchyard rules check

Errors keep the rules from being loaded: unknown words, CEL that does not
compile, what can never happen. Warnings do not: a condition that is always
true, a step that another rule does already, a field that is likely misspelt.
The exit code is 1 if there is an error, and 0 otherwise.`
}

// Run checks the files.
func (c checkRulesCommand) Run(env *Env) error {
	files := c.Files
	if len(files) == 0 {
		s, err := readRuleSettings(env)
		if err != nil {
			return err
		}
		files = []string{s.RulesFile}
	}
	var failed bool
	for _, file := range files {
		check, err := checkRules(file)
		if err != nil {
			return err
		}
		failed = failed || check.Err() != nil
		if err := printText(env.Stdout, showCheck(file, check)); err != nil {
			return err
		}
	}
	if failed {
		return errNotSuccess
	}
	return nil
}

// checkRules checks a file; "" stands for the built-in rules.
func checkRules(file string) (agent.RulesCheck, error) {
	data := agent.DefaultRules()
	if file != "" {
		var err error
		if data, err = os.ReadFile(file); err != nil {
			return agent.RulesCheck{}, fmt.Errorf("%w: name a rules file, or none for the built-in rules", err)
		}
	}
	return agent.CheckRules(data), nil
}

func showCheck(file string, check agent.RulesCheck) string {
	return checkedFile{file: file, without: builtInName, good: fmt.Sprintf("%s, hash %s", counted(check.Rules, "rule"), check.Hash), findings: check.Findings}.String()
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

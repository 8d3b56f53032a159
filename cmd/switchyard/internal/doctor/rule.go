package doctor

import (
	"fmt"
	"os"

	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/services/agent"
	"github.com/switchyard-dev/switchyard/services/tools"
)

// rules has the services read the rules and the policy as they do at their start.
func (e *exam) rules() {
	if file := e.agent.RulesFile; file == "" {
		e.found("rules", OK, "RULES_FILE", "RULES_FILE is not set: the built-in rules hold", "")
	} else {
		e.rulesFile(file)
	}
	if file := e.tools.PolicyFile; file == "" {
		e.found("rules", OK, "POLICY_FILE", "POLICY_FILE is not set: no two places are paired (`switchyard dev` pairs those of the examples)", "")
	} else {
		e.policyFile(file)
	}
}

// policyFile has tools check a policy's file.
func (e *exam) policyFile(file string) {
	at := "POLICY_FILE=" + file
	data, err := os.ReadFile(file)
	if err != nil {
		e.found("rules", Problem, "POLICY_FILE", fmt.Sprintf("%s: %v", at, bare(err)), "name a file that tools can read, or unset POLICY_FILE")
		return
	}
	check := tools.ExaminePolicy(data)
	e.findings("POLICY_FILE", at, check.Findings, "mend the file: `switchyard policy check "+file+"` says when it is good; tools does not start with a bad one, and keeps the last good one while it runs")
	if check.Err() == nil {
		e.found("rules", OK, "POLICY_FILE", fmt.Sprintf("%s: the policy in it is good: %s", at, check.Summary), "")
	}
}

// rulesFile has the agent check a file of rules.
func (e *exam) rulesFile(file string) {
	at := "RULES_FILE=" + file
	data, err := os.ReadFile(file)
	if err != nil {
		e.found("rules", Problem, "RULES_FILE", fmt.Sprintf("%s: %v", at, bare(err)), "name a file that the agent can read, or unset RULES_FILE")
		return
	}
	check := agent.CheckRules(data)
	e.findings("RULES_FILE", at, check.Findings, "mend the file: `switchyard rules check "+file+"` says when it is good")
	if check.Err() == nil {
		e.found("rules", OK, "RULES_FILE", fmt.Sprintf("%s: %s can be loaded", at, plural(check.Rules, "rule")), "")
	}
}

// findings shows what is wrong with a file, each thing with its place.
func (e *exam) findings(setting, at string, findings []finding.Finding, remedy string) {
	for _, f := range findings {
		level := Warning
		if f.Severity == finding.Error {
			level = Problem
		}
		e.found("rules", level, setting, fmt.Sprintf("%s:%d:%d: %s", at, f.Line, f.Column, f.Message), remedy)
	}
}

package command

import (
	"fmt"
	"os"

	"github.com/switchyard-dev/switchyard/services/tools"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/dev"
)

type policyCommand struct {
	Check checkPolicyCommand `cmd:"" help:"Find what is wrong with a policy, each finding with its line."`
	Init  initPolicyCommand  `cmd:"" help:"Write a policy that allows what rules need, and asks what they can't tell."`
}

// Help teaches by example.
func (policyCommand) Help() string {
	return `A policy says what rules may do: where, with which values, for whom. Rules ask,
policy decides, for each call:

  pairs:                         # whose events may act on one another
    - [github:acme/api, jira:ACME]
  places: {github:acme/api: private, jira:ACME: private}
  choices:                       # the values that a tool may be given
    jira.transition: {jira:ACME: {status: [Done]}}
    slack.post_message: {github:acme/api: {channel: [C0123456789]}}
  tiers: {untrusted: hold}       # what strangers cause waits
  kill_switch: false             # true: nothing acts outside

From rules to production:
  switchyard policy init --from rules.yaml --out policy.yaml
  switchyard policy check policy.yaml
  switchyard rules test rules.yaml --policy policy.yaml
  POLICY_FILE=policy.yaml switchyard dev

The file is read again when it changes. docs/policy.md has all of it.`
}

type checkPolicyCommand struct {
	Files []string `arg:"" optional:"" name:"file" help:"Policies; without one that of POLICY_FILE, else that of switchyard dev."`
}

// Help teaches by example.
func (checkPolicyCommand) Help() string {
	return `Every finding has its line and column, in the order of the file.
  switchyard policy check policy.yaml
  switchyard policy check

Errors keep the policy from being loaded: unknown keys, tools, places and words.
Warnings do not: lines that can never match, such as choices for a place that no
pair leads to, and a kill switch that is on.
The exit code is 1 if there is an error, and 0 otherwise.`
}

// Run checks the files.
func (c checkPolicyCommand) Run(env *Env) error {
	files := c.Files
	if len(files) == 0 {
		s, err := readRuleSettings(env)
		if err != nil {
			return err
		}
		files = []string{s.PolicyFile}
	}
	var failed bool
	for _, file := range files {
		data := dev.Policy()
		if file != "" {
			var err error
			if data, err = os.ReadFile(file); err != nil {
				return fmt.Errorf("%w: name a policy's file, or none for that of switchyard dev", err)
			}
		}
		check := tools.ExaminePolicy(data)
		failed = failed || check.Err() != nil
		if err := printText(env.Stdout, showPolicyCheck(file, check)); err != nil {
			return err
		}
	}
	if failed {
		return errNotSuccess
	}
	return nil
}

func showPolicyCheck(file string, check tools.PolicyCheck) string {
	return checkedFile{file: file, without: "the policy of switchyard dev", good: check.Summary, findings: check.Findings}.String()
}

package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/rehearsal"
)

type testRulesCommand struct {
	Paths []string `arg:"" optional:"" name:"path" help:"Folders, rules files or their test files; without one the file of RULES_FILE, else this folder."`

	Policy string `placeholder:"FILE" help:"Policy for test files that name none; without one that of POLICY_FILE, else that of dev."`
}

// Help teaches by example.
func (testRulesCommand) Help() string {
	return `Each event goes through the real rules and policy; nothing is sent or written.
  switchyard rules test
  switchyard rules test rules.yaml
  switchyard rules test deploy/rules --policy deploy/policy.yaml

The tests of rules.yaml stand in rules_test.yaml:

  policy: policy.yaml
  tests:
    - name: a merged change is told to its issue
      event: {example: github/pull_request.merged}
      want:
        class: change.merged
        calls:
          - tool: jira.add_comment
            target: jira:issue:ACME-7
            with: {body: Merged into main}
          - {tool: jira.transition, with: {status: Done}}
    - name: a push does nothing
      event: {body: push.json, source: github, event: push}
      want: {calls: []}
    - name: a stranger's issue is left alone
      event:
        source: github
        kind: issue.created
        ref: "github:issue:acme/api#9"
        place: "github:repo:acme/api"
        text:
          parts:
            - where: title
              value: ACME-7 is broken
              author: {login: eve, association: NONE}
      want:
        calls: []
        not_acted_on: [{ref: "jira:issue:ACME-7", reason: untrusted_author}]

The exit code is 1 if a test fails, and 0 otherwise.`
}

// Run runs the tests.
func (c testRulesCommand) Run(ctx context.Context, env *Env) error {
	settings, err := readRuleSettings(env)
	if err != nil {
		return err
	}
	files, err := c.files(settings)
	if err != nil {
		return err
	}
	tests, failed := 0, 0
	for _, file := range files {
		table, err := rehearsal.Read(file)
		if err != nil {
			return err
		}
		results, err := table.Run(ctx, settings.stage(env, c.Policy))
		if err != nil {
			return err
		}
		for _, r := range results {
			tests++
			if r.Failed() {
				failed++
			}
		}
		if err := printText(env.Stdout, showResults(file, results)); err != nil {
			return err
		}
	}
	if failed == 0 {
		return printText(env.Stdout, fmt.Sprintf("%s passed\n", counted(tests, "test")))
	}
	if err := printText(env.Stdout, fmt.Sprintf("%d of %s failed\n", failed, counted(tests, "test"))); err != nil {
		return err
	}
	return errNotSuccess
}

func (c testRulesCommand) files(s ruleSettings) ([]string, error) {
	paths := c.Paths
	if len(paths) == 0 && s.RulesFile != "" {
		paths = []string{s.RulesFile}
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var files []string
	for _, path := range paths {
		found, err := rehearsal.Find(path)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

func showResults(file string, results []rehearsal.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", file)
	for _, r := range results {
		if !r.Failed() {
			fmt.Fprintf(&b, "  ok    %s\n", r.Name)
			continue
		}
		fmt.Fprintf(&b, "  FAIL  %s\n", r.Name)
		if r.Err != nil {
			fmt.Fprintf(&b, "        %s\n", strings.ReplaceAll(r.Err.Error(), "\n", "\n        "))
		}
		for _, line := range r.Diff {
			fmt.Fprintf(&b, "        %s\n", line)
		}
	}
	return b.String()
}

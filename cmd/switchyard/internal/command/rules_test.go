package command_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/command"
)

const ownRules = `include: default
disable: [merged-change]
rules:
  - name: merged
    on: {source: github, kind: change.merged}
    do:
      - step: comment
        tool: jira.add_comment
        with: {target: "link.issue[*]", body: "Merged ${event.ref}."}
      - step: transition
        tool: jira.transition
        with: {target: "link.issue[*]", status: Shipped}
`

func TestRulesCheck(t *testing.T) {
	run(t, "rules", "check").want(t, 0, "the built-in rules: 10 rules, hash ")
	good := write(t, "rules.yaml", ownRules)
	run(t, "rules", "check", good).want(t, 0, good+": 10 rules, hash ")
	odd := write(t, "odd.yaml", strings.Replace(ownRules, "do:", "when: event.source == \"github\"\n    do:", 1))
	run(t, "rules", "check", odd).want(t, 0, odd+":6:11: warning: rule merged: when: it is true", ", 1 warning\n")
	bad := write(t, "bad.yaml", strings.Replace(ownRules, "jira.add_comment", "jira.add_coment", 1))
	run(t, "rules", "check", good, bad).want(t, 1, good+": 10 rules", bad+":8:15: error: rule merged: step comment: unknown tool", "did you mean jira.add_comment?", "1 error, 0 warnings")
	run(t, "rules", "check", good+".not").want(t, 1, "no such file", "name a rules file")
	runWith(t, map[string]string{"RULES_FILE": bad}, "rules", "check").want(t, 1, bad+":8:15: error")
}

func TestRulesPlan(t *testing.T) {
	run(t, "rules", "plan", "--example", "github/pull_request.merged").want(t, 0,
		"event   github change.merged (pull_request closed)", `base="main"`, "class   change.merged, decided by metadata",
		"jira.add_comment jira:issue:ACME-7: queued", "by rule merged-change, step comment", "because of pair: github:acme/api, jira:ACME",
		`with body "Merged into main`, "jira.transition jira:issue:ACME-7: queued", "issue[0]  jira:issue:ACME-7")
	rules := write(t, "rules.yaml", ownRules)
	run(t, "rules", "plan", rules, "--example", "github/pull_request.merged").want(t, 0,
		`with body "Merged github:pr:acme/api#42."`, "jira.transition jira:issue:ACME-7: refused, choice")
	runWith(t, map[string]string{"RULES_FILE": rules}, "rules", "plan", "--example", "github/pull_request.merged", "--json").want(t, 0, `"rule": "merged"`, `"reason": "choice"`)
	policy := write(t, "policy.yaml", "max_calls: 5\n")
	run(t, "rules", "plan", "--example", "github/pull_request.merged", "--policy", policy).want(t, 0, "calls\n  none", "no: no_pair")
	off := write(t, "off.yaml", "pairs: [[github:acme/api, jira:ACME]]\ntiers: {trusted: off, untrusted: off}\n")
	run(t, "rules", "plan", "--example", "github/pull_request.merged", "--policy", off).want(t, 0, "jira.add_comment jira:issue:ACME-7: refused, tier_off")
	body := write(t, "body.json", `{"zen":"z","hook_id":1,"hook":{"id":1,"type":"Repository"},"repository":{"id":7,"full_name":"acme/api"}}`)
	run(t, "rules", "plan", "--event", body, "--source", "github", "--github-event", "ping").want(t, 0, "event   github ping", "calls\n  none")
	run(t, "rules", "plan", "--event", "-", "--source", "jira").want(t, 1, "ingress refuses this body of jira: event_missing")
}

// `rules plan FILE --event body.json`, with nothing beside it, asked for --source.
func TestRulesPlanKnowsWhoseBodyItIs(t *testing.T) {
	rules := write(t, "rules.yaml", ownRules)
	for _, tt := range []struct {
		name, body string
		flags      []string
		code       int
		want       string
	}{
		{"Jira", `{"webhookEvent":"jira:issue_created","timestamp":1772271003123,"issue":{"id":"1","key":"ACME-7","fields":{}}}`, nil, 0, "event   jira issue.created"},
		{"Notion", `{"id":"x","type":"page.properties_updated","timestamp":"2026-02-28T09:30:03Z","entity":{"id":"153104cd477e809d8dc4ff2d96ae3090","type":"page"}}`, nil, 0, "event   notion page.updated"},
		{"GitHub", `{"zen":"z","hook_id":1,"hook":{"id":1,"type":"Repository"},"repository":{"id":7,"full_name":"acme/api"}}`, []string{"--github-event", "ping"}, 0, "event   github ping"},
		{"GitHub unnamed", `{"zen":"z","hook_id":1,"hook":{"id":1,"type":"Repository"}}`, nil, 1, "give --github-event NAME, such as push, for one of GitHub, else --source jira or notion"},
		{"a type alone", `{"type":"page.created"}`, nil, 1, "the body does not say whose it is"},
		{"no JSON", `{"type":`, nil, 1, "no JSON object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"rules", "plan", rules, "--event", write(t, "body.json", tt.body)}, tt.flags...)
			run(t, args...).want(t, tt.code, tt.want)
		})
	}
}

func TestRulesPlanLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	run(t, "rules", "plan", "--example", "github/pull_request.merged").want(t, 0)
	left, err := filepath.Glob(filepath.Join(folder, "switchyard-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestRulesPlanSaysWhatItNeeds(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "Give --event FILE, or --example NAME"},
		{[]string{"--example", "github/nothing"}, "no example github nothing"},
		{[]string{"--example", "github/pull_request.merged", "--source", "github"}, "an example needs neither"},
		{[]string{"--event", "x.json"}, "no such file"},
		{[]string{"--event", "x.json", "--source", "jira", "--github-event", "push"}, "--github-event push does not go with --source jira"},
		{[]string{"--event", "x.json", "--source", "github"}, "needs --github-event"},
		{[]string{"--event", "x.json", "--source", "jira"}, "no such file"},
		{[]string{"nosuch.yaml", "--example", "github/pull_request.merged"}, "RULES_FILE=nosuch.yaml"},
		{[]string{"--policy", "nosuch.yaml", "--example", "github/pull_request.merged"}, "switchyard: --policy nosuch.yaml: open nosuch.yaml"},
	} {
		run(t, append([]string{"rules", "plan"}, tt.args...)...).want(t, 1, tt.want)
	}
}

// tests writes rules and their test file into one folder, and returns both paths.
func tests(t *testing.T, rules, table string) (rulesFile, testFile string) {
	t.Helper()
	folder := t.TempDir()
	rulesFile, testFile = filepath.Join(folder, "rules.yaml"), filepath.Join(folder, "rules_test.yaml")
	for path, content := range map[string]string{rulesFile: rules, testFile: table} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return rulesFile, testFile
}

func TestRulesTestShowsWhatDiffers(t *testing.T) {
	rules, table := tests(t, ownRules, `tests:
  - name: right
    event: {example: github/pull_request.merged}
    want:
      calls:
        - {tool: jira.add_comment, with: {body: "github:pr:acme/api#42"}}
        - {tool: jira.transition, state: refused, reason: choice, with: {status: Shipped}}
  - name: wrong
    event: {example: github/pull_request.merged}
    want:
      class: bug
      decided_by: default
      calls:
        - {tool: jira.add_comment, with: {body: Closed}}
        - {tool: jira.transition}
        - {tool: jira.transition, target: "jira:issue:ACME-8"}
      not_acted_on: [{ref: "jira:issue:ACME-7", reason: no_pair}]
  - name: too much
    event: {example: github/pull_request.merged}
    want: {calls: []}
  - name: two events
    event: {example: github/pull_request.merged, kind: ping}
    want: {calls: []}
  - name: a body and more
    event: {body: x.json, kind: ping}
    want: {calls: []}
  - name: an unknown example
    event: {example: github/nosuch}
    want: {calls: []}
  - name: another tool's argument
    event: {example: github/pull_request.merged}
    want: {calls: [{tool: jira.add_comment, rule: other, with: {status: Done}}, {}]}
  - name: no event
    event: {kind: change.merged, knd: x}
    want: {calls: []}
`)
	for _, path := range []string{rules, table, filepath.Dir(rules)} {
		out := run(t, "rules", "test", path)
		out.want(t, 1, table+"\n  ok    right\n  FAIL  wrong\n",
			"        - class: bug\n        + class: change.merged\n", "        - decided by: default\n        + decided by: metadata\n",
			`- call: jira.add_comment anything let through body="Closed"`, `+ call: jira.add_comment jira:issue:ACME-7 queued (rule merged) body="Merged github:pr:acme/api#42."`,
			"- call: jira.transition anything let through\n        + call: jira.transition jira:issue:ACME-7 refused choice (rule merged)\n",
			"- call: jira.transition jira:issue:ACME-8 let through\n", "- not acted on: jira:issue:ACME-7 no_pair\n",
			"  FAIL  too much\n        + call: jira.add_comment", "  FAIL  no event\n", `"knd"`,
			"  FAIL  two events\n        event: an example goes with nothing else\n", "        no example github nosuch; there are\n          github ",
			"- call: jira.add_comment anything let through (rule other) status=\"Done\"\n        + call: jira.add_comment jira:issue:ACME-7 queued (rule merged)\n",
			"event: a body goes with source and event, not with kind", "7 of 8 tests failed")
	}
	runWith(t, map[string]string{"RULES_FILE": rules}, "rules", "test").want(t, 1, "7 of 8 tests failed")
}

func TestRulesTestRefusesABrokenTable(t *testing.T) {
	for _, tt := range []struct{ rules, table, want string }{
		{ownRules, "tests: []", "no tests"},
		{ownRules, "test: []", `rules_test.yaml: line 1: unknown key "test": want rules, policy, tests`},
		{ownRules, "tests: [{nam: a}]", `line 1: unknown key "nam": want name, event, want`},
		{ownRules, "tests: [{name: a, want: {calls: [{tol: x}]}}]", `unknown key "tol": want tool, target, rule, state, reason, with`},
		{ownRules, "tests: [{name: a, event: {kind: ping}}]", "test 1: want a name, an event and something under want"},
		{ownRules, "policy: nosuch.yaml\ntests: [{name: a, event: {kind: ping}, want: {calls: []}}]", "rules_test.yaml: policy: "},
		{"rules: [{}]", "tests: [{name: a, event: {kind: ping}, want: {calls: []}}]", "RULES_FILE="},
	} {
		_, table := tests(t, tt.rules, tt.table)
		run(t, "rules", "test", table).want(t, 1, tt.want)
	}
	run(t, "rules", "test").want(t, 1, "has no *_test.yaml")
	run(t, "rules", "test", write(t, "alone.yaml", ownRules)).want(t, 1, "no tests: ", "alone_test.yaml")
}

// A rule that fails is a failed test, whatever calls the others make.
func TestRulesTestFailsWithARuleThatFails(t *testing.T) {
	_, table := tests(t, `rules: [{name: a, on: {}, when: event.fields.severity == "x", classify: {classes: [x]}}]`,
		"tests: [{name: a, event: {example: notion/page.updated}, want: {calls: []}}]")
	run(t, "rules", "test", table).want(t, 1, "+ missing: rule_failed", "no such key: severity")
}

// root is the folder of the repository; run leaves the test in another one.
func root(t *testing.T) func(path string) string {
	t.Helper()
	folder, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) string { return filepath.Join(folder, path) }
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBuiltInRules(t *testing.T) {
	in := root(t)
	run(t, "rules", "test", in("services/agent/rules/default_test.yaml")).want(t, 0, "tests passed")
	page := read(t, in("docs/default-rules.md"))
	for _, m := range regexp.MustCompile(`(?m)^  - name: (\S+)$`).FindAllStringSubmatch(read(t, in("services/agent/rules/default.yaml")), -1) {
		if !strings.Contains(page, "| `"+m[1]+"` |") {
			t.Errorf("docs/default-rules.md does not explain %s", m[1])
		}
	}
}

// Every example of the pages on rules is a file that loads without a finding,
// or the tests of the page's first one.
func TestRulesDocumentation(t *testing.T) {
	in, blocks := root(t), regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	for page, least := range map[string]int{"docs/rules.md": 6, "docs/default-rules.md": 2} {
		found := blocks.FindAllStringSubmatch(read(t, in(page)), -1)
		if len(found) < least {
			t.Fatalf("%s: %d examples, want at least %d", page, len(found), least)
		}
		for _, m := range found {
			if strings.HasPrefix(m[1], "# rules_test.yaml") {
				_, table := tests(t, found[0][1], m[1])
				run(t, "rules", "test", table).want(t, 0, "tests passed")
				continue
			}
			out := run(t, "rules", "check", write(t, "rules.yaml", m[1]))
			if out.want(t, 0); strings.Contains(out.stdout, "warning") {
				t.Errorf("%s: %s", page, out.stdout)
			}
		}
	}
}

// The page of the fake providers has rules and a policy by which all of them act.
func TestFakeProvidersDocumentation(t *testing.T) {
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(read(t, root(t)("docs/fake-providers.md")), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d examples, want rules and a policy", len(blocks))
	}
	rules, policy := write(t, "rules.yaml", blocks[0][1]), write(t, "policy.yaml", blocks[1][1])
	for _, out := range []output{run(t, "rules", "check", rules), run(t, "policy", "check", policy)} {
		if out.want(t, 0); strings.Contains(out.stdout, "warning") {
			t.Errorf("%s", out.stdout)
		}
	}
	out := run(t, "rules", "plan", rules, "--policy", policy, "--example", "github/pull_request.merged")
	if n := strings.Count(out.stdout, ": queued\n"); n != strings.Count(blocks[0][1], "{step: ") {
		t.Errorf("%d calls are let through:\n%s%s", n, out.stdout, out.stderr)
	}
}

// The examples of the help are those that a newcomer copies.
func TestRulesHelpIsRight(t *testing.T) {
	text := command.RulesHelp()
	begin, end := strings.Index(text, "  include:"), strings.Index(text, "From the first line")
	rules := strings.ReplaceAll(text[begin:end], "\n  ", "\n")[2:]
	run(t, "rules", "check", write(t, "rules.yaml", rules)).want(t, 0, "11 rules")
}

func TestRulesTestHelpIsRight(t *testing.T) {
	text := command.RulesTrialHelp()
	begin, end := strings.Index(text, "  policy:"), strings.Index(text, "The exit code")
	table := strings.ReplaceAll(text[begin:end], "\n  ", "\n")[2:]
	rules, testFile := tests(t, "include: default\n", table)
	for name, content := range map[string]string{
		"policy.yaml": "pairs: [[github:acme/api, jira:ACME]]\nplaces: {jira:ACME: private}\nchoices: {jira.transition: {jira:ACME: {status: [Done]}}}\n",
		"push.json":   `{"ref":"refs/heads/main","before":"` + strings.Repeat("a", 40) + `","after":"` + strings.Repeat("b", 40) + `","commits":[],"head_commit":null,"repository":{"id":7,"full_name":"acme/api"},"pusher":{"name":"dev-one"}}`,
	} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(rules), name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "rules", "test", testFile).want(t, 0, "3 tests passed")
}

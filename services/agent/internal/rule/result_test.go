package rule_test

import (
	"reflect"
	"strings"
	"testing"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

const (
	create = "{step: create, tool: jira.create_issue, with: {project: OPS, issue_type: Bug, summary: broken}}"
	follow = "{step: s, tool: jira.add_comment, with: {target: $create.ref, body: x}}"
)

// A step that uses another's result is planned where that one is, and nowhere else.
func TestStepsThatUseAResult(t *testing.T) {
	set := parse(t, `
rules:
  - name: triage
    on: {}
    classify: {classes: [bug, question], default: question}
    do:
      - {step: create, tool: jira.create_issue, for: [bug], with: {project: OPS, issue_type: Bug, summary: broken}}
      - {step: link, tool: jira.link_remote, with: {target: $create.ref, object: event.ref, title: The change}}
      - {step: tell, tool: github.add_comment, with: {target: event.ref, body: Thanks}}
      - {step: back, tool: jira.link_remote, with: {target: "link.issue[0]", object: $create.ref, title: The bug}}
      - {step: more, tool: jira.add_comment, with: {target: $back.ref, body: x}}
`)
	all := []string{"create", "link", "tell", "back", "more"}
	for name, test := range map[string]struct {
		class string
		links []*toolsv1.Link
		want  []string
	}{
		"all":               {"bug", links(), all},
		"another class":     {"question", links(), []string{"tell"}},
		"no link to act on": {"bug", nil, []string{"create", "link", "tell"}},
	} {
		plan, errs := set.Select(rule.Class{Name: test.class}, merged(), test.links)
		var steps []string
		for _, c := range plan.GetCalls() {
			steps = append(steps, c.GetStep())
		}
		if strings.Join(steps, " ") != strings.Join(test.want, " ") || len(errs) > 0 {
			t.Errorf("%s: %q, want %q; %v", name, steps, test.want, errs)
		}
	}
	plan, _ := set.Select(rule.Class{Name: "bug"}, merged(), links())
	if got := show(plan); !strings.Contains(got, "triage/link jira.link_remote object=event.ref target=$create.ref") {
		t.Errorf("plan:\n%s", got)
	}
}

// Choices of tools without a target's path, lists of them, and a text that may be left out.
func TestStepsOfChoices(t *testing.T) {
	set := parse(t, `
rules:
  - name: a
    on: {}
    do:
      - {step: say, tool: slack.post_message, with: {channel: C0123, body: merged}}
      - {step: new, tool: github.create_issue, with: {repository: acme/ops, title: broken, body: '${event.fields.base == "main" ? "" : "x"}'}}
      - {step: one, tool: github.add_labels, with: {target: event.ref, labels: bug}}
      - {step: two, tool: github.add_labels, with: {target: event.ref, labels: [bug, ui]}}
      - {step: read, tool: notion.read_page, with: {target: "link.page[0]"}}
`)
	plan, errs := set.Select(rule.Class{}, merged(), append(links(), &toolsv1.Link{Kind: "page", Ref: "notion:page:00000000000000000000000000000001", Target: true}))
	want := `a/say slack.post_message body="merged" channel=[C0123]
a/new github.create_issue repository=[acme/ops] title="broken"
a/one github.add_labels labels=[bug] target=event.ref
a/two github.add_labels labels=[bug ui] target=event.ref
a/read notion.read_page target=link.page[0]
`
	if got := show(plan); got != want || len(errs) > 0 {
		t.Errorf("plan:\n%swant:\n%s%v", got, want, errs)
	}
}

// What a policy has to allow is what the steps say, and of which events.
func TestNeeds(t *testing.T) {
	needs := parse(t, `
rules:
  - {name: a, on: {kind: issue.created}, do: [{step: s, tool: github.add_labels, with: {target: event.ref, labels: [bug, ui]}}]}
  - {name: b, on: {source: github, kind: change.merged}, do: [{step: s, tool: slack.post_message, with: {channel: C0123, body: x}}, {step: t, tool: jira.add_comment, with: {target: "link.issue[*]", body: x}}]}
`).Needs()
	want := []rule.Need{
		{Rule: "a", Step: "s", Tool: "github.add_labels", Sources: []string{"github", "jira"}, Target: "event.ref", Choices: map[string][]string{"labels": {"bug", "ui"}}},
		{Rule: "b", Step: "s", Tool: "slack.post_message", Sources: []string{"github"}, Choices: map[string][]string{"channel": {"C0123"}}},
		{Rule: "b", Step: "t", Tool: "jira.add_comment", Sources: []string{"github"}, Target: "link.issue[*]", Choices: map[string][]string{}},
	}
	if !reflect.DeepEqual(needs, want) {
		t.Errorf("got  %+v\nwant %+v", needs, want)
	}
}

package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

func builtIn(t *testing.T) *rule.Set {
	t.Helper()
	set, err := rule.Parse([]byte(`rules:
  - {name: one, on: {kind: page.updated}, do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.occurrence}}]}
  - {name: two, on: {kind: issue.created}, classify: {classes: [bug, feature], default: bug}}
`), registry.Tools())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// observe is a rule that does something.
const observe = "do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.occurrence}}]}"

func TestCheck(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       []string
	}{
		{"fine", doc("  - {name: a, on: {}, " + observe), nil},
		{"unknown tool", doc("  - name: a\n    on: {}\n    do:\n      - step: s\n        tool: jira.add_coment\n"), []string{"6:15 error", "did you mean jira.add_comment?"}},
		{"unknown source", doc("  - {name: a, on: {source: girhub}, " + observe), []string{"2:28 error", "did you mean github?"}},
		{"unknown class", doc("  - {name: a, on: {}, classify: {classes: [bug, feature], default: bug}, do: [{step: s, for: [feture], tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.kind}}]}"), []string{"error", "did you mean feature?"}},
		{"unknown variable", doc("  - {name: a, on: {}, when: event.knd == 'ping', " + observe), []string{"error", "did you mean event.kind?"}},
		{"unknown variable further on", doc("  - {name: a, on: {}, when: 'event.ref != \"\" && event.feilds.labels.exists(l, l == \"x\")', " + observe), []string{"column 20", "did you mean event.fields?"}},
		{"text", doc("  - {name: a, on: {}, when: event.text.title == 'x', " + observe), []string{"2:29 error", "event.text is text that people wrote, and expressions read no text, never: let classify tell texts apart", "event.fields.<name> (such as event.fields.labels)"}},
		{"a title", doc("  - {name: a, on: {}, when: 'event.title.contains(\"x\")', " + observe), []string{"event.title is text that people wrote", "let classify tell texts apart"}},
		{"a field without fields", doc("  - {name: a, on: {}, when: '\"x\" in event.labels', " + observe), []string{"column 8: event.labels is nothing that a rule may read: did you mean event.fields.labels?"}},
		{"a variable of nobody", doc("  - {name: a, on: {}, when: event.whatever == 'x', " + observe), []string{"event.whatever is nothing that a rule may read: it reads event.action, event.actor.{id,login,type,association}", "and link.{issue,change,"}},
		{"a word without quotes", doc("  - {name: a, on: {}, when: event.kind == ping, " + observe), []string{"column 15: ping is nothing that a rule may read: a word stands in quotes (\"ping\")"}},
		{"a variable without event", doc("  - {name: a, on: {}, when: kind == 'ping', " + observe), []string{"did you mean event.kind?"}},
		{"half an expression", doc("  - {name: a, on: {}, when: 'event.kind ==', " + observe), []string{"column 14: Syntax error: something is missing at the end, as in event.kind == \"ping\""}},
		{"no condition", doc("  - {name: a, on: {}, when: event.kind, " + observe), []string{"want bool, as event.kind == \"ping\" is"}},
		{"a misspelt step", doc("  - {name: a, on: {}, do: [{step: create, tool: github.create_issue, with: {repository: a/b, title: x}}, {step: t, tool: github.add_comment, with: {target: $creat.ref, body: x}}]}"), []string{"2:157 error", "no step creat stands before it in the rule: did you mean create?"}},
		{"a misspelt path", doc("  - {name: a, on: {}, do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.knd, value: event.kind}}]}"), []string{"did you mean event.kind?"}},
		{"a misspelt link", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.add_comment, with: {target: 'link.isue[*]', body: x}}]}"), []string{"did you mean link.issue?"}},
		{"a misspelt target", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.add_comment, with: {target: event.rfe, body: x}}]}"), []string{"did you mean event.ref?"}},
		{"an address for a ref", doc("  - {name: a, on: {}, do: [{step: create, tool: github.create_issue, with: {repository: a/b, title: x}}, {step: t, tool: jira.link_remote, with: {target: 'link.issue[0]', object: $create.url, title: x}}]}"), []string{"error", "with: object: $create.url is an address, and this takes a ref: want $create.ref"}},
		{"a ref of what was made", doc("  - {name: a, on: {}, do: [{step: create, tool: github.create_issue, with: {repository: a/b, title: x}}, {step: t, tool: jira.link_remote, with: {target: 'link.issue[0]', object: $create.ref, title: x}}]}"), nil},
		{"a ref for a commit", doc("  - {name: a, on: {source: github}, do: [{step: create, tool: github.create_issue, with: {repository: a/b, title: x}}, {step: t, tool: github.create_check_run, with: {target: event.place, head_sha: $create.ref, name: x, conclusion: success, title: x, summary: x}}]}"), []string{"$create.ref is a ref such as github:issue:acme/api#9, which this never is"}},
		{"a result in a text", doc("  - {name: a, on: {}, do: [{step: create, tool: github.create_issue, with: {repository: a/b, title: x}}, {step: t, tool: slack.post_message, with: {channel: C0000000002, body: 'See $create.url'}}]}"), []string{"error", "$create.url: a text has values of the event, in ${…}, and no step's result: jira.link_remote links to $create.ref"}},
		{"a result in a text's expression", doc("  - {name: a, on: {}, do: [{step: create, tool: github.create_issue, with: {repository: a/b, title: x}}, {step: t, tool: slack.post_message, with: {channel: C0000000002, body: 'Made ${$create.url}'}}]}"), []string{"error", "${$create.url}: column 1: no expression takes a step's result: a later step's target or object does, as $<step>.ref"}},
		{"no result in a text", doc("  - {name: a, on: {}, do: [{step: t, tool: slack.post_message, with: {channel: C0000000002, body: 'See $create.url'}}]}"), nil},
		{"one equals sign", doc("  - {name: a, on: {}, when: event.kind = 'ping', " + observe), []string{"error", "is equal to is =="}},
		{"a star without quotes", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.transition, with: {target: link.issue[*], status: Done}}]}"), []string{"2:1 error", `in quotes: "link.issue[*]"`}},
		{"likely another field", doc("  - {name: a, on: {}, when: has(event.fields.merge_comit_sha), " + observe), []string{"2:29 error", "did you mean fields.merge_commit_sha?"}},
		{"likely another field by index", doc("  - {name: a, on: {}, when: '\"x\" in event.fields[\"labls\"]', " + observe), []string{"error", "did you mean fields.labels?"}},
		{"likely another field in a path", doc("  - {name: a, on: {}, do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.fields.statsu}}]}"), []string{"error", "did you mean fields.status?"}},
		{"likely another field in a text", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.add_comment, with: {target: event.ref, body: '${event.fields.statsu}'}}]}"), []string{"error", "did you mean fields.status?"}},
		{"a field that no event has", doc("  - {name: a, on: {}, when: event.fields.title == 'x', " + observe), []string{"2:29 error", "no event has fields.title", "text is in none"}},
		{"a field that these events lack", doc("  - {name: a, on: {kind: change.merged}, when: event.fields.priority == 'x', " + observe), []string{"2:48 warning", "has fields.priority: only events of jira have it"}},
		{"a field in a path that these events lack", doc("  - {name: a, on: {source: notion}, do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.fields.base}}]}"), []string{"warning", "only events of github have it"}},
		{"a field that some of these events have", doc("  - {name: a, on: {kind: issue.created}, when: event.fields.priority == 'x', " + observe), nil},
		{"an actor's name", doc("  - {name: a, on: {}, when: event.actor.name == 'x', " + observe), []string{"2:29 error", `event.actor has no "name": want id, login, type, association`}},
		{"an actor's name by index", doc("  - {name: a, on: {}, when: 'event.actor[\"name\"] == \"x\"', " + observe), []string{`event.actor has no "name"`}},
		{"an actor's misspelt key", doc("  - {name: a, on: {}, when: has(event.actor.logn), " + observe), []string{"did you mean login?"}},
		{"an actor's keys", doc("  - {name: a, on: {}, when: event.actor.login == 'x' && 'id' in event.actor, " + observe), nil},
		{"a change's unknown key", doc("  - {name: a, on: {}, when: 'event.changes.exists(c, c.name == \"x\")', " + observe), []string{"error", `an element of event.changes has no "name": want field, from, to`}},
		{"a change's key", doc("  - {name: a, on: {}, when: 'event.changes.exists(c, c.to == \"x\") || event.changes[0].field == \"y\"', " + observe), nil},
		{"a link that the tool never takes", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.add_comment, with: {target: 'link.page[*]', body: x}}]}"), []string{"2:77 warning", "jira.add_comment never takes link.page[*] of these events: want event.ref or link.issue[*]"}},
		{"an event that the tool never takes", doc("  - {name: a, on: {source: github}, do: [{step: s, tool: jira.add_comment, with: {target: event.ref, body: x}}]}"), []string{"warning", "never takes event.ref of these events: want link.issue[*]"}},
		{"an event by its kind that the tool never takes", doc("  - {name: a, on: {kind: change.merged}, do: [{step: s, tool: jira.add_comment, with: {target: event.ref, body: x}}]}"), []string{"never takes event.ref"}},
		{"a place that the tool never takes", doc("  - {name: a, on: {source: jira}, do: [{step: s, tool: jira.add_comment, with: {target: event.place, body: x}}]}"), []string{"never takes event.place of these events: want event.ref or link.issue[*]"}},
		{"an event whose place the tool takes, and not itself", doc("  - {name: a, on: {source: github, kind: issue.created}, do: [{step: s, tool: notion.add_comment, with: {target: event.place, body: x}}]}"), []string{"warning", "never takes event.place of these events: want link.page[*]"}},
		{"a place that the tool takes", doc("  - {name: a, on: {source: github, kind: build.finished}, do: [{step: s, tool: github.create_check_run, with: {target: event.place, head_sha: event.fields.head_sha, name: x, conclusion: success, title: x, summary: x}}]}"), nil},
		{"a page that the tool takes", doc("  - {name: a, on: {source: notion}, do: [{step: s, tool: notion.read_page, with: {target: event.ref}}]}"), nil},
		{"targets that the tools take", doc("  - {name: a, on: {source: github}, do: [{step: s, tool: github.add_comment, with: {target: event.ref, body: x}}, {step: t, tool: github.add_comment, with: {target: 'link.change[0]', body: x}}, {step: u, tool: github.add_comment, with: {target: 'link.issue[*]', body: x}}]}"), nil},
		{"a kind that the source never sends", doc("  - {name: a, on: {source: github, kind: page.moved}, " + observe), []string{"2:42 error", "unreachable: github sends no page.moved"}},
		{"never true", doc("  - {name: a, on: {kind: change.merged}, when: event.kind == 'change.closed' && event.ref != '', " + observe), []string{"2:48 error", "when: unreachable"}},
		{"false", doc("  - {name: a, on: {}, when: 'false', " + observe), []string{"when: unreachable"}},
		{"true only of what the source never sends", doc("  - {name: a, on: {}, when: event.source == 'github' && event.kind == 'page.moved', " + observe), []string{"when: unreachable"}},
		{"always true", doc("  - {name: a, on: {source: jira}, when: event.source == 'jira', " + observe), []string{"2:41 warning", "leave it out"}},
		{"an unknown kind decides no when", doc("  - {name: a, on: {kind: change.megred}, when: event.fields.base == 'main', " + observe), []string{"did you mean change.merged?"}},
		{"nor does one that is never sent", doc("  - {name: a, on: {source: jira, kind: change.merged}, when: event.fields.base == 'main', " + observe), []string{"jira sends no change.merged"}},
		{"kinds", doc("  - {name: a, on: {source: github, kind: [change.closed, change.merged]}, when: event.kind == 'change.closed', " + observe), nil},
		{"kinds, one unknown", doc("  - {name: a, on: {kind: [change.closed, change.megred]}, " + observe), []string{"2:42 error", "did you mean change.merged?"}},
		{"kinds, one twice", doc("  - {name: a, on: {kind: [ping, ping]}, " + observe), []string{"2:33 error", `"ping" stands twice`}},
		{"kinds, none", doc("  - {name: a, on: {kind: []}, " + observe), []string{"no kinds"}},
		{"kinds, one never sent", doc("  - {name: a, on: {source: notion, kind: [page.created, change.merged]}, " + observe), []string{"unreachable: notion sends no change.merged"}},
		{"kinds and a when that none of them has", doc("  - {name: a, on: {kind: [change.closed, change.merged]}, when: event.kind == 'ping', " + observe), []string{"when: unreachable"}},
		{"classes of some of the kinds", doc("  - {name: a, on: {kind: [ping, other]}, classify: {classes: [x]}}\n  - {name: b, on: {kind: [ping, page.moved]}, classify: {classes: [y]}}"), nil},
		{"classes of all of the kinds", doc("  - {name: a, on: {kind: [ping, other]}, classify: {classes: [x]}}\n  - {name: b, on: {kind: [ping]}, classify: {classes: [y]}}"), []string{"its classes are unreachable"}},
		{"sometimes true", doc("  - {name: a, on: {source: jira}, when: event.kind == 'issue.created', " + observe), nil},
		{"no event decides it", doc("  - {name: a, on: {}, when: has(event.fields.base) || link.issue.size() > 0, " + observe), nil},
		{"classes after the same when", doc("  - {name: a, on: {}, when: has(event.fields.base), classify: {classes: [x]}}\n  - {name: b, on: {kind: ping}, when: has(event.fields.base), classify: {classes: [y]}}"), []string{"3:73 error", "its classes are unreachable"}},
		{"the same step twice", doc("  - {name: a, on: {}, " + observe + "\n  - {name: b, on: {kind: ping}, when: has(event.fields.base), " + observe), []string{"3:68 warning", "step s of rule a (line 2)"}},
		{"the same step twice in a rule", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.transition, with: {target: event.ref, status: Done}}, {step: t, tool: jira.transition, with: {target: event.ref, status: Done}}]}"), []string{"2:103 warning", "step t does once more what step s of rule a"}},
		{"the same step for other events", doc("  - {name: a, on: {kind: ping}, " + observe + "\n  - {name: b, on: {kind: other}, " + observe), nil},
		{"the same with another tool", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.add_comment, with: {target: event.ref, body: x}}, {step: t, tool: github.add_comment, with: {target: event.ref, body: x}}]}"), nil},
		{"another text", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.add_comment, with: {target: event.ref, body: x}}, {step: t, tool: jira.add_comment, with: {target: event.ref, body: y}}]}"), nil},
		{"another path", doc("  - {name: a, on: {}, do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.type}}, {step: t, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.ref}}]}"), nil},
		{"another step", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.transition, with: {target: event.ref, status: Done}}, {step: t, tool: jira.transition, with: {target: event.ref, status: Open}}]}"), nil},
		{"include", "include: default\ndisable: [two]\n", nil},
		{"include and rules", "include: default\n" + doc("  - {name: a, on: {}, "+observe), nil},
		{"disable nothing", "disable: [one]\nrules: []", []string{"1:10 error", "write `include: default` too"}},
		{"disable another", "include: default\ndisable: [tow]", []string{"2:11 error", "did you mean two?"}},
		{"include another", "include: others", []string{"1:10 error", `include: unknown "others": want default`}},
		{"a built-in name", "include: default\n" + doc("  - {name: one, on: {}, "+observe), []string{"3:12 error", "write `disable: [one]`"}},
		{"a built-in name that is free", "include: default\ndisable: [one]\n" + doc("  - {name: one, on: {}, "+observe), nil},
		{"links without an index", doc("  - {name: a, on: {}, do: [{step: s, tool: jira.add_comment, with: {target: link.issue, body: x}}]}"), []string{"want link.{issue,", "[n], or [*] for each of them"}},
		{"a scalar for a mapping", doc("  - {name: a, on: jira, " + observe), []string{"2:19 error", "on: want a mapping such as {source: …, kind: …}, not a scalar"}},
		{"a tab", "rules:\n\t- name: a\n", []string{"2:1 error", "a tab? YAML is indented with spaces only"}},
		{"a tab further on", "rules:\n  - name: a\n\ton: {}\n", []string{"error", "a tab? YAML is indented with spaces only"}},
		{"YAML", "rules:\n  - name: [", []string{"error", "yaml: "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, findings := rule.Check([]byte(tt.yaml), registry.Tools(), builtIn(t))
			if len(findings) > 1 || len(tt.want) == 0 && len(findings) > 0 || len(tt.want) > 0 && len(findings) == 0 {
				t.Fatalf("findings %+v", findings)
			}
			if (set == nil) != (finding.Errors(findings) != nil) {
				t.Errorf("set %v, findings %+v", set, findings)
			}
			for _, want := range tt.want {
				f := findings[0]
				if got := fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Severity, f.Message); !strings.Contains(got, want) {
					t.Errorf("%s\nlacks %q", got, want)
				}
			}
		})
	}
}

// Faults in what has several lines were told with the line that it begins on.
func TestCheckNamesTheLineOfTheFault(t *testing.T) {
	const multi = `rules:
  - name: a
    on: {}
    when: >-
      event.kind == "ping"
      && event.knd == "x"
      && true
    do:
      - step: label
        tool: github.add_labels
        with:
          target: event.ref
          labels:
            - bug
            - $bug
      - tool: jira.add_comment
        step: label
        with:
          target: link.issue[*]
          body: |
            One
            two ${event.kind}
            three ${event.titel}
      - step: more
        tool: jira.add_comment
        with:
          body: more
          target: $labl.ref
  - on: {}
    when: |
      has(event.fields.labels) &&
        event.fields.labls == "x"
    do: []
    name: a
    classify:
      classes: [x]
`
	_, findings := rule.Check([]byte(multi), registry.Tools(), nil)
	var got []string
	for _, f := range findings {
		got = append(got, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Message))
	}
	for i, want := range []string{
		"6:10 rule a: when: ", "15:15 rule a: step label: with: labels: ", "17:15 rule a: step label: the name is taken",
		"23:21 rule a: step label: with: body: ${event.titel}", "28:19 rule a: step more: $labl: no step", "32:22 rule a: when: no event has fields.labls", "34:11 rule a: the name is taken by line 2",
	} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Errorf("finding %d: want %q of\n%s", i, want, strings.Join(got, "\n"))
		}
	}
}

func TestFindingsStandInTheOrderOfTheFile(t *testing.T) {
	_, findings := rule.Check([]byte("rules:\n  - name: a\n    do: [{step: s, tool: x}]\n    on: {source: y}\n  - {name: a, on: {kind: z}, classify: {classes: [c]}}\n"), registry.Tools(), nil)
	if len(findings) != 4 || !slices.IsSortedFunc(findings, func(a, b finding.Finding) int { return a.Line - b.Line }) {
		t.Errorf("findings %+v", findings)
	}
}

func TestIncludedRulesComeAfterOwnOnes(t *testing.T) {
	own := doc("  - {name: a, on: {}, when: event.kind == 'issue.created', classify: {classes: [mine]}}")
	alone, _ := rule.Check([]byte(own), registry.Tools(), nil)
	set, findings := rule.Check([]byte("include: default\n"+own), registry.Tools(), builtIn(t))
	if len(findings) > 0 || set.Len() != 3 || set.Hash() == alone.Hash() {
		t.Fatalf("%d rules, findings %v", set.Len(), findings)
	}
	event := merged()
	event.Kind = "issue.created"
	if c := set.Classes(event, nil); c == nil || c.Default != "mine" {
		t.Errorf("classes %+v", c)
	}
	event.Kind = "page.updated"
	plan, errs := set.Select(rule.Class{Name: "x", DecidedBy: "metadata"}, event, nil)
	if len(errs) > 0 || len(plan.GetCalls()) != 1 || plan.GetCalls()[0].GetRule() != "one" {
		t.Errorf("plan %v, errors %v", plan, errs)
	}
}

func TestSuggestionsAreNear(t *testing.T) {
	for name, want := range map[string]string{"github.add_coment": "github.add_comment", "slack.post": ""} {
		_, err := rule.Parse([]byte(doc("  - {name: a, on: {}, do: [{step: s, tool: "+name+"}]}")), registry.Tools())
		if err == nil || strings.Contains(err.Error(), "did you mean") != (want != "") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The same file means something else with other built-in rules.
func TestHashCoversIncludedRules(t *testing.T) {
	other, err := rule.Parse([]byte("rules: []"), registry.Tools())
	if err != nil {
		t.Fatal(err)
	}
	one, _ := rule.Check([]byte("include: default"), registry.Tools(), builtIn(t))
	two, _ := rule.Check([]byte("include: default"), registry.Tools(), other)
	if one.Hash() == two.Hash() || len(one.Hash()) != 64 {
		t.Errorf("hashes %s and %s", one.Hash(), two.Hash())
	}
}

func TestAFailingIncludedRuleIsNotSoughtInTheFile(t *testing.T) {
	failing, err := rule.Parse([]byte(doc("  - {name: a, on: {}, when: event.fields.priority, classify: {classes: [x]}}")), registry.Tools())
	if err != nil {
		t.Fatal(err)
	}
	set, _ := rule.Check([]byte("include: default"), registry.Tools(), failing)
	if _, errs := set.Select(rule.Class{}, merged(), nil); len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "rule a (built-in, line 2): ") {
		t.Errorf("errors %v", errs)
	}
}

func TestWarningsLeaveRoomForErrors(t *testing.T) {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "  - {name: a%d, on: {}, when: 'true', %s\n", i, observe)
	}
	_, findings := rule.Check([]byte(doc(b.String()+"  - {name: last, on: {}}")), registry.Tools(), nil)
	if finding.Errors(findings) == nil || len(findings) != 26 {
		t.Errorf("%d findings, errors %v", len(findings), finding.Errors(findings))
	}
}

package rule_test

import (
	"os"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

// doc puts a rule's lines into a file whose first rule is on line 2.
func doc(lines string) string { return "rules:\n" + lines }

const head = "  - {name: a, on: {source: github, kind: change.merged}, "

func TestParseRefuses(t *testing.T) {
	comment := func(with string) string {
		return doc(head + "do: [{step: s, tool: jira.add_comment, with: {" + with + "}}]}\n")
	}
	tests := []struct {
		name, yaml string
		want       []string
	}{
		{"empty file", "", []string{"the file is empty"}},
		{"no mapping", "- a", []string{"line 1: the file: want a mapping such as {rules: …, include: …}, not a list"}},
		{"no rules", "{}", []string{`line 1: the file: no key "rules"`}},
		{"unknown top key", "rules: []\nrule: []", []string{`line 2: the file: unknown key "rule": want rules, include, disable (did you mean rules?)`}},
		{"twice", "rules: []\nrules: []", []string{`line 2: the file: key "rules" stands twice`}},
		{"two documents", "rules: []\n---\nrules: []", []string{"only one document is read"}},
		{"broken YAML", "rules: [", []string{"line 1: yaml: "}},
		{"alias", "rules: &a [*a]", []string{"an alias"}},
		{"rule is a scalar", doc("  - x"), []string{"line 2: rule 1: want a mapping such as {name: …, on: …}, not a scalar"}},
		{"no name, no on", doc("  - when: 'true'\n"), []string{`rule 1: no key "name"`, `rule 1: no key "on"`, "it does nothing"}},
		{"bad name", doc("  - {name: A b, on: {}, classify: {classes: [x]}}"), []string{`the name "A b"`}},
		{"unknown rule key", doc("  - name: a\n    on: {}\n    then: []\n    classify: {classes: [x]}"), []string{`line 4: rule 1: unknown key "then"`}},
		{"unknown source", doc("  - {name: a, on: {source: gitlab}, classify: {classes: [x]}}"), []string{`unknown source "gitlab": want github, jira, notion`}},
		{"unknown kind", doc("  - {name: a, on: {kind: merged}, classify: {classes: [x]}}"), []string{`unknown kind "merged"`}},
		{"duplicate rule", doc("  - {name: a, on: {kind: ping}, classify: {classes: [x]}}\n  - {name: a, on: {kind: other}, classify: {classes: [x]}}"), []string{"line 3: rule a: the name is taken by line 2"}},
		{"unreachable classes", doc("  - {name: a, on: {}, classify: {classes: [x]}}\n  - {name: b, on: {kind: ping}, classify: {classes: [y]}}"), []string{"line 3: rule b: its classes are unreachable: rule a (line 2)"}},
		{"offer", doc(head + "offer: {}}"), []string{"line 2: rule a: offer: steps can't be offered yet"}},
		{"no default", doc(head + "classify: {classes: [x, y]}}"), []string{`classify: no key "default"`}},
		{"default not declared", doc(head + "classify: {classes: [x, y], default: z}}"), []string{`the default "z" is none of its classes`}},
		{"no classes", doc(head + "classify: {classes: []}}"), []string{"classify: no classes"}},
		{"undeclared class", doc(head + "classify: {classes: [x]}, do: [{step: s, tool: jira.transition, for: [y], with: {target: event.ref, status: Done}}]}"), []string{`for: class "y" is not declared`}},
		{"unknown tool", doc(head + "do: [{step: s, tool: jira.delete}]}"), []string{`unknown tool "jira.delete": want`, "jira.add_comment"}},
		{"read tool", doc(head + "do: [{step: s, tool: timeline}]}"), []string{"timeline only answers questions"}},
		{"missing argument", comment("target: event.ref"), []string{`jira.add_comment needs "body"`}},
		{"unknown argument", comment("target: event.ref, body: x, to: y"), []string{`with: unknown key "to": want target, body`}},
		{"duplicate step", doc(head + "do: [{step: s, tool: jira.transition, with: {target: event.ref, status: Done}}, {step: s, tool: jira.transition, with: {target: event.ref, status: Done}}]}"), []string{"step s: the name is taken"}},
		{"target as text", comment("target: ACME-7, body: x"), []string{`with: target: "ACME-7" is no path`}},
		{"target names no object", comment("target: event.kind, body: x"), []string{`"event.kind" names no object`}},
		{"target from text", comment("target: event.text.parts, body: x"), []string{"text names no object"}},
		{"the result of no step", comment("target: $create.ref, body: x"), []string{"$create: no step create stands before it"}},
		{"the result of a later step", doc(head + "do: [" + follow + ", " + create + "]}"), []string{"no step create stands before it"}},
		{"its own result", doc(head + "do: [{step: s, tool: jira.add_comment, with: {target: $s.ref, body: x}}]}"), []string{"no step s stands before it"}},
		{"a URL as a target", comment("target: $create.url, body: x"), []string{`"$create.url" names no object: want $create.ref`}},
		{"another part of a result", comment("target: $create.body, body: x"), []string{`"$create.body" is no path: want $<step>.ref`}},
		{"a result of the memory", doc(head + "do: [{step: create, tool: facts.observe, with: {target: event.ref, name: event.kind}}, " + follow + "]}"), []string{"facts.observe makes nothing"}},
		{"a result for the memory", doc(head + "do: [" + create + ", {step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: $create.url}}]}"), []string{"written with the plan, before any step has a result"}},
		{"one result of several", doc(head + "do: [{step: create, tool: jira.add_comment, with: {target: 'link.issue[*]', body: x}}, " + follow + "]}"), []string{"may be done for several objects"}},
		{"a choice that the tool never takes", doc(head + "do: [{step: s, tool: slack.post_message, with: {channel: '#general', body: x}}]}"), []string{`with: channel: "#general" is none that the tool takes`}},
		{"too many choices of a list", doc(head + "do: [{step: s, tool: github.add_labels, with: {target: event.ref, labels: [a, b, c, d, e, f, g, h, i, j, k]}}]}"), []string{"want 1 to 10 values, not 11"}},
		{"a choice twice", doc(head + "do: [{step: s, tool: github.add_labels, with: {target: event.ref, labels: [a, a]}}]}"), []string{`labels: "a" stands twice`}},
		{"unknown link kind", comment("target: 'link.ticket[0]', body: x"), []string{"is no path: want link.{issue,"}},
		{"index too large", comment("target: 'link.issue[5]', body: x"), []string{"want an index from 0 to 4"}},
		{"index with zeros", comment("target: 'link.issue[00]', body: x"), []string{"want an index from 0 to 4"}},
		{"field ranges over links", doc(head + "do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: 'link.issue[*]'}}]}"), []string{"only a target may range over links"}},
		{"field unknown", doc(head + "do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.dedup_key}}]}"), []string{`"event.dedup_key" is unknown`}},
		{"choice as expression", doc(head + "do: [{step: s, tool: jira.transition, with: {target: event.ref, status: '${event.kind}'}}]}"), []string{"not an expression"}},
		{"more choices than tools takes", doc(head + "do: [{step: s, tool: jira.transition, with: {target: event.ref, status: [Done, Closed]}}]}"), []string{"line 2: rule a: step s: with: status: want exactly one value, not 2"}},
		{"no choice", doc(head + "do: [{step: s, tool: jira.transition, with: {target: event.ref, status: []}}]}"), []string{"line 2: rule a: step s: with: status: want exactly one value, not 0"}},
		{"text is a list", comment("target: event.ref, body: [x]"), []string{"want a value, not a list"}},
		{"text in a template", comment("target: event.ref, body: '${event.text.parts[0].value}'"), []string{"event.text is text that people wrote", "never"}},
		{"template not closed", comment("target: event.ref, body: '${event.kind'"), []string{"${ is not closed by }"}},
		{"template empty", comment("target: event.ref, body: '${ }'"), []string{"${} is empty"}},
		{"template of a list", comment("target: event.ref, body: '${link.issue}'"), []string{"its value is of type list(string)"}},
		{"when reads text", doc("  - name: a\n    on: {}\n    when: event.text.parts.size() > 0\n    classify: {classes: [x]}"), []string{"line 4: rule a: when: column 1: event.text is text that people wrote"}},
		{"when is a string", doc("  - {name: a, on: {}, when: event.kind, classify: {classes: [x]}}"), []string{"its value is of type string: want bool"}},
		{"when is broken", doc("  - {name: a, on: {}, when: 'event.kind ==', classify: {classes: [x]}}"), []string{"when: column", "Syntax error"}},
		{"when has a broken pattern", doc("  - {name: a, on: {}, when: 'event.kind.matches(\"(\")', classify: {classes: [x]}}"), []string{"when: "}},
		{"when walks a map", doc("  - {name: a, on: {}, when: 'event.fields.exists(k, k == \"x\")', classify: {classes: [x]}}"), []string{"a map has no order"}},
		{"when is too long", doc("  - {name: a, on: {}, when: '" + strings.Repeat("true || ", 600) + "true', classify: {classes: [x]}}"), []string{"when: "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rule.Parse([]byte(tt.yaml), registry.Tools())
			if err == nil {
				t.Fatal("Parse accepted it")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error:\n%v\nlacks %q", err, want)
				}
			}
		})
	}
}

func TestParseNamesEverythingWrong(t *testing.T) {
	_, err := rule.Parse([]byte(doc("  - {name: a, on: {kind: x}, do: [{step: s, tool: y}]}\n  - {name: b, on: {source: z}, when: '1', classify: {classes: [c]}}")), registry.Tools())
	if err == nil {
		t.Fatal("Parse accepted it")
	}
	if got := strings.Count(err.Error(), "\n") + 1; got != 4 {
		t.Errorf("%d errors, want 4:\n%v", got, err)
	}
}

func TestDefaultRulesLoad(t *testing.T) {
	data, err := os.ReadFile("../../rules/default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, findings := rule.Check(data, registry.Tools(), nil)
	if len(findings) > 0 || set.Len() != 10 || len(set.Hash()) != 64 {
		t.Errorf("findings %v, Len() = %d, Hash() = %q", findings, set.Len(), set.Hash())
	}
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("../../rules/default.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data))
	f.Add(doc(head + "classify: {classes: [x, y], default: x}, when: 'link.issue.size() > 0', do: [{step: s, tool: jira.transition, for: [y], with: {target: 'link.issue[*]', status: [Done]}}]}"))
	f.Add(doc(head + "do: [{step: s, tool: jira.add_comment, with: {target: event.ref, body: '$${a} ${ {\"}\": 1}.size() }'}}]}"))
	f.Add("include: default\ndisable: [triage]\n" + doc(head+"when: 'event.kind == \"ping\" && has(event.fields.labls)', classify: {classes: [x]}}"))
	tools := registry.Tools()
	defaults, err := rule.Parse(data, tools)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data string) {
		set, findings := rule.Check([]byte(data), tools, defaults)
		for _, f := range findings {
			if f.Message == "" || f.Line < 0 || f.Line > 0 && f.Column < 1 {
				t.Errorf("finding %+v", f)
			}
		}
		if set == nil {
			return
		}
		plan, _ := set.Select(rule.Class{Name: "x", DecidedBy: "metadata"}, merged(), links())
		if len(plan.GetCalls()) > 100 {
			t.Errorf("%d calls", len(plan.GetCalls()))
		}
	})
}

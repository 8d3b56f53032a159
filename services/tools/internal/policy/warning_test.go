package policy_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

func TestWarnings(t *testing.T) {
	const pairs = "pairs: [[github:acme/api, jira:ACME]]\n"
	tests := map[string]struct{ policy, want string }{
		"none":                        {paired, ""},
		"an event's place for others": {pairs + "choices: {jira.transition: {github:acme/api: {status: [Done]}}}", "line 2: status of jira.transition is listed for the place that is acted on, and github:acme/api is none of jira's"},
		"a pattern of others":         {pairs + "choices: {jira.transition: {'github:*': {status: [Done]}}}", "is none of jira's"},
		"every place":                 {pairs + "choices: {jira.transition: {'*': {status: [Done]}}}", ""},
		"a second site":               {pairs + "choices: {jira.transition: {'jira@eu:*': {status: [Done]}}}", ""},
		"no pair":                     {pairs + "choices: {jira.transition: {jira:WEB: {status: [Done]}}}", "jira:WEB is in no pair: only events of its own can use this"},
		"memory needs no pair":        {"choices: {records.set: {jira:WEB: {name: [stage]}}}", ""},
		"narrowed away":               {pairs + "choices: {jira.transition: {jira:ACME: {status: [Done]}}}\ntargets: {jira.transition: ['jira:WEB*']}", "line 2: jira.transition never acts in jira:ACME: targets doesn't list it"},
		"a channel by its own place":  {"choices: {slack.post_message: {slack:C0123: {channel: [C0123]}}}", "no event comes from slack:C0123"},
		"channels by their place":     {"choices: {slack.post_message: {'slack:*': {channel: [C0123]}}}", "no event comes from slack:*"},
		"a channel for every event":   {"choices: {slack.post_message: {'*': {channel: [C0123]}}}", ""},
		"a channel narrowed away":     {"choices: {slack.post_message: {'*': {channel: [C0123]}}}\ntargets: {slack.post_message: [slack:C0999]}", "slack.post_message never acts in slack:C0123"},
		"a project's types":           {"choices: {jira.create_issue: {github:acme/api: {project: [OPS]}, jira:OPS: {issue_type: [Bug]}}}", ""},
		"another project's types":     {"choices: {jira.create_issue: {github:acme/api: {project: [OPS]}, jira:WEB: {issue_type: [Bug]}}}", "no choice of jira.create_issue leads to jira:WEB"},
		"a target of another kind":    {"targets: {jira.add_comment: ['github:acme/*']}", "jira.add_comment never acts in github:acme/*: its targets are jira's"},
		"nowhere":                     {"targets: {jira.add_comment: []}", ""},
		"a place that nothing uses":   {"places: {jira:WEB: private}", "line 1: jira:WEB is in no pair and no choice leads there or from there"},
		"a channel's visibility":      {"places: {slack:C0123: private}\nchoices: {slack.post_message: {github:acme/api: {channel: [C0123]}}}", ""},
		"an event's visibility":       {"places: {github:acme/api: public}\nchoices: {slack.post_message: {'github:acme/*': {channel: [C0123]}}}", ""},
		"the kill switch":             {"kill_switch: on", "line 1: kill_switch is on: whatever would act outside is refused"},
		"a dry run":                   {"dry_run: true", "dry_run is on"},
		"no dry run":                  {"dry_run: false\nkill_switch: false", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, findings := policy.Check([]byte(test.policy), registry.Tools())
			if p == nil || len(findings) > 1 || (len(findings) == 1) != (test.want != "") {
				t.Fatalf("findings %v", findings)
			}
			if test.want != "" && (findings[0].Severity != finding.Warning || !strings.Contains(findings[0].Error(), test.want)) {
				t.Errorf("got %q, want %q", findings[0].Error(), test.want)
			}
		})
	}
}

func TestFindingsHaveTheirPlaceInOrder(t *testing.T) {
	_, findings := policy.Check([]byte("tires: {}\npairs:\n  - [github:acme/api]\n  - [x, jira:ACME]\n"), registry.Tools())
	var lines []int
	for _, f := range findings {
		lines = append(lines, f.Line)
		if f.Severity != finding.Error || f.Column == 0 {
			t.Errorf("%+v", f)
		}
	}
	if len(lines) != 3 || lines[0] != 1 || lines[1] != 3 || lines[2] != 4 || !strings.Contains(findings[0].Message, "did you mean tiers?") {
		t.Errorf("findings %v", findings)
	}
	for source, want := range map[string]string{
		"choices: {records.set: {*: {name: [x]}}}": `stands in quotes`,
		"pairs: [":         "line 1: ",
		"a: 1\n---\nb: 2":  "a policy is one document",
		"max_calls: 1\n\t": "line 2: ",
	} {
		_, findings := policy.Check([]byte(source), registry.Tools())
		if len(findings) != 1 || !strings.Contains(findings[0].Error(), want) {
			t.Errorf("%q: %v", source, findings)
		}
	}
}

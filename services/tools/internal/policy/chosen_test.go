package policy_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

const channels = `
places: {slack:C0123: private, jira:OPS: private, "notion:0123456789abcdef0123456789abcdef": private}
choices:
  slack.post_message: {github:acme/api: {channel: [C0123, C0PUBLIC]}}
  github.create_issue: {github:acme/api: {repository: [acme/API, acme/ops]}}
  jira.create_issue:
    github:acme/*: {project: [OPS]}
    jira:OPS: {issue_type: [Bug]}
  notion.create_page: {github:acme/api: {database: [0123456789abcdef0123456789abcdef]}}
`

// Targets that are choices are listed for the event's place; no pair is needed,
// and everything else holds.
func TestTargetsThatAreChoices(t *testing.T) {
	post := func(channel string) *toolsv1.PlannedCall {
		return call("post", "slack.post_message", "channel!"+channel, "body:merged")
	}
	create := call("create", "jira.create_issue", "project!OPS", "issue_type!Bug", "summary:broken")
	elsewhere := merged()
	elsewhere.Ref, elsewhere.Place = "github:pr:evil/fork#1", "github:repo:evil/fork"
	nowhere := merged()
	nowhere.Place = ""
	byStranger := merged()
	byStranger.Actor = stranger
	tests := map[string]struct {
		policy, authn string
		event         *eventv1.WebhookEvent
		call          *toolsv1.PlannedCall
		want          string // state reason target
	}{
		"a channel":               {channels, "signature", merged(), post("C0123"), "queued  slack:channel:C0123"},
		"no such choice":          {channels, "signature", merged(), post("C0999"), "refused choice slack:channel:C0999"},
		"no choices":              {"", "signature", merged(), post("C0123"), "refused choice slack:channel:C0123"},
		"an event of elsewhere":   {channels, "signature", elsewhere, post("C0123"), "refused choice slack:channel:C0123"},
		"an event of nowhere":     {channels, "signature", nowhere, post("C0123"), "refused choice slack:channel:C0123"},
		"listed for the target":   {"choices: {slack.post_message: {slack:C0123: {channel: [C0123]}}}", "signature", merged(), post("C0123"), "refused choice slack:channel:C0123"},
		"not known to be private": {channels, "signature", merged(), post("C0PUBLIC"), "held private_to_public slack:channel:C0PUBLIC"},
		"narrowed to it":          {channels + "targets: {slack.post_message: ['slack:C*']}", "signature", merged(), post("C0123"), "queued  slack:channel:C0123"},
		"narrowed to another":     {channels + "targets: {slack.post_message: [slack:C0999]}", "signature", merged(), post("C0123"), "refused target slack:channel:C0123"},
		"a token's event":         {channels, "token", merged(), post("C0123"), "refused authn "},
		"an operator's event":     {channels, "operator", merged(), post("C0123"), "dry_run operator_event slack:channel:C0123"},
		"a stranger, off":         {channels + "tiers: {untrusted: off}", "signature", byStranger, post("C0123"), "refused tier_off slack:channel:C0123"},
		"the event's own place":   {channels, "signature", merged(), call("c", "github.create_issue", "repository!acme/API", "title:x"), "queued  github:repo:acme/api"},
		"a repository not known":  {channels, "signature", merged(), call("c", "github.create_issue", "repository!acme/ops", "title:x"), "held private_to_public github:repo:acme/ops"},
		"a project":               {channels, "signature", merged(), create, "queued  jira:project:OPS"},
		"a type not listed":       {channels, "signature", merged(), call("c", "jira.create_issue", "project!OPS", "issue_type!Epic", "summary:x"), "refused choice jira:project:OPS"},
		"a database":              {channels, "signature", merged(), call("c", "notion.create_page", "database!0123456789abcdef0123456789abcdef", "title:x"), "queued  notion:database:0123456789abcdef0123456789abcdef"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := decide(t, parse(t, test.policy), test.event, test.authn, test.call)
			if err != nil {
				t.Fatal(err)
			}
			if line := fmt.Sprintf("%s %s %s", got[0].State, got[0].Reason, got[0].Target); line != test.want {
				t.Errorf("got %q, want %q; %v", line, test.want, got[0].Evidence)
			}
		})
	}
}

// Calls of one step are told apart by the targets that they choose, and the
// executor is given the choice too.
func TestChosenTargetsTellCallsApart(t *testing.T) {
	p := parse(t, channels)
	one, two := call("post", "slack.post_message", "channel!C0123", "body:x"), call("post", "slack.post_message", "channel!C0PUBLIC", "body:x")
	got, err := decide(t, p, merged(), "signature", one, two)
	if err != nil || got[0].TargetPath != "slack:channel:C0123" || got[1].TargetPath != "slack:channel:C0PUBLIC" {
		t.Fatalf("%+v %v", got, err)
	}
	if want := map[string]any{"channel": "C0123", "body": "x"}; !reflect.DeepEqual(got[0].Payload, want) {
		t.Errorf("payload %v", got[0].Payload)
	}
	if _, err := decide(t, p, merged(), "signature", one, one); err == nil || !strings.Contains(err.Error(), "planned twice") {
		t.Errorf("twice: %v", err)
	}
	plan := &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{ownComment, one, two}}
	if want := []string{"slack:channel:C0123", "slack:channel:C0PUBLIC"}; !reflect.DeepEqual(policy.Chosen(plan, registry.Tools()), want) {
		t.Errorf("chosen %q", policy.Chosen(plan, registry.Tools()))
	}
}

// Told counts for the places of chosen targets as for others.
func TestChosenTargetsVisibility(t *testing.T) {
	p, e := parse(t, channels), merged()
	plan := &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{call("c", "github.create_issue", "repository!acme/ops", "title:x")}}
	for told, want := range map[string]string{"public": "held", "private": "queued"} {
		got, err := p.Decide(policy.Case{
			Event: e, Authn: "signature", Told: map[string]string{"github:repo:acme/ops": told}, Plan: plan, Tools: registry.Tools(),
		})
		if err != nil || got[0].State != want {
			t.Errorf("told %s: %+v %v", told, got, err)
		}
	}
}

func TestListsOfChoices(t *testing.T) {
	p := parse(t, "choices: {github.add_labels: {github:acme/api: {labels: [bug, ui]}}}")
	tests := map[string]string{"bug": "queued ", "bug|ui": "queued ", "bug|critical": "refused choice", "critical": "refused choice"}
	for values, want := range tests {
		got, err := decide(t, p, merged(), "signature", call("label", "github.add_labels", "target=event.ref", "labels!"+values))
		if err != nil || got[0].State+" "+got[0].Reason != want {
			t.Errorf("%s: %+v %v", values, got, err)
			continue
		}
		if list, ok := got[0].Payload["labels"].([]any); !ok || len(list) != 1+strings.Count(values, "|") {
			t.Errorf("%s: payload %v", values, got[0].Payload)
		}
	}
	for _, values := range []string{"bug|bug", "1|2|3|4|5|6|7|8|9|10|11"} {
		_, err := decide(t, p, merged(), "signature", call("label", "github.add_labels", "target=event.ref", "labels!"+values))
		if err == nil || !strings.Contains(err.Error(), "labels must be 1 to 10 different choices") {
			t.Errorf("%s: %v", values, err)
		}
	}
}

// A read outside is planned like an effect: it may be refused, and tells nobody.
func TestReadsOutside(t *testing.T) {
	page := &eventv1.WebhookEvent{Source: "notion", Kind: "page.updated", Ref: "notion:page:00000000000000000000000000000001", Place: "notion:workspace:00000000000000000000000000000002"}
	read := call("read", "notion.read_page", "target=event.ref")
	for authn, want := range map[string]string{"signature": "queued ", "token": "refused authn", "operator": "dry_run operator_event"} {
		got, err := decide(t, policy.Default(), page, authn, read)
		if err != nil || got[0].State+" "+got[0].Reason != want || got[0].Class != "read" {
			t.Errorf("%s: %+v %v", authn, got, err)
		}
	}
}

// A step's result is a target for later ones: policy let it be made.
func TestResultsOfEarlierSteps(t *testing.T) {
	p, e := parse(t, channels), merged()
	create := call("create", "jira.create_issue", "project!OPS", "issue_type!Bug", "summary:broken")
	tell := call("tell", "jira.add_comment", "target=$create.ref", "body:see there")
	link := call("link", "jira.link_remote", "target=$create.ref", "object=event.ref", "title:the change")
	note := call("note", "facts.observe", "target=event.ref", "name=event.kind", "value=$create.url")
	wrong := call("wrong", "github.add_comment", "target=$create.ref", "body:x")
	c := policy.Case{Event: e, Authn: "signature", Plan: &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{create, tell, link, note, wrong}}, Tools: registry.Tools()}
	states := func(c policy.Case) (out []string) {
		got, err := p.Decide(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range got {
			out = append(out, strings.TrimSpace(d.State+" "+d.Reason+" "+d.Target))
		}
		return out
	}
	c.Results = map[string]policy.Result{}
	if want := []string{"queued  jira:project:OPS", "queued dependency", "queued dependency", "skipped dependency github:pr:acme/api#42", "queued dependency"}; !reflect.DeepEqual(states(c), want) {
		t.Errorf("before: %q", states(c))
	}
	c.Results[policy.StepName("rule", "create")] = policy.Result{Ref: "jira:issue:OPS-1", URL: "https://acme.atlassian.net/browse/OPS-1"}
	if want := []string{"queued  jira:project:OPS", "queued  jira:issue:OPS-1", "queued  jira:issue:OPS-1", "skipped dependency github:pr:acme/api#42", "refused target jira:issue:OPS-1"}; !reflect.DeepEqual(states(c), want) {
		t.Errorf("after: %q", states(c))
	}
	c.Results = nil
	if got := states(c); got[1] != "skipped dependency" {
		t.Errorf("nobody looks again: %q", got)
	}
}

// A page's ref doesn't say where it is: a further step on one that was made was refused.
func TestAPageThatWasMadeIsWhereItWasMade(t *testing.T) {
	const tasks, other = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
	allowed := channels + `
  notion.update_status:
    notion:` + tasks + `: {status: [Done]}
    notion:` + other + `: {status: [Later]}
`
	create := call("create", "notion.create_page", "database!"+tasks, "title:x")
	note := call("note", "notion.add_comment", "target=$create.ref", "body:x")
	status := func(from, word string) *toolsv1.PlannedCall {
		return call("status", "notion.update_status", "target=$"+from+".ref", "status!"+word)
	}
	moved := call("move", "jira.transition", "target=event.ref", "status!Done")
	const page = "notion:page:00000000000000000000000000000001"
	for name, tt := range map[string]struct {
		policy string
		calls  []*toolsv1.PlannedCall
		made   map[string]string
		want   string // of the last call
	}{
		"listed for its data source":    {allowed, []*toolsv1.PlannedCall{create, status("create", "Done")}, map[string]string{"create": page}, "queued "},
		"by way of another step":        {allowed, []*toolsv1.PlannedCall{create, note, status("note", "Done")}, map[string]string{"create": page, "note": page}, "queued "},
		"no choice":                     {allowed, []*toolsv1.PlannedCall{create, note}, map[string]string{"create": page}, "queued "},
		"listed for another":            {allowed, []*toolsv1.PlannedCall{create, status("create", "Later")}, map[string]string{"create": page}, "refused choice"},
		"listed for none":               {channels, []*toolsv1.PlannedCall{create, status("create", "Done")}, map[string]string{"create": page}, "refused choice"},
		"narrowed to another":           {allowed + "targets: {notion.add_comment: [notion:" + other + "]}", []*toolsv1.PlannedCall{create, note}, map[string]string{"create": page}, "refused target"},
		"narrowed to it":                {allowed + "targets: {notion.add_comment: [notion:" + tasks + "]}", []*toolsv1.PlannedCall{create, note}, map[string]string{"create": page}, "queued "},
		"not known to be private":       {strings.Replace(allowed, `"notion:`+tasks+`": private`, `"notion:`+other+`": private`, 1), []*toolsv1.PlannedCall{create, note}, map[string]string{"create": page}, "held private_to_public"},
		"a page of a step without one":  {allowed, []*toolsv1.PlannedCall{moved, status("move", "Done")}, map[string]string{"move": page}, "refused choice"},
		"the result of another's place": {allowed, []*toolsv1.PlannedCall{call("create", "slack.post_message", "channel!C0123", "body:x"), status("create", "Done")}, map[string]string{"create": page}, "refused choice"},
		"off":                           {allowed + "tiers: {trusted: off, untrusted: off}", []*toolsv1.PlannedCall{create, note}, map[string]string{"create": page}, "refused tier_off"},
	} {
		t.Run(name, func(t *testing.T) {
			results := map[string]policy.Result{}
			for step, ref := range tt.made {
				results[policy.StepName("rule", step)] = policy.Result{Ref: ref}
			}
			got, err := parse(t, tt.policy).Decide(policy.Case{
				Event: merged(), Authn: "signature", Plan: &toolsv1.Plan{Calls: tt.calls}, Tools: registry.Tools(), Results: results,
			})
			if err != nil {
				t.Fatal(err)
			}
			if last := got[len(got)-1]; last.State+" "+last.Reason != tt.want {
				t.Errorf("got %s %s, want %s; %v", last.State, last.Reason, tt.want, last.Evidence)
			}
		})
	}
	if _, findings := policy.Check([]byte(allowed), registry.Tools()); len(findings) != 1 || !strings.Contains(findings[0].Message, other) {
		t.Errorf("findings %v: only what no choice leads to is odd", findings)
	}
}

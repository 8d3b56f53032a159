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

// ends are what became of each call: "queued", "refused budget".
func ends(t *testing.T, p *policy.Policy, c policy.Case, calls ...*toolsv1.PlannedCall) []string {
	t.Helper()
	c.Plan, c.Tools = &toolsv1.Plan{Calls: calls}, registry.Tools()
	got, err := p.Decide(c)
	if err != nil {
		t.Fatal(err)
	}
	words := make([]string, 0, len(got))
	for _, d := range got {
		word := d.State
		if d.Reason != "" {
			word += " " + d.Reason
		}
		words = append(words, word)
	}
	return words
}

func TestBudgets(t *testing.T) {
	byStranger, byNobody := merged(), merged()
	byStranger.Actor, byNobody.Actor = stranger, nil
	byNobody.Text = nil
	second := call("second", "github.add_comment", "target=event.ref", "body:more")
	const both = "budgets: {untrusted_actor: 2/h, place: 3/h}"
	tests := map[string]struct {
		policy string
		event  *eventv1.WebhookEvent
		spent  policy.Spent
		want   []string
	}{
		"none set":                 {"", byStranger, policy.Spent{Actor: 1000, Place: 1000}, []string{"queued", "queued"}},
		"within":                   {both, byStranger, policy.Spent{}, []string{"queued", "queued"}},
		"the second is too much":   {both, byStranger, policy.Spent{Actor: 1}, []string{"queued", "refused budget"}},
		"spent":                    {both, byStranger, policy.Spent{Actor: 2}, []string{"refused budget", "refused budget"}},
		"trusted":                  {both, merged(title("x", member)), policy.Spent{Actor: 9}, []string{"queued", "queued"}},
		"the place's":              {both, merged(title("x", member)), policy.Spent{Place: 2}, []string{"queued", "refused budget"}},
		"nobody named":             {both, byNobody, policy.Spent{Place: 2}, []string{"refused budget", "refused budget"}},
		"none at all":              {"budgets: {untrusted_actor: 0/h}", byStranger, policy.Spent{}, []string{"refused budget", "refused budget"}},
		"what is held spends none": {both + "\ntiers: {untrusted: hold}", byStranger, policy.Spent{Actor: 9}, []string{"held tier", "held tier"}},
		"a dry run spends none":    {both + "\ndry_run: true", byStranger, policy.Spent{Actor: 9}, []string{"dry_run policy", "dry_run policy"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ends(t, parse(t, test.policy), policy.Case{Event: test.event, Authn: "signature", Spent: test.spent}, ownComment, second)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Nothing is counted that no budget asks for.
func TestBudgetsNameWhatIsCounted(t *testing.T) {
	byStranger, byNobody := merged(), merged()
	byStranger.Actor, byNobody.Actor = stranger, nil
	byNobody.Text = nil
	for name, test := range map[string]struct {
		policy string
		event  *eventv1.WebhookEvent
		want   string
	}{
		"no budgets":         {"", byStranger, " "},
		"a stranger":         {"budgets: {untrusted_actor: 1/h}", byStranger, "github:user:mallory "},
		"a member":           {"budgets: {untrusted_actor: 1/h}", merged(title("x", member)), " "},
		"a place":            {"budgets: {place: 1/h}", byStranger, " github:repo:acme/api"},
		"nobody, so a place": {"budgets: {untrusted_actor: 1/h}", byNobody, " github:repo:acme/api"},
	} {
		actor, place := parse(t, test.policy).Budgets(test.event)
		if got := actor + " " + place; got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The kill switch and own events end what goes outside, and no memory.
func TestWhatEndsEverythingOutside(t *testing.T) {
	for name, test := range map[string]struct {
		policy string
		c      policy.Case
		want   []string
	}{
		"kill switch":   {"kill_switch: true", policy.Case{Authn: "signature"}, []string{"refused kill_switch", "done", "refused kill_switch"}},
		"and dry run":   {"kill_switch: true\ndry_run: true", policy.Case{Authn: "operator"}, []string{"refused kill_switch", "done", "refused kill_switch"}},
		"off":           {"kill_switch: false\ndry_run: false", policy.Case{Authn: "signature"}, []string{"queued", "done", "refused no_such_link"}},
		"own event":     {"", policy.Case{Authn: "signature", Own: "by our account"}, []string{"refused own_event", "done", "refused own_event"}},
		"all a dry run": {"dry_run: true", policy.Case{Authn: "signature"}, []string{"dry_run policy", "done", "refused no_such_link"}},
	} {
		test.c.Event = merged()
		p := parse(t, test.policy)
		got := ends(t, p, test.c, ownComment, observation, call("read", "notion.read_page", "target=link.page[0]"))
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		if p.Killed() != (test.want[0] == "refused kill_switch") || p.DryRun() != (name == "all a dry run" || name == "and dry run") {
			t.Errorf("%s: killed %t, dry run %t", name, p.Killed(), p.DryRun())
		}
	}
}

func TestTiersOfTools(t *testing.T) {
	byStranger := merged()
	byStranger.Actor = stranger
	p := parse(t, "tiers: {untrusted: hold, tools: {github.add_comment: {untrusted: auto}, github.add_labels: {trusted: off}}}\nchoices: {github.add_labels: {'*': {labels: [bug]}}}")
	label := call("label", "github.add_labels", "target=event.ref", "labels!bug")
	for name, test := range map[string]struct {
		event *eventv1.WebhookEvent
		want  []string
	}{
		"a stranger": {byStranger, []string{"queued", "held tier"}},
		"a member":   {merged(title("x", member)), []string{"queued", "refused tier_off"}},
	} {
		if got := ends(t, p, policy.Case{Event: test.event, Authn: "signature"}, ownComment, label); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestParseRefusesLimits(t *testing.T) {
	for source, want := range map[string]string{
		"budgets: {untrusted_actor: 10}":                `line 1: "10" is no budget: write calls an hour, such as 10/h`,
		"budgets: {untrusted_actor: 10/d}":              `"10/d" is no budget`,
		"budgets: {place: -1/h}":                        `"-1/h" is no budget`,
		"budgets: {actor: 1/h}":                         `unknown key "actor" in budgets: want untrusted_actor, place`,
		"kill_switch: on":                               "",
		"kill_switch: 1":                                "line 1: kill_switch is true or false",
		"dry_run: maybe":                                "line 1: dry_run is true or false",
		"tiers:\n  tools: {jira.none: {trusted: off}}":  `line 2: unknown tool "jira.none"`,
		"tiers: {tools: {records.set: {trusted: off}}}": "records.set acts nowhere outside",
		"tiers: {tools: {timeline: {trusted: off}}}":    "timeline acts nowhere outside",
		"tiers: {tools: {jira.assign: {bots: off}}}":    `unknown key "bots" in tiers of jira.assign`,
		"tiers: {tools: {jira.assign: {trusted: no}}}":  `"no" must be one of auto, hold, off`,
		"pairs: [[github:acme/api, slack:C0123]]":       "no event comes from a Slack channel",
		"places: {slack:general: private}":              "is no place",
	} {
		_, err := policy.Parse([]byte(source), registry.Tools())
		if got := fmt.Sprint(err); want != "" && !strings.Contains(got, want) || want == "" && err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

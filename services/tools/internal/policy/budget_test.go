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
	return worded(got)
}

func worded(decisions []policy.Decision) []string {
	words := make([]string, 0, len(decisions))
	for _, d := range decisions {
		word := d.State
		if d.Reason != "" {
			word += " " + d.Reason
		}
		words = append(words, word)
	}
	return words
}

// What a call would draw on is named, and of what is drawn the plan's own calls count, too.
func TestBudgets(t *testing.T) {
	byStranger, byNobody, nowhere := merged(), merged(), merged()
	byStranger.Actor, byNobody.Actor, nowhere.Actor = stranger, nil, nil
	byNobody.Text, nowhere.Text, nowhere.Place = nil, nil, ""
	second := call("second", "github.add_comment", "target=event.ref", "body:more")
	waiting := call("waiting", "github.add_comment", "target=$own.ref", "body:more")
	mallory, place := policy.Purse{Actor: "github:user:mallory"}, policy.Purse{Place: "github:repo:acme/api"}
	const both = "budgets: {untrusted_actor: 2/h, place: 3/h}"
	tests := map[string]struct {
		policy string
		event  *eventv1.WebhookEvent
		drawn  map[policy.Purse]uint32
		second *toolsv1.PlannedCall
		want   []string
	}{
		"none set":                 {"", byStranger, map[policy.Purse]uint32{mallory: 1000, place: 1000}, second, []string{"queued", "queued"}},
		"within":                   {both, byStranger, nil, second, []string{"queued", "queued"}},
		"the second is too much":   {both, byStranger, map[policy.Purse]uint32{mallory: 1}, second, []string{"queued", "refused budget"}},
		"what waits draws, too":    {both, byStranger, map[policy.Purse]uint32{mallory: 1}, waiting, []string{"queued", "refused budget"}},
		"spent":                    {both, byStranger, map[policy.Purse]uint32{mallory: 2}, second, []string{"refused budget", "refused budget"}},
		"trusted":                  {both, merged(title("x", member)), map[policy.Purse]uint32{mallory: 9}, second, []string{"queued", "queued"}},
		"the place's":              {both, merged(title("x", member)), map[policy.Purse]uint32{place: 2}, second, []string{"queued", "refused budget"}},
		"nobody named":             {both, byNobody, map[policy.Purse]uint32{place: 2}, second, []string{"refused budget", "refused budget"}},
		"nobody, nowhere":          {both, nowhere, nil, second, []string{"refused budget", "refused budget"}},
		"none at all":              {"budgets: {untrusted_actor: 0/h}", byStranger, nil, second, []string{"refused budget", "refused budget"}},
		"what is held spends none": {both + "\ntiers: {untrusted: hold}", byStranger, map[policy.Purse]uint32{mallory: 9}, second, []string{"held tier", "held tier"}},
		"a dry run spends none":    {both + "\ndry_run: true", byStranger, map[policy.Purse]uint32{mallory: 9}, second, []string{"dry_run policy", "dry_run policy"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.drawn == nil {
				test.drawn = make(map[policy.Purse]uint32)
			}
			p, c := parse(t, test.policy), policy.Case{Event: test.event, Authn: "signature", Results: map[string]policy.Result{}, Tools: registry.Tools()}
			c.Plan = &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{ownComment, test.second}}
			got, err := p.Decide(c)
			if err != nil {
				t.Fatal(err)
			}
			policy.Foresee(got, test.drawn)
			if words := worded(got); !reflect.DeepEqual(words, test.want) {
				t.Errorf("got %q, want %q", words, test.want)
			}
		})
	}
}

// Nothing is counted that no budget asks for, and for what is held it is known what an
// approval draws on. A read acts on nothing: it spent what was meant for effects.
func TestBudgetsNameWhatIsCounted(t *testing.T) {
	byStranger, byNobody := merged(), merged()
	byStranger.Actor, byNobody.Actor = stranger, nil
	byNobody.Text = nil
	ofPage := &eventv1.WebhookEvent{Source: "notion", Kind: "page.updated", Ref: "notion:page:00000000000000000000000000000001", Place: "notion:page:00000000000000000000000000000001", Actor: &eventv1.Account{Id: "7", Type: "person"}}
	read := call("read", "notion.read_page", "target=event.ref")
	for name, test := range map[string]struct {
		policy string
		event  *eventv1.WebhookEvent
		call   *toolsv1.PlannedCall
		want   string
	}{
		"no budgets":         {"", byStranger, ownComment, ""},
		"a stranger":         {"budgets: {untrusted_actor: 1/h}", byStranger, ownComment, "github:user:mallory, 1;"},
		"a member":           {"budgets: {untrusted_actor: 1/h}", merged(title("x", member)), ownComment, ""},
		"a place":            {"budgets: {place: 7/h}", byStranger, ownComment, ",github:repo:acme/api 7;"},
		"nobody, so a place": {"budgets: {untrusted_actor: 1/h}", byNobody, ownComment, ",github:repo:acme/api 1;"},
		"held":               {"budgets: {place: 7/h}\ntiers: {untrusted: hold}", byStranger, ownComment, ",github:repo:acme/api 7;"},
		"a read":             {"budgets: {untrusted_actor: 1/h, place: 7/h}", ofPage, read, ""},
		"a memory":           {"budgets: {untrusted_actor: 1/h, place: 7/h}", byStranger, observation, ""},
	} {
		c := policy.Case{Event: test.event, Authn: "signature", Tools: registry.Tools(), Plan: &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{test.call}}}
		d, err := parse(t, test.policy).Decide(c)
		if err != nil || d[0].State == "refused" {
			t.Fatalf("%s: %+v, %v", name, d, err)
		}
		got := ""
		for _, b := range d[0].Budgets {
			got += fmt.Sprintf("%s,%s %d;", b.Actor, b.Place, b.Most)
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
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

package policy_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// call plans a tool with arguments written "field=path", "field!choice" or "field:text".
func call(step, tool string, arguments ...string) *toolsv1.PlannedCall {
	c := &toolsv1.PlannedCall{Rule: "rule", Step: step, Tool: tool, Arguments: make(map[string]*toolsv1.Argument)}
	for _, a := range arguments {
		i := strings.IndexAny(a, "=!:")
		name, value := a[:i], a[i+1:]
		switch a[i] {
		case '=':
			c.Arguments[name] = &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: value}}
		case '!':
			c.Arguments[name] = &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: strings.Split(value, "|")}}}
		case ':':
			c.Arguments[name] = &toolsv1.Argument{Value: &toolsv1.Argument_Text{Text: value}}
		}
	}
	return c
}

func decide(t *testing.T, p *policy.Policy, e *eventv1.WebhookEvent, authn string, calls ...*toolsv1.PlannedCall) ([]policy.Decision, error) {
	t.Helper()
	return p.Decide(policy.Case{Event: e, Authn: authn, Links: judge(p, e, nil, nil), Plan: &toolsv1.Plan{Calls: calls}, Tools: registry.Tools()})
}

var (
	comment     = call("comment", "jira.add_comment", "target=link.issue[0]", "body:merged")
	transition  = call("move", "jira.transition", "target=link.issue[0]", "status!Done")
	ownComment  = call("own", "github.add_comment", "target=event.ref", "body:thanks")
	observation = call("observe", "facts.observe", "target=event.ref", "name=event.kind", "value=event.actor.login")
)

func TestDecide(t *testing.T) {
	fromMember, fromStranger := merged(title("ACME-7", member)), merged(title("ACME-7", stranger))
	byStranger := merged(title("ACME-7", member))
	byStranger.Actor = stranger
	public, unknown := merged(title("ACME-7", member)), merged(title("ACME-7", member))
	public.Visibility, unknown.Visibility = "public", "unknown"
	const pairs = "pairs: [[github:acme/api, jira:ACME]]\n"

	tests := map[string]struct {
		policy string
		event  *eventv1.WebhookEvent
		authn  string
		call   *toolsv1.PlannedCall
		want   string // state reason mode
	}{
		"comment":                           {paired, fromMember, "signature", comment, "queued  act"},
		"transition":                        {paired, fromMember, "signature", transition, "queued  act"},
		"own subject":                       {"", fromMember, "signature", ownComment, "queued  act"},
		"memory":                            {"", fromMember, "signature", observation, "done  act"},
		"memory, unproved":                  {"", fromMember, "token", observation, "done  act"},
		"memory, choice":                    {paired, fromMember, "signature", call("s", "records.set", "target=event.ref", "name!stage", "value=event.kind"), "done  act"},
		"memory, choice not listed":         {paired, fromMember, "signature", call("s", "records.set", "target=event.ref", "name!owner", "value=event.kind"), "refused choice act"},
		"a stranger's link":                 {paired, fromStranger, "signature", comment, "refused no_such_link act"},
		"no pair":                           {"", fromMember, "signature", comment, "refused no_such_link act"},
		"text as a target":                  {paired, fromMember, "signature", call("s", "jira.add_comment", "target=event.text", "body:x"), "refused no_such_link act"},
		"a field as a target":               {paired, fromMember, "signature", call("s", "records.set", "target=event.fields.head", "name!stage"), "refused target act"},
		"the actor as a target":             {paired, fromMember, "signature", call("s", "facts.observe", "target=event.actor", "name=event.kind"), "refused target act"},
		"a target of another kind":          {paired, fromMember, "signature", call("s", "jira.add_comment", "target=event.ref", "body:x"), "refused target act"},
		"narrowed to elsewhere":             {paired + "targets: {jira.add_comment: ['jira:WEB*']}", fromMember, "signature", comment, "refused target act"},
		"narrowed to nowhere":               {paired + "targets: {jira.add_comment: []}", fromMember, "signature", comment, "refused target act"},
		"narrowed to here":                  {paired + "targets: {jira.add_comment: ['jira:*']}", fromMember, "signature", comment, "queued  act"},
		"choice not listed":                 {paired, fromMember, "signature", call("s", "jira.transition", "target=link.issue[0]", "status!Closed"), "refused choice act"},
		"choice listed elsewhere":           {pairs + "choices: {jira.transition: {jira:WEB: {status: [Done]}}}", fromMember, "signature", transition, "refused choice act"},
		"token":                             {paired, fromMember, "token", comment, "refused authn act"},
		"address":                           {paired, fromMember, "address", comment, "refused authn act"},
		"unheard of":                        {paired, fromMember, "rumour", comment, "refused authn act"},
		"operator":                          {paired, fromMember, "operator", comment, "dry_run operator_event dry_run"},
		"operator, allowed":                 {paired + "authn: {operator: auto}", fromMember, "operator", comment, "queued  act"},
		"operator, would be held":           {pairs, fromMember, "operator", comment, "dry_run operator_event dry_run"},
		"dry run by policy":                 {paired + "authn: {signature: dry_run}", fromMember, "signature", comment, "dry_run policy dry_run"},
		"stranger acted":                    {paired, byStranger, "signature", comment, "queued  act"},
		"stranger acted, hold":              {paired + "tiers: {untrusted: hold}", byStranger, "signature", comment, "held tier act"},
		"stranger acted, off":               {paired + "tiers: {untrusted: off}", byStranger, "signature", comment, "refused tier_off act"},
		"stranger acted, off, memory":       {paired + "tiers: {untrusted: off}", byStranger, "signature", observation, "done  act"},
		"member acted, untrusted off":       {paired + "tiers: {untrusted: off}", fromMember, "signature", comment, "queued  act"},
		"trusted held":                      {paired + "tiers: {trusted: hold}", fromMember, "signature", comment, "held tier act"},
		"private to unknown":                {pairs, fromMember, "signature", comment, "held private_to_public act"},
		"private to public":                 {pairs + "places: {jira:ACME: public}", fromMember, "signature", comment, "held private_to_public act"},
		"private to private":                {pairs + "places: {jira:ACME: private}", fromMember, "signature", comment, "queued  act"},
		"public to unknown":                 {pairs, public, "signature", comment, "queued  act"},
		"unknown to unknown":                {pairs, unknown, "signature", comment, "held private_to_public act"},
		"stated public to unknown":          {pairs + "places: {github:acme/api: public}", unknown, "signature", comment, "queued  act"},
		"the event knows better":            {pairs + "places: {github:acme/api: public}", fromMember, "signature", comment, "held private_to_public act"},
		"nobody new to tell":                {pairs, fromMember, "signature", ownComment, "queued  act"},
		"an optional field it doesn't have": {"", fromMember, "signature", call("s", "facts.observe", "target=event.ref", "name=event.kind", "value=event.fields.none"), "done  act"},
		"text in an optional field":         {"", fromMember, "signature", call("s", "facts.observe", "target=event.ref", "name=event.kind", "value=event.text"), "refused no_such_link act"},
		"a field that doesn't fit":          {"", fromMember, "signature", call("s", "facts.observe", "target=event.ref", "name=event.ref"), "refused no_such_link act"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := decide(t, parse(t, test.policy), test.event, test.authn, test.call)
			if err != nil {
				t.Fatal(err)
			}
			if line := fmt.Sprintf("%s %s %s", got[0].State, got[0].Reason, got[0].Mode); line != test.want {
				t.Errorf("got %q, want %q; %v", line, test.want, got[0].Evidence)
			}
		})
	}
}

// A refusal says what was refused, and what would let it through.
func TestRefusalSaysWhy(t *testing.T) {
	e := merged(title("ACME-7", member))
	closed := call("s", "jira.transition", "target=link.issue[0]", "status!Closed")
	for reason, test := range map[string]struct {
		policy, authn string
		call          *toolsv1.PlannedCall
		want          string
	}{
		"choice":       {paired, "signature", closed, `status "Closed" is not listed for jira:ACME (listed: Done): add it under choices in POLICY_FILE`},
		"no_such_link": {"", "signature", comment, "link.issue[0] names nothing"},
		"target":       {paired + "targets: {jira.add_comment: []}", "signature", comment, "jira.add_comment is not allowed in jira:ACME: add it under targets"},
		"authn":        {paired, "token", comment, "authn token is memory only: authn in POLICY_FILE"},
		"tier_off":     {paired + "tiers: {trusted: off}", "signature", comment, "tier off by tiers in POLICY_FILE"},
	} {
		got, err := decide(t, parse(t, test.policy), e, test.authn, test.call)
		if err != nil || got[0].Reason != reason || !strings.Contains(fmt.Sprint(got[0].Evidence), strings.ReplaceAll(test.want, `"`, `\"`)) {
			t.Errorf("%s: %+v %v", reason, got, err)
		}
	}
	got, err := decide(t, parse(t, paired+"max_calls: 1"), e, "signature", comment, transition)
	if err != nil || !strings.Contains(fmt.Sprint(got[1].Evidence), "raise max_calls") {
		t.Errorf("too_many: %+v %v", got, err)
	}
}

func TestDecideFromPrivateJiraToPublicGithub(t *testing.T) {
	p := parse(t, "pairs: [[github:acme/api, jira:ACME]]\nplaces: {jira:ACME: private, github:acme/api: public}")
	e := &eventv1.WebhookEvent{
		Source: "jira", Kind: "issue.transitioned", Ref: "jira:issue:ACME-7", Place: "jira:project:ACME", Visibility: "unknown",
		Text: &eventv1.Text{Parts: []*eventv1.Part{{
			Where: "body", Value: "https://github.com/acme/api/pull/42", Author: &eventv1.Account{Id: "a", Type: "atlassian"},
		}}},
	}
	got, err := decide(t, p, e, "signature", call("s", "github.add_comment", "target=link.change[0]", "body:Done"))
	if err != nil || got[0].State != "held" || got[0].Reason != "private_to_public" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestDecideWithinOnePlace(t *testing.T) {
	p := parse(t, "")
	e := merged(title("#3", member))
	links := judge(p, e, nil, map[string]bool{"github:issue:acme/api#3": true})
	plan := &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{call("s", "github.add_comment", "target=link.issue[0]", "body:merged")}}
	got, err := p.Decide(policy.Case{Event: e, Authn: "signature", Links: links, Plan: plan, Tools: registry.Tools()})
	if err != nil || got[0].State != "queued" {
		t.Errorf("%+v %v", got, err)
	}
}

// A field that spells a ref in a paired place chooses nothing: people name branches.
func TestFieldIsNoTarget(t *testing.T) {
	e := merged(title("ACME-7", member))
	e.Fields.Fields["head"] = structpb.NewStringValue("jira:issue:ACME-9")
	got, err := decide(t, parse(t, paired), e, "signature", call("s", "jira.add_comment", "target=event.fields.head", "body:x"))
	if err != nil || got[0].State != "refused" || got[0].Reason != "target" {
		t.Errorf("%+v %v", got, err)
	}
}

// A pair that was taken back since the links were judged counts no more.
func TestDecideByThePairsOfNow(t *testing.T) {
	e := merged(title("ACME-7", member))
	links := judge(parse(t, paired), e, nil, nil)
	got, err := policy.Default().Decide(policy.Case{Event: e, Authn: "signature", Links: links, Plan: &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{comment}}, Tools: registry.Tools()})
	if err != nil || got[0].State != "refused" || got[0].Reason != "target" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestDecisionIsComplete(t *testing.T) {
	got, err := decide(t, parse(t, paired), merged(title("ACME-7", member)), "signature",
		call("c", "jira.add_comment", "target=link.issue[0]", "body:merged by @alice\x00"), transition)
	if err != nil {
		t.Fatal(err)
	}
	if c := got[0]; c.Class != "upsert" || c.Target != "jira:issue:ACME-7" || c.TargetPath != "link.issue[0]" ||
		!reflect.DeepEqual(c.Payload, map[string]any{"body": "merged by @\u200balice"}) {
		t.Errorf("%+v", c)
	}
	if m := got[1]; m.Class != "set" || !reflect.DeepEqual(m.Payload, map[string]any{"status": "Done"}) {
		t.Errorf("%+v", m)
	}
	var kinds []string
	for _, evidence := range got[1].Evidence {
		kinds = append(kinds, evidence.GetKind())
	}
	if want := []string{"link", "trust", "pair", "choice"}; !reflect.DeepEqual(kinds, want) {
		t.Errorf("evidence %q", kinds)
	}
}

func TestTooMany(t *testing.T) {
	got, err := decide(t, parse(t, paired+"max_calls: 1"), merged(title("ACME-7", member)), "signature", comment, transition)
	if err != nil || got[0].State != "queued" || got[1].State != "refused" || got[1].Reason != "too_many" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestDependency(t *testing.T) {
	got, err := decide(t, parse(t, paired), merged(title("ACME-7", member)), "signature",
		comment, call("next", "facts.observe", "target=$comment.ref", "name=event.kind"))
	if err != nil || got[1].State != "skipped" || got[1].Reason != "dependency" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestPlanErrors(t *testing.T) {
	tests := map[string]struct {
		calls []*toolsv1.PlannedCall
		want  string
	}{
		"unknown tool":      {[]*toolsv1.PlannedCall{call("s", "jira.delete", "target=event.ref")}, "can't be planned"},
		"a tool that reads": {[]*toolsv1.PlannedCall{call("s", "timeline", "ref=event.ref")}, "can't be planned"},
		"missing":           {[]*toolsv1.PlannedCall{call("s", "jira.add_comment", "target=event.ref")}, "argument body is missing"},
		"missing target":    {[]*toolsv1.PlannedCall{call("s", "jira.add_comment", "body:x")}, "argument target is missing"},
		"one too many":      {[]*toolsv1.PlannedCall{call("s", "jira.add_comment", "target=event.ref", "body:x", "to:y")}, "no argument to"},
		"a literal target":  {[]*toolsv1.PlannedCall{call("s", "jira.add_comment", "target=jira:issue:ACME-1", "body:x")}, "target must be a path"},
		"a text target":     {[]*toolsv1.PlannedCall{call("s", "jira.add_comment", "target:event.ref", "body:x")}, "target must be a path"},
		"a path as text":    {[]*toolsv1.PlannedCall{call("s", "jira.add_comment", "target=event.ref", "body=event.ref")}, "body must be text"},
		"empty text":        {[]*toolsv1.PlannedCall{call("s", "jira.add_comment", "target=event.ref", "body:\u202e")}, "body must be text"},
		"text as a choice":  {[]*toolsv1.PlannedCall{call("s", "jira.transition", "target=event.ref", "status:Done")}, "status must be one choice"},
		"two choices":       {[]*toolsv1.PlannedCall{call("s", "jira.transition", "target=event.ref", "status!Done|Open")}, "status must be one choice"},
		"text as a field":   {[]*toolsv1.PlannedCall{call("s", "facts.observe", "target=event.ref", "name:x")}, "name must be a path"},
		"all links":         {[]*toolsv1.PlannedCall{call("s", "jira.add_comment", "target=link.issue[*]", "body:x")}, "target must be a path"},
		"a step to come":    {[]*toolsv1.PlannedCall{call("s", "facts.observe", "target=$comment.ref", "name=event.kind"), comment}, "no step comment before it"},
		"twice":             {[]*toolsv1.PlannedCall{comment, comment}, "planned twice"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := decide(t, parse(t, paired), merged(title("ACME-7", member)), "signature", test.calls...)
			var invalid *policy.PlanError
			if !errors.As(err, &invalid) || !strings.Contains(invalid.Detail, test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// What events told of a place counts more than what the policy states: the
// place may have been made public since.
func TestToldVisibilityWins(t *testing.T) {
	e := merged(title("ACME-7", member))
	p := parse(t, paired)
	plan := &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{comment}}
	for told, want := range map[string]string{"public": "held", "private": "queued", "": "queued"} {
		got, err := p.Decide(policy.Case{Event: e, Authn: "signature", Links: judge(p, e, nil, nil), Told: map[string]string{"jira:project:ACME": told}, Plan: plan, Tools: registry.Tools()})
		if err != nil || got[0].State != want {
			t.Errorf("told %q: %+v %v", told, got, err)
		}
	}
}

// GitHub ignores the case of names, and so does a policy.
func TestScopesIgnoreGithubsCase(t *testing.T) {
	p := parse(t, `
pairs: [[github:Acme/API, jira:ACME]]
places: {github:ACME/Api: public}
choices: {records.set: {"github:Acme/*": {name: [stage]}}}
targets: {github.add_comment: ["github:ACME/API"]}
`)
	e := merged(title("ACME-7", member))
	e.Visibility = "unknown"
	got, err := decide(t, p, e, "signature", comment, ownComment, call("set", "records.set", "target=event.ref", "name!stage", "value=event.kind"))
	if err != nil || got[0].State != "queued" || got[1].State != "queued" || got[2].State != "done" {
		t.Errorf("%+v %v", got, err)
	}
}

// Approving a call approves all that it is held for.
func TestATierHoldSaysThatItGoesPublicToo(t *testing.T) {
	const pairs = "pairs: [[github:acme/api, jira:ACME]]\ntiers: {trusted: hold}\nplaces: {jira:ACME: "
	comment := call("s", "jira.add_comment", "target=link.issue[0]", "body:merged")
	for place, want := range map[string]bool{"public": true, "private": false} {
		got, err := decide(t, parse(t, pairs+place+"}"), merged(title("ACME-7", member)), "signature", comment)
		if err != nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(got[0].Evidence, func(e *toolsv1.Evidence) bool { return e.GetKind() == "visibility" })
		if got[0].State != "held" || got[0].Reason != "tier" || told != want {
			t.Errorf("%s: %s %s, told %t: %v", place, got[0].State, got[0].Reason, told, got[0].Evidence)
		}
	}
}

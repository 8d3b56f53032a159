package policy_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

const paired = `
pairs: [[github:acme/api, jira:ACME]]
places: {github:acme/api: private, jira:ACME: private}
choices:
  jira.transition: {jira:ACME: {status: [Done]}}
  records.set: {"*": {name: [stage]}}
`

func parse(t testing.TB, source string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte(source), registry.Tools())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	member   = &eventv1.Account{Id: "7", Login: "alice", Type: "User", Association: "MEMBER"}
	stranger = &eventv1.Account{Id: "9", Login: "mallory", Type: "User", Association: "NONE"}
)

// merged is a private pull request's merge with the given text.
func merged(parts ...*eventv1.Part) *eventv1.WebhookEvent {
	return &eventv1.WebhookEvent{
		Id: "e1", Source: "github", Kind: "change.merged", Type: "pull_request", Action: "closed",
		Ref: "github:pr:acme/api#42", Place: "github:repo:acme/api", Visibility: "private",
		Actor: &eventv1.Account{Id: "7", Login: "alice", Type: "User"}, Occurrence: "abc",
		Fields: &structpb.Struct{Fields: map[string]*structpb.Value{
			"number": structpb.NewNumberValue(12345678),
			"merged": structpb.NewBoolValue(true),
			"head":   structpb.NewStringValue("feature"),
		}},
		Text: &eventv1.Text{Parts: parts},
	}
}

func title(value string, author *eventv1.Account) *eventv1.Part {
	return &eventv1.Part{Where: "title", Value: value, Author: author}
}

func judge(p *policy.Policy, e *eventv1.WebhookEvent, known []project.Link, seen map[string]bool) []*toolsv1.Link {
	return p.Judge(e, project.Event(e).Links, known, seen)
}

func TestTrusted(t *testing.T) {
	p := parse(t, "trusted: [github:user:Octo, 'github:user:robot[bot]', jira:user:a1, notion:user:n1]")
	tests := map[string]struct {
		account *eventv1.Account
		origin  string
		want    bool
	}{
		"owner":                    {&eventv1.Account{Id: "1", Login: "x", Association: "OWNER"}, "github", true},
		"member":                   {member, "github", true},
		"collaborator":             {&eventv1.Account{Id: "1", Login: "x", Association: "COLLABORATOR"}, "github", true},
		"contributor":              {&eventv1.Account{Id: "1", Login: "x", Association: "CONTRIBUTOR"}, "github", false},
		"no association":           {&eventv1.Account{Id: "1", Login: "x"}, "github", false},
		"listed, in any case":      {&eventv1.Account{Id: "1", Login: "octO"}, "github", true},
		"listed elsewhere":         {&eventv1.Account{Id: "octo", Login: "octo"}, "jira", false},
		"listed on another site":   {&eventv1.Account{Id: "a1"}, "jira@eu", false},
		"bot of the owner":         {&eventv1.Account{Id: "1", Login: "x", Type: "Bot", Association: "OWNER"}, "github", false},
		"bot by name":              {&eventv1.Account{Id: "1", Login: "x[bot]", Association: "OWNER"}, "github", false},
		"listed bot":               {&eventv1.Account{Id: "1", Login: "robot[bot]", Type: "Bot"}, "github", true},
		"jira person":              {&eventv1.Account{Id: "a2", Type: "atlassian"}, "jira", true},
		"jira person, second site": {&eventv1.Account{Id: "a2", Type: "atlassian"}, "jira@eu", true},
		"jira customer":            {&eventv1.Account{Id: "a2", Type: "customer"}, "jira", false},
		"jira without type":        {&eventv1.Account{Id: "a2"}, "jira", false},
		"jira listed":              {&eventv1.Account{Id: "a1"}, "jira", true},
		"jira's word on github":    {&eventv1.Account{Id: "1", Login: "x", Type: "atlassian"}, "github", false},
		"github's word on jira":    {&eventv1.Account{Id: "1", Association: "OWNER"}, "jira", false},
		"notion person":            {&eventv1.Account{Id: "n2", Type: "person"}, "notion", false},
		"notion listed":            {&eventv1.Account{Id: "n1", Type: "person"}, "notion", true},
		"nobody":                   {&eventv1.Account{Association: "OWNER", Type: "atlassian"}, "github", false},
		"nil":                      {nil, "jira", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := p.Trusted(test.account, test.origin); got != test.want {
				t.Errorf("trusted: %t", got)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	e := merged(title("ACME-7", member), &eventv1.Part{Where: "body", Value: "UTF-8", Author: member})
	links := judge(parse(t, paired), e, nil, nil)
	tests := map[string]string{ // "" for what names nothing
		"event.ref":           "github:pr:acme/api#42",
		"event.place":         "github:repo:acme/api",
		"event.kind":          "change.merged",
		"event.occurrence":    "abc",
		"event.actor":         "github:user:alice",
		"event.actor.login":   "alice",
		"event.actor.id":      "7",
		"event.fields.number": "12345678",
		"event.fields.merged": "true",
		"event.fields.none":   "",
		"event.text":          "",
		"event.text.parts":    "",
		"event.fields.text":   "",
		"event":               "",
		"link.issue[0]":       "jira:issue:ACME-7",
		"link.issue[1]":       "", // UTF-8 is no target
		"link.issue[2]":       "",
		"link.issue[*]":       "",
		"link.issue[-1]":      "",
		"link.issue[0":        "",
		"link.change[0]":      "",
		"run.id":              "",
		"":                    "",
	}
	for path, want := range tests {
		got, evidence, err := policy.Resolve(e, links, path)
		if got != want || (err == nil) != (want != "") || (len(evidence) > 0) != (want != "") {
			t.Errorf("%s: %q %v %v", path, got, evidence, err)
		}
	}
}

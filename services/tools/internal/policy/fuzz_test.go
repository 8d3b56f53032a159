package policy_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// planned is what a path that reaches a plan may look like, as the proto of
// Argument has it.
var planned = regexp.MustCompile(`^(event\.[A-Za-z0-9_.-]+(\[[0-9]+\])?|link\.[a-z]+\[(0|[1-9][0-9]*)\]|\$[a-z0-9_-]+\.(ref|url))$`)

// strangers is an event with text of a stranger in every part, the links that
// were judged of it, and all paths that lead anywhere. What a stranger wrote, or
// is no target, has "EVIL" in it.
func strangers() (e *eventv1.WebhookEvent, links []*toolsv1.Link, paths map[string]string) {
	evil := &eventv1.Account{Id: "EVIL", Login: "EVIL"}
	e = merged(title("ACME-7 EVIL-1", evil), &eventv1.Part{Where: "EVIL", Value: "EVIL-2", Author: evil, Editor: evil})
	e.NativeId, e.Instance = "n1", "eu"
	e.Fields.Fields["labels"] = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{structpb.NewStringValue("a"), structpb.NewStringValue("b")}})
	e.Fields.Fields["user"] = structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{"login": structpb.NewStringValue("EVIL")}})
	e.Fields.Fields["none"] = structpb.NewNullValue()
	e.Changes = []*eventv1.FieldChange{{Field: "title", From: "EVIL", To: "EVIL"}}
	links = []*toolsv1.Link{
		{Kind: "issue", Index: 1, Ref: "jira:issue:EVIL-1", Reason: "no_pair", Author: evil},
		{Kind: "issue", Ref: "jira:issue:ACME-7", Target: true, Author: member},
		{Kind: "change", Ref: "github:pr:evil/EVIL#1", Reason: "untrusted_author", Author: evil},
		{Kind: "page", Index: 10, Ref: "notion:page:00000000000000000000000000000001", Target: true, Author: member},
	}
	return e, links, map[string]string{
		"event.ref": e.GetRef(), "event.place": e.GetPlace(), "event.kind": "change.merged", "event.type": "pull_request", "event.action": "closed",
		"event.source": "github", "event.occurrence": "abc", "event.native_id": "n1",
		"event.actor": "github@eu:user:alice", "event.actor.login": "alice", "event.actor.id": "7",
		"event.fields.number": "12345678", "event.fields.merged": "true", "event.fields.head": "feature", "event.fields.labels": "a,b",
		"link.issue[0]": "jira:issue:ACME-7", "link.page[10]": "notion:page:00000000000000000000000000000001",
	}
}

// Whatever an agent sends as a path, as a target or as a field's value and as
// any kind of argument, tools resolves what is documented and nothing else:
// never text, and never a link that is no target.
func FuzzResolve(f *testing.F) {
	e, links, paths := strangers()
	p := parse(f, paired)
	for path := range paths {
		f.Add(path, byte(0))
	}
	for _, path := range []string{
		"", "event", "event.", "event.text", "event.text.parts[0].value", "event.text.parts", "event.fields", "event.fields.", "event.fields.user",
		"event.fields.user.login", "event.fields.none", "event.fields.text", "event.changes[0].to", "event.fields.labels[0]", "event.actor.", "Event.ref",
		"link", "link.", "link.issue", "link.issue[1]", "link.issue[00]", "link.issue[+0]", "link.issue[-1]", "link.issue[*]", "link.issue[0", "link.issue[0]]",
		"link.issue[0].ref", "link.change[0]", "link.issue[4294967296]", "link.[0]", "$create.ref", "$", "$.ref", "$a.b", " event.ref", "event.ref\n", "event.ref\x00", "événement",
	} {
		f.Add(path, byte(0))
		f.Add(path, byte(1))
	}
	f.Fuzz(func(t *testing.T, path string, kind byte) {
		value, evidence, err := policy.Resolve(e, links, path)
		want, known := paths[path]
		if value != want || known != (err == nil) {
			t.Errorf("%q resolved to %q, %v; want %q", path, value, err, want)
		}
		if err != nil && !errors.Is(err, policy.ErrNoSuchLink) && !errors.Is(err, policy.ErrDependency) {
			t.Errorf("%q: %v", path, err)
		}
		if found := value + describe(evidence); strings.Contains(found, "EVIL") {
			t.Errorf("%q leads to what a stranger wrote: %s", path, found)
		}
		for _, name := range []string{"target", "value"} {
			checkPlanned(t, p, e, links, paths, name, path, kind)
		}
	})
}

// checkPlanned has policy decide on a call whose argument of that name is path.
func checkPlanned(t *testing.T, p *policy.Policy, e *eventv1.WebhookEvent, links []*toolsv1.Link, paths map[string]string, name, path string, kind byte) {
	t.Helper()
	c := call("s", "facts.observe", "target=event.ref", "name=event.kind")
	c.Arguments[name] = []*toolsv1.Argument{
		{Value: &toolsv1.Argument_Path{Path: path}},
		{Value: &toolsv1.Argument_Text{Text: path}},
		{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{path}}}},
		{Value: &toolsv1.Argument_Choice{}},
		{},
		nil,
	}[kind%6]
	got, err := p.Decide(policy.Case{Event: e, Authn: "signature", Links: links, Plan: &toolsv1.Plan{Calls: []*toolsv1.PlannedCall{c}}, Tools: registry.Tools()})
	if err != nil {
		if _, ok := errors.AsType[*policy.PlanError](err); !ok {
			t.Errorf("%s=%q: %v", name, path, err)
		}
		return
	}
	if kind%6 != 0 || !planned.MatchString(path) {
		t.Errorf("%s=%q, argument %v: accepted", name, path, c.GetArguments()[name])
	}
	made := map[string]string{"target": got[0].Target}
	made["value"], _ = got[0].Payload["value"].(string)
	if v := made[name]; v != "" && v != paths[path] {
		t.Errorf("%s=%q became %q, want %q", name, path, v, paths[path])
	}
	if name == "target" && got[0].State == "done" && made["target"] == "" {
		t.Errorf("target=%q: done without one", path)
	}
}

func describe(evidence []*toolsv1.Evidence) string {
	var words []string
	for _, one := range evidence {
		words = append(words, one.GetKind(), one.GetDetail(), one.GetRef())
	}
	return strings.Join(words, " ")
}

package project_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// kinds is the vocabulary, as the contract has it.
func kinds(t *testing.T) []string {
	t.Helper()
	field := (&eventv1.WebhookEvent{}).ProtoReflect().Descriptor().Fields().ByName("kind")
	rules, ok := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	if !ok || len(rules.GetString().GetIn()) == 0 {
		t.Fatal("event.kind has no vocabulary")
	}
	return rules.GetString().GetIn()
}

func TestKindsAreTheContracts(t *testing.T) {
	if diff := cmp.Diff(kinds(t), project.Kinds()); diff != "" {
		t.Error(diff)
	}
}

// full is an event of a kind that says all that any kind may say.
func full(t *testing.T, kind string) *eventv1.WebhookEvent {
	e := merged(t)
	e.Kind, e.Occurrence = kind, "o"
	e.Fields = fields(t, map[string]any{
		"environment": "production", "head_sha": sha, "ref": "refs/heads/main", "base": "main", "created_at": "2026-01-01T00:00:00Z",
		"before": strings.Repeat("1b", 20), "after": sha, "forced": true, "status": "open", "merge_commit_sha": sha,
	})
	return e
}

// docs/memory.md is what others build on: it names every kind, and what each adds.
func TestThePageNamesWhatIsObserved(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/memory.md")
	if err != nil {
		t.Fatal(err)
	}
	// Other tables of the page have rows of the same form.
	_, section, _ := strings.Cut(string(page), "\n## What is observed\n")
	section, _, _ = strings.Cut(section, "\n## ")
	name := regexp.MustCompile("`([a-z]+\\.[a-z_]+)`")
	listed := make(map[string][]string)
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z.]+)` \\|[^|]*\\|([^|]*)\\|$").FindAllStringSubmatch(section, -1) {
		listed[row[1]] = []string{}
		for _, n := range name.FindAllStringSubmatch(row[2], -1) {
			listed[row[1]] = append(listed[row[1]], n[1])
		}
	}
	for _, kind := range kinds(t) {
		var added []string
		for _, o := range project.Event(full(t, kind)).Observations[1:] {
			added = append(added, o.Name)
			if o.SubKey != "o" || o.Subject != "github:pr:acme/api#42" || o.Value == "" {
				t.Errorf("%s: %+v", kind, o)
			}
		}
		if names, ok := listed[kind]; !ok || !slices.Equal(names, added) {
			t.Errorf("%s adds %q, the page says %q", kind, added, names)
		}
		delete(listed, kind)
	}
	if len(listed) > 0 {
		t.Errorf("the page lists kinds that are none: %v", listed)
	}
}

func TestDetails(t *testing.T) {
	for name, test := range map[string]struct {
		kind   string
		fields map[string]any
		want   string
	}{
		"a deployment":              {"deployment.finished", map[string]any{"environment": "live", "head_sha": sha, "ref": "v1", "conclusion": "success"}, "deployment.finished=success deployment.environment=live deployment.head_sha=" + sha + " deployment.ref=v1"},
		"what is not said":          {"deployment.finished", map[string]any{"head_sha": sha, "conclusion": "error"}, "deployment.finished=error deployment.head_sha=" + sha},
		"a push":                    {"commit.pushed", map[string]any{"before": "b", "after": "a", "forced": false}, "commit.pushed=a commit.before=b"},
		"a push that took away":     {"commit.pushed", map[string]any{"before": "b", "after": "a", "forced": true}, "commit.pushed=a commit.before=b commit.forced=true"},
		"Jira's category decides":   {"issue.transitioned", map[string]any{"status": "closed", "status_category": "new"}, "issue.transitioned=closed issue.state=open"},
		"Done by another name":      {"issue.transitioned", map[string]any{"status": "Erledigt", "status_category": "done"}, "issue.transitioned=Erledigt issue.state=closed"},
		"GitHub's state":            {"issue.closed", map[string]any{"status": "closed"}, "issue.closed=closed issue.state=closed"},
		"a status without category": {"issue.transitioned", map[string]any{"status": "In Review"}, "issue.transitioned=In Review"},
	} {
		t.Run(name, func(t *testing.T) {
			e := merged(t)
			e.Kind, e.Fields = test.kind, fields(t, test.fields)
			var got []string
			for _, o := range project.Event(e).Observations {
				got = append(got, o.Name+"="+o.Value)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestADeploymentIsLinkedWithItsCommit(t *testing.T) {
	for _, kind := range []string{"deployment.created", "deployment.finished"} {
		e := full(t, kind)
		e.Ref = "github:deployment:acme/api#7"
		links := project.Event(e).Links
		if len(links) != 1 || links[0].To != "github:commit:acme/api@"+sha || links[0].Rule != "native" || links[0].Confidence != "certain" {
			t.Errorf("%s: links %+v", kind, links)
		}
	}
}

func TestARenamedThingIsLinkedWithItsOtherName(t *testing.T) {
	const now, was = "github:repo:acme/api", "github:repo:acme/old"
	for name, test := range map[string]struct{ ref, from, to, want string }{
		"told by the new name": {now, was, now, was},
		"told by the old name": {was, was, now, now},
		"nothing changed":      {now, now, now, ""},
		"no ref":               {now, "acme", now, ""},
		"of another kind":      {now, "github:issue:acme/api#1", now, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := &eventv1.WebhookEvent{
				Id: "e", Source: "github", Kind: "other", Type: "repository", Action: "renamed", Ref: test.ref, Place: now,
				Changes: []*eventv1.FieldChange{{Field: "ref", From: test.from, To: test.to}},
			}
			links := project.Event(e).Links
			if test.want == "" {
				if len(links) != 0 {
					t.Fatalf("links %+v", links)
				}
				return
			}
			if len(links) != 1 || links[0].From != test.ref || links[0].To != test.want || links[0].Kind != "repository" || links[0].Rule != "native" {
				t.Errorf("links %+v", links)
			}
		})
	}
}

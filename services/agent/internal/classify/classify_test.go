package classify_test

import (
	"reflect"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/agent/internal/classify"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

func TestEvent(t *testing.T) {
	rules, err := rule.Parse([]byte(`
rules:
  - {name: incident, on: {source: github, kind: issue.created}, when: '"incident" in event.fields.labels', classify: {classes: [incident]}}
  - {name: linked, on: {source: github, kind: issue.created}, when: 'link.change.size() > 0', classify: {classes: [regression]}}
  - {name: triage, on: {source: github, kind: issue.created}, classify: {classes: [bug, feature, question], default: question}}
  - {name: finished, on: {source: github, kind: change.merged}, do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.occurrence}}]}
`), registry.Tools())
	if err != nil {
		t.Fatal(err)
	}
	classifier := classify.New()
	tests := []struct {
		name  string
		event *eventv1.WebhookEvent
		links []*toolsv1.Link
		want  rule.Class
	}{
		{"the kind, where no rule classifies", &eventv1.WebhookEvent{Source: "github", Kind: "change.merged"}, nil, rule.Class{Name: "change.merged", DecidedBy: "metadata"}},
		{"the kind, where no rule is", &eventv1.WebhookEvent{Source: "jira", Kind: "issue.created"}, nil, rule.Class{Name: "issue.created", DecidedBy: "metadata"}},
		{
			"the only class of a matching rule", &eventv1.WebhookEvent{Source: "github", Kind: "issue.created"},
			[]*toolsv1.Link{{Kind: "change", Ref: "github:pr:acme/api#42", Target: true}}, rule.Class{Name: "regression", DecidedBy: "metadata"},
		},
		{
			"a link that is no target selects no class", &eventv1.WebhookEvent{Source: "github", Kind: "issue.created"},
			[]*toolsv1.Link{{Kind: "change", Ref: "github:pr:acme/api#42"}}, rule.Class{Name: "question", DecidedBy: "default"},
		},
		{"the default, where no stage can tell", &eventv1.WebhookEvent{Source: "github", Kind: "issue.created"}, nil, rule.Class{Name: "question", DecidedBy: "default"}},
		{"the words of the text", written("issue.created", "Crash on start"), nil, rule.Class{Name: "bug", DecidedBy: "lexicon", Confidence: 66, Words: []string{"crash"}}},
		{"the default, where the words don't tell", written("issue.created", "Hello"), nil, rule.Class{Name: "question", DecidedBy: "default"}},
		{"no class that the rule does not declare", written("issue.created", "Production is down, remote code execution"), nil, rule.Class{Name: "question", DecidedBy: "default"}},
		{"no word beside metadata", written("change.merged", "Crash on start"), nil, rule.Class{Name: "change.merged", DecidedBy: "metadata"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := classifier.Event(tt.event, tt.links, rules); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Event() = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func written(kind, title string) *eventv1.WebhookEvent {
	return &eventv1.WebhookEvent{Source: "github", Kind: kind, Text: &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Value: title}}}}
}

// BenchmarkEvent: what the text costs where a rule asks for it, and that it
// costs nothing where none does.
func BenchmarkEvent(b *testing.B) {
	rules, err := rule.Parse([]byte("rules:\n  - {name: triage, on: {source: github, kind: issue.created}, classify: {classes: [bug, feature, question], default: question}}\n"), registry.Tools())
	if err != nil {
		b.Fatal(err)
	}
	classifier := classify.New()
	for _, kind := range []string{"issue.created", "issue.closed"} {
		b.Run(kind, func(b *testing.B) {
			event := written(kind, "Total in cart is wrong with two coupons")
			b.ReportAllocs()
			for b.Loop() {
				classifier.Event(event, nil, rules)
			}
		})
	}
}

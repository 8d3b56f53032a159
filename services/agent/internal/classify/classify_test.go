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
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := classifier.Event(tt.event, tt.links, rules); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Event() = %+v, want %+v", got, tt.want)
			}
		})
	}
}

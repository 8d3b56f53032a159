package project_test

import (
	"slices"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Every event of an issue tells its status and assignee; few changed them.
func TestWhatAnEventChanged(t *testing.T) {
	change := func(names ...string) (list []*eventv1.FieldChange) {
		for _, name := range names {
			list = append(list, &eventv1.FieldChange{Field: name, From: "a", To: "b"})
		}
		return list
	}
	for name, c := range map[string]struct {
		source, kind string
		changes      []*eventv1.FieldChange
		want         []string
	}{
		"created":                        {"jira", "issue.created", change("status", "assignee"), nil},
		"labelled":                       {"github", "issue.updated", change("labels"), nil},
		"pinned":                         {"github", "issue.updated", nil, nil},
		"closed":                         {"github", "issue.closed", change("status"), []string{"status"}},
		"reopened":                       {"github", "issue.transitioned", change("status"), []string{"status"}},
		"moved":                          {"jira", "issue.transitioned", change("status"), []string{"status"}},
		"moved and assigned":             {"jira", "issue.transitioned", change("Status", "assignee"), []string{"status", "assignee"}},
		"assigned":                       {"jira", "issue.assigned", change("assignee"), []string{"assignee"}},
		"assigned, and nothing listed":   {"jira", "issue.assigned", nil, []string{"assignee"}},
		"its priority":                   {"jira", "issue.updated", change("priority"), nil},
		"by a Server without changelogs": {"jira", "issue.updated", nil, []string{"status", "assignee"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := merged(t)
			e.Source, e.Kind, e.Ref, e.Changes = c.source, c.kind, c.source+":issue:acme/api#7", c.changes
			e.Fields = fields(t, map[string]any{"status": "b", "assignee": "b", "labels": []any{"bug"}, "priority": "b"})
			if c.source == "jira" {
				e.Ref = "jira:issue:ACME-7"
			}
			var got []string
			for _, a := range project.Event(e).Entities[0].Attributes {
				if a.Changed {
					got = append(got, a.Name)
				}
			}
			if slices.Sort(c.want); !slices.Equal(slices.Sorted(slices.Values(got)), c.want) {
				t.Errorf("changed %v, want %v", got, c.want)
			}
		})
	}
}

package tools_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools"
)

const settingPolicy = testPolicy + `
  jira.assign:
    jira:ACME: {assignee: [acc-9]}
  notion.update_status:
    '*': {status: [Done]}
  notion.assign_task:
    '*': {assignee: [01234567-89ab-cdef-0123-456789abcdef]}
`

// subject is what a call sets something of, as the fields of its events tell it.
type subject struct {
	source, ref, place string
	field, was, now    string
	// The kinds of an event that changes it and of one that changes something else.
	changed, repeated string
}

// later is an event by somebody else, some minutes after what the call was planned on.
func (s subject) later(minutes int, kind, value string, changes ...*eventv1.FieldChange) func(*eventv1.WebhookEvent) {
	return func(e *eventv1.WebhookEvent) {
		at := timestamppb.New(e.GetOccurredAt().AsTime().Add(time.Duration(minutes) * time.Minute))
		e.OccurredAt, e.ReceivedAt = at, at
		e.Source, e.Kind, e.Ref, e.Place, e.Text, e.Changes = s.source, kind, s.ref, s.place, nil, changes
		e.Actor = &eventv1.Account{Id: "acc-2", Login: "dev-two", Type: "User", Association: "MEMBER"}
		if s.source != "github" {
			e.Actor = &eventv1.Account{Id: "acc-2", Type: "atlassian"}
		}
		if s.field != "" {
			e.Fields.Fields[s.field] = structpb.NewStringValue(value)
		}
	}
}

// A call that sets something is not made where somebody else changed that meanwhile. A
// later event that repeats what is so anyway kept it from being made, and an issue that
// somebody reopened was closed nevertheless: events call that status.
func TestASetIsSupersededByAChangeAndByNothingElse(t *testing.T) {
	jira := subject{source: "jira", ref: "jira:issue:ACME-7", place: "jira:project:ACME", repeated: "issue.updated"}
	status, assignee := jira, jira
	status.field, status.was, status.now, status.changed = "status", "To Do", "Blocked", "issue.transitioned"
	assignee.field, assignee.was, assignee.now, assignee.changed = "assignee", "acc-1", "acc-3", "issue.assigned"
	page := subject{source: "notion", ref: "notion:page:0123456789abcdef0123456789abcdef", place: "notion:workspace:0123456789abcdef0123456789abcdef", changed: "page.updated", repeated: "page.updated"}
	issue := subject{source: "github", ref: "github:issue:acme/api#3", place: "github:repo:acme/api", field: "status", was: "open", now: "open", changed: "issue.transitioned", repeated: "issue.updated"}
	for tool, c := range map[string]struct {
		of        subject
		arguments map[string]string
		want      string
	}{
		"jira.transition":    {status, map[string]string{"status": "Done"}, "skipped superseded"},
		"jira.assign":        {assignee, map[string]string{"assignee": "acc-9"}, "skipped superseded"},
		"github.close_issue": {issue, nil, "skipped superseded"},
		// Its events name properties by their ids, and tell no value.
		"notion.update_status": {page, map[string]string{"status": "Done"}, "done "},
		"notion.assign_task":   {page, map[string]string{"assignee": "01234567-89ab-cdef-0123-456789abcdef"}, "done "},
	} {
		t.Run(tool, func(t *testing.T) {
			ex := testkit.NewExecutor(t, token)
			cl := startWith(t, func(cfg *tools.Config) { cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(settingPolicy) }, time.Now)
			opened := func(name string, change func(*eventv1.WebhookEvent)) string {
				e := another(name, func(e *eventv1.WebhookEvent) {
					e.Fields = mustStruct(t, map[string]any{"labels": []any{"bug"}})
					change(e)
				})
				return open(t, cl, sealedInput(sealed(t, sealKey, e, name))).GetRun().GetRunId()
			}
			set := &toolsv1.PlannedCall{Rule: "r", Step: "set", Tool: tool, Arguments: map[string]*toolsv1.Argument{"target": {Value: &toolsv1.Argument_Path{Path: "event.ref"}}}}
			for name, value := range c.arguments {
				set.Arguments[name] = &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{value}}}}
			}
			p := &toolsv1.Plan{Class: "x", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{set}}

			first := opened("planned on", c.of.later(0, c.of.repeated, c.of.was, &eventv1.FieldChange{Field: "labels", To: "bug"}))
			second := opened("planned on, too", c.of.later(1, c.of.repeated, c.of.was, &eventv1.FieldChange{Field: "labels", To: "ui"}))
			opened("labelled", c.of.later(3, c.of.repeated, c.of.was, &eventv1.FieldChange{Field: "labels", To: "api"}))
			want(t, states(execute(t, cl, first, p).GetRun()), "done ")
			if c.of.changed != c.of.repeated {
				// It came late: the one that repeats it is newer, and known already.
				opened("labelled again", c.of.later(4, c.of.repeated, c.of.now, &eventv1.FieldChange{Field: "labels", To: "x"}))
				opened("changed", c.of.later(2, c.of.changed, c.of.now, &eventv1.FieldChange{Field: c.of.field, From: "else", To: c.of.now}))
			}
			want(t, states(execute(t, cl, second, p).GetRun()), c.want)
		})
	}
}

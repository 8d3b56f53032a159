package tools_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

// Who holds a token can write any event, in any owner's name. It is remembered,
// and must not choose what an event acts on that its provider signed.
func TestATokenAimsNothingSigned(t *testing.T) {
	for _, tc := range []struct {
		authn  string
		target bool
		want   string
	}{
		{"signature", true, "done "}, // The control: it is the token that makes the difference.
		{"token", false, "refused no_such_link"},
		{"address", false, "refused no_such_link"},
	} {
		t.Run(tc.authn, func(t *testing.T) {
			c := start(t, testkit.NewExecutor(t, token).URL)
			at := merged(nil).GetOccurredAt().AsTime()
			told := merged(func(e *eventv1.WebhookEvent) { e.Kind, e.Action, e.Occurrence = "change.opened", "opened", "opened" })
			open(t, c, sealedInput(sealedAs(t, sealKey, tc.authn, told, "{}")))
			// It carries no text: only the memory tells of the issue.
			signed := merged(func(e *eventv1.WebhookEvent) {
				e.Id, e.DedupKey = uuid.NewString(), uuid.NewString()
				e.Text, e.OccurredAt = nil, timestamppb.New(at.Add(time.Hour))
			})
			opened := open(t, c, sealedInput(sealed(t, sealKey, signed, "{}")))
			if n := len(opened.GetLinks()); n != 1 || opened.GetLinks()[0].GetRef() != "jira:issue:ACME-7" || opened.GetLinks()[0].GetTarget() != tc.target {
				t.Fatalf("links %v", opened.GetLinks())
			}
			if reason := opened.GetLinks()[0].GetReason(); !tc.target && reason != "untrusted_author" {
				t.Errorf("not a target for %q", reason)
			}
			want(t, states(execute(t, c, opened.GetRun().GetRunId(), plan()).GetRun()), tc.want, tc.want)
		})
	}
}

// What a plan of a token's event writes is told as a token's too.
func TestATokensPlanLinksAsAToken(t *testing.T) {
	c := start(t, testkit.NewExecutor(t, token).URL)
	run := open(t, c, sealedInput(sealedAs(t, sealKey, "token", merged(nil), "{}"))).GetRun()
	link := &toolsv1.Plan{Class: "change.merged", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{{
		Rule: "r", Step: "s", Tool: "graph.link", Arguments: map[string]*toolsv1.Argument{
			"target": {Value: &toolsv1.Argument_Path{Path: "event.ref"}},
			"kind":   {Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{"relates"}}}},
		},
	}}}
	want(t, states(execute(t, c, run.GetRunId(), link).GetRun()), "done ")
	input, err := structpb.NewStruct(map[string]any{"ref": "github:pr:acme/api#42"})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.tool.CallTool(t.Context(), &toolsv1.CallToolRequest{Tool: "linked", Input: input})
	if err != nil {
		t.Fatal(err)
	}
	rows := resp.GetOutput().GetFields()["rows"].GetListValue().GetValues()
	for _, row := range rows {
		if f := row.GetStructValue().GetFields(); f["authn"].GetStringValue() != "token" {
			t.Errorf("link %v", f)
		}
	}
	if len(rows) != 2 {
		t.Errorf("%d links, want the text's and the plan's", len(rows))
	}
}

package respond_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/agent/internal/respond"
)

// planned returns a run whose plan has one call in each of the states.
func planned(states ...string) *toolsv1.Run {
	run := &toolsv1.Run{Plan: &toolsv1.Plan{Class: "change.merged", DecidedBy: "metadata"}}
	for i, s := range states {
		step := fmt.Sprintf("s%d", i)
		run.Plan.Calls = append(run.Plan.Calls, &toolsv1.PlannedCall{Rule: "r", Step: step, Tool: "jira.transition"})
		run.Calls = append(run.Calls, &toolsv1.Call{Rule: "r", Step: step, Tool: "jira.transition", State: s})
	}
	return run
}

// The contract's paragraph on the status, line by line.
func TestStatus(t *testing.T) {
	tests := []struct {
		states []string
		want   string
	}{
		// One queued or running.
		{[]string{"queued"}, "processing"},
		{[]string{"running"}, "processing"},
		{[]string{"done", "queued"}, "processing"},
		{[]string{"failed", "unknown", "running"}, "processing"},
		{[]string{"held", "queued"}, "processing"},
		// An empty plan.
		{nil, "ignored"},
		// All failed or unknown, without those held and skipped.
		{[]string{"failed"}, "failed"},
		{[]string{"unknown"}, "failed"},
		{[]string{"failed", "unknown"}, "failed"},
		{[]string{"failed", "held"}, "failed"},
		{[]string{"unknown", "skipped"}, "failed"},
		// Any failed, unknown or refused.
		{[]string{"done", "failed"}, "partial_success"},
		{[]string{"dry_run", "unknown"}, "partial_success"},
		{[]string{"failed", "refused"}, "partial_success"},
		{[]string{"refused"}, "partial_success"},
		{[]string{"done", "refused"}, "partial_success"},
		{[]string{"refused", "held"}, "partial_success"},
		// Else; none left included.
		{[]string{"done"}, "success"},
		{[]string{"dry_run"}, "success"},
		{[]string{"done", "dry_run"}, "success"},
		{[]string{"held"}, "success"},
		{[]string{"skipped"}, "success"},
		{[]string{"held", "skipped"}, "success"},
		{[]string{"done", "held", "skipped"}, "success"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.states, "+"), func(t *testing.T) {
			if got := respond.Status(planned(tt.states...)); got != tt.want {
				t.Errorf("Status() = %s, want %s", got, tt.want)
			}
		})
	}
	for want, states := range map[string][]string{
		"failed": nil, "partial_success": {"done"}, "processing": {"queued"},
	} {
		t.Run("with gaps "+want, func(t *testing.T) {
			run := planned(states...)
			run.Plan.Gaps = []*toolsv1.Gap{{Code: "rule_failed"}}
			if got := respond.Status(run); got != want {
				t.Errorf("Status() = %s, want %s", got, want)
			}
		})
	}
	t.Run("failed with gaps", func(t *testing.T) {
		run := planned("failed", "held")
		run.Plan.Gaps = []*toolsv1.Gap{{Code: "rule_failed"}}
		if got := respond.Status(run); got != "failed" {
			t.Errorf("Status() = %s, want failed", got)
		}
	})
	t.Run("no plan", func(t *testing.T) {
		run := &toolsv1.Run{Writes: []*toolsv1.MemoryWrite{{Tool: "facts.record", State: "done"}}}
		if got := respond.Status(run); got != "processing" {
			t.Errorf("Status() = %s, want processing", got)
		}
	})
	t.Run("memory writes don't count", func(t *testing.T) {
		run := planned("done")
		run.Writes = []*toolsv1.MemoryWrite{{Tool: "graph.upsert", State: "failed"}, {Tool: "facts.record", State: "queued"}}
		if got := respond.Status(run); got != "success" {
			t.Errorf("Status() = %s, want success", got)
		}
	})
}

func decided() *toolsv1.Run {
	return &toolsv1.Run{
		RunId: "3f0f2bb5-6f4e-4a52-9f6b-0d6b7f0d7a11", EventId: "5c6f7a10-0000-5000-8000-000000000001", Authn: "signature",
		Event: &toolsv1.EventHead{Source: "github", Kind: "change.merged", Type: "pull_request", Ref: "github:pr:acme/api#42"},
		Plan: &toolsv1.Plan{Class: "change.merged", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{
			{Rule: "merged-change", Step: "comment", Tool: "jira.add_comment", Arguments: map[string]*toolsv1.Argument{
				"target": {Value: &toolsv1.Argument_Path{Path: "link.issue[0]"}},
				"body":   {Value: &toolsv1.Argument_Text{Text: "Merged."}},
			}},
			{Rule: "merged-change", Step: "transition", Tool: "jira.transition", Arguments: map[string]*toolsv1.Argument{
				"target": {Value: &toolsv1.Argument_Path{Path: "link.issue[0]"}},
			}},
		}},
		Calls: []*toolsv1.Call{
			{CallId: "c1", Rule: "merged-change", Step: "comment", Tool: "jira.add_comment", Target: "jira:issue:ACME-7", State: "done", Url: "https://acme.example/browse/ACME-7"},
			{CallId: "c2", Rule: "merged-change", Step: "transition", Tool: "jira.transition", Target: "jira:issue:ACME-7", State: "held", Reason: "tier"},
		},
		Writes: []*toolsv1.MemoryWrite{
			{Tool: "records.upsert", Store: "sqlite", State: "done"},
			{Tool: "facts.record", Store: "sqlite", State: "done"},
			{Tool: "graph.upsert", Store: "sqlite", State: "done"},
		},
		Links: []*toolsv1.Link{
			{Kind: "issue", Index: 0, Ref: "jira:issue:ACME-7", Where: "title", Rule: "issue_key", Target: true},
			{Kind: "issue", Index: 1, Ref: "jira:issue:EVIL-1", Where: "body", Rule: "issue_key", Reason: "no_pair"},
			{Kind: "change", Index: 0, Ref: "github:pr:acme/api#41", Where: "body", Rule: "url", Target: true},
			{Kind: "repository", Index: 0, Ref: "github:repo:acme/api", Rule: "native", Target: true},
		},
		Gaps: []*toolsv1.Gap{{Code: "sink_unset", Setting: "NEO4J_URI"}},
	}
}

func TestAnswer(t *testing.T) {
	want := &agentv1.Answer{
		RunId: "3f0f2bb5-6f4e-4a52-9f6b-0d6b7f0d7a11", EventId: "5c6f7a10-0000-5000-8000-000000000001",
		Status: "success", Summary: "Pull request acme/api#42 was merged: 1 action done, 1 action held for a decision.",
		Class: "change.merged", DecidedBy: "metadata",
		ActionsTaken: []*agentv1.Action{
			{Tool: "records.upsert", Store: "sqlite", State: "done"},
			{Tool: "facts.record", Store: "sqlite", State: "done"},
			{Tool: "graph.upsert", Store: "sqlite", State: "done"},
			{Tool: "jira.add_comment", Target: "jira:issue:ACME-7", State: "done", Url: "https://acme.example/browse/ACME-7", Rule: "merged-change", Step: "comment", CallId: "c1"},
			{Tool: "jira.transition", Target: "jira:issue:ACME-7", State: "held", Reason: "tier", Rule: "merged-change", Step: "transition", CallId: "c2"},
		},
		NotActedOn: []*agentv1.Unused{
			{Ref: "jira:issue:EVIL-1", Where: "body", Reason: "no_pair"},
			{Ref: "github:pr:acme/api#41", Where: "body", Reason: "no_rule"},
		},
		Gaps: []*toolsv1.Gap{{Code: "sink_unset", Setting: "NEO4J_URI"}},
		Held: 1, Replayed: true,
		Url: "/runs/3f0f2bb5-6f4e-4a52-9f6b-0d6b7f0d7a11",
	}
	if got := respond.Answer(decided(), true); !proto.Equal(got, want) {
		t.Errorf("Answer() = %s\nwant %s", protojson.Format(got), protojson.Format(want))
	}
}

func TestAnswerWithoutPlan(t *testing.T) {
	run := decided()
	run.Plan, run.Calls = nil, nil
	got := respond.Answer(run, false)
	if got.GetStatus() != "processing" || got.GetClass() != "" || got.GetDecidedBy() != "" {
		t.Errorf("Answer() = %s", protojson.Format(got))
	}
	// What rules leave aside is not known before there is a plan.
	if len(got.GetNotActedOn()) != 1 || got.GetNotActedOn()[0].GetReason() != "no_pair" {
		t.Errorf("not_acted_on = %v", got.GetNotActedOn())
	}
}

func TestAnswerHasThePlansGaps(t *testing.T) {
	run := decided()
	run.Plan.Gaps = []*toolsv1.Gap{{Code: "rule_failed", Detail: "rule a (line 2): no such key: x"}}
	got := respond.Answer(run, false)
	if n := len(got.GetGaps()); n != 2 || got.GetGaps()[0].GetCode() != "sink_unset" || !proto.Equal(got.GetGaps()[1], run.GetPlan().GetGaps()[0]) {
		t.Errorf("gaps %v", got.GetGaps())
	}
	if want := "1 action held for a decision, not all that the rules ask for could be planned."; !strings.HasSuffix(got.GetSummary(), want) {
		t.Errorf("summary %q, want …%q", got.GetSummary(), want)
	}
}

func TestAnswerCounts(t *testing.T) {
	run := planned("queued", "running", "held", "refused", "refused", "skipped", "skipped", "skipped", "done")
	run.Plan.Degraded = true
	got := respond.Answer(run, false)
	if got.GetPending() != 2 || got.GetHeld() != 1 || got.GetRefused() != 2 || got.GetSkipped() != 3 || !got.GetDegraded() {
		t.Errorf("Answer() = %s", protojson.Format(got))
	}
}

func TestSummary(t *testing.T) {
	got := respond.Summary(decided())
	want := &agentv1.RunSummary{
		RunId: "3f0f2bb5-6f4e-4a52-9f6b-0d6b7f0d7a11", Status: "success", Source: "github", Kind: "change.merged",
		Ref: "github:pr:acme/api#42", Class: "change.merged", Held: 1,
		Summary: "Pull request acme/api#42 was merged: 1 action done, 1 action held for a decision.",
	}
	if !proto.Equal(got, want) {
		t.Errorf("Summary() = %s", protojson.Format(got))
	}
}

func TestSentence(t *testing.T) {
	head := func(ref, kind, typ string) *toolsv1.EventHead {
		return &toolsv1.EventHead{Ref: ref, Kind: kind, Type: typ}
	}
	empty := &toolsv1.Plan{}
	tests := []struct {
		run  *toolsv1.Run
		want string
	}{
		{&toolsv1.Run{Event: head("jira:issue:ACME-7", "issue.transitioned", "jira:issue_updated")}, "Issue ACME-7 was transitioned: remembered, not decided yet."},
		{&toolsv1.Run{Event: head("github:repo:acme/api", "commit.pushed", "push"), Plan: empty}, "Repository acme/api was pushed to: remembered, no rule acts on it."},
		{&toolsv1.Run{Event: head("jira@eu:issue:X-1", "comment.created", "comment_created"), Plan: empty}, "Issue X-1 had a comment created: remembered, no rule acts on it."},
		{&toolsv1.Run{Event: head("github:hook:1", "ping", "ping"), Plan: empty}, "Hook 1 sent a ping: remembered, no rule acts on it."},
		{&toolsv1.Run{Event: head("github:repo:"+strings.Repeat("x", 300), "other", "star"), Plan: empty}, "Repository " + strings.Repeat("x", 80) + "… had an event (star): remembered, no rule acts on it."},
		{&toolsv1.Run{Event: head("github:hook:1", "ping", "ping"), Plan: &toolsv1.Plan{Gaps: []*toolsv1.Gap{{Code: "plan_invalid"}}}}, "Hook 1 sent a ping: remembered, what the rules ask for could not be planned."},
		{&toolsv1.Run{Plan: empty}, "An event had an event (): remembered, no rule acts on it."},
	}
	for _, tt := range tests {
		if got := respond.Sentence(tt.run); got != tt.want {
			t.Errorf("Sentence() = %q, want %q", got, tt.want)
		}
	}
	states := []string{"done", "done", "dry_run", "running", "queued", "held", "refused", "failed", "unknown", "skipped"}
	run := planned(append(states, "refused", "refused")...)
	for _, c := range run.GetCalls()[len(states):] {
		c.Reason = "rejected" // by a person, which policy was blamed for
	}
	slices.Reverse(run.Calls)
	run.Event = head("notion:page:0123", "page.updated", "page.properties_updated")
	want := "Page 0123 was updated: 2 actions done, 1 action as a dry run, 1 action running, 1 action queued, 1 action held for a decision, " +
		"1 action refused by policy, 2 actions rejected by a person, 1 action failed, 1 action with an unknown outcome, 1 action skipped."
	if got := respond.Sentence(run); got != want {
		t.Errorf("Sentence() = %q, want %q", got, want)
	}
}

package tools_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools"
)

// another is an event of its own, like the merged pull request.
func another(name string, change func(*eventv1.WebhookEvent)) *eventv1.WebhookEvent {
	return merged(func(e *eventv1.WebhookEvent) {
		e.Id, e.DedupKey, e.Occurrence = uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String(), name, name
		change(e)
	})
}

// What our own bot does comes back as an event, and starts nothing.
func TestOwnEventsActNot(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(*executorv1.Command) *executorv1.Result {
		return &executorv1.Result{Outcome: "done", Account: "jira:user:bot-1"}
	})
	c := start(t, ex.URL)
	run := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun().GetRunId()
	want(t, states(execute(t, c, run, plan()).GetRun()), "done ", "done ")

	ours := func(name, account, status string) *toolsv1.Run {
		e := another(name, func(e *eventv1.WebhookEvent) {
			e.Source, e.Kind, e.Ref, e.Place, e.Text = "jira", "issue.transitioned", "jira:issue:ACME-7", "jira:project:ACME", nil
			e.Actor = &eventv1.Account{Id: account, Type: "atlassian"}
			e.Changes = []*eventv1.FieldChange{{Field: "status", From: "To Do", To: status}}
		})
		id := open(t, c, sealedInput(sealed(t, sealKey, e, name))).GetRun().GetRunId()
		p := plan()
		p.Calls = p.Calls[:1]
		p.Calls[0].Arguments["target"] = &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: "event.ref"}}
		return execute(t, c, id, p).GetRun()
	}
	want(t, states(ours("echo", "bot-1", "Done")), "refused own_event")
	want(t, states(ours("same account, its person's own doing", "bot-1", "Blocked")), "done ")
	want(t, states(ours("somebody else", "dev-2", "Done")), "done ")
}

// An untrusted actor's calls of other runs are counted.
func TestBudgetsAreCounted(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(*executorv1.Command) *executorv1.Result { return &executorv1.Result{Outcome: "done"} })
	c := startWith(t, func(cfg *tools.Config) {
		cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(testPolicy+"budgets: {place: 3/h}\n")
	}, time.Now)
	var got []string
	for _, name := range []string{"one", "two"} {
		e := another(name, func(*eventv1.WebhookEvent) {})
		run := open(t, c, sealedInput(sealed(t, sealKey, e, name))).GetRun().GetRunId()
		got = append(got, states(execute(t, c, run, plan()).GetRun())...)
	}
	want(t, got, "done ", "done ", "done ", "refused budget")
}

// Notion's events name a page and say nothing of it: what a read saw is remembered.
func TestReadPageIsRemembered(t *testing.T) {
	const page = "notion:page:0123456789abcdef0123456789abcdef"
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
		if cmd.GetClass() != "read" || cmd.GetMode() != "act" || cmd.GetTarget() != page {
			t.Errorf("command %v", cmd)
		}
		return &executorv1.Result{Outcome: "done", Ref: page, Observed: map[string]string{"page.status": "In progress", "page.in_trash": "false"}}
	})
	c := start(t, ex.URL)
	e := another("page", func(e *eventv1.WebhookEvent) {
		e.Source, e.Kind, e.Type, e.Ref, e.Place, e.Text = "notion", "page.updated", "page.properties_updated", page, page, nil
		e.Actor = &eventv1.Account{Id: "0123456789abcdef0123456789abcdee", Type: "person"}
	})
	run := open(t, c, sealedInput(sealed(t, sealKey, e, "page"))).GetRun().GetRunId()
	p := &toolsv1.Plan{Class: "page.updated", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{{
		Rule: "read", Step: "page", Tool: "notion.read_page",
		Arguments: map[string]*toolsv1.Argument{"target": {Value: &toolsv1.Argument_Path{Path: "event.ref"}}},
	}}}
	got := execute(t, c, run, p).GetRun()
	want(t, states(got), "done ")
	input := mustStruct(t, map[string]any{"ref": page})
	answer, err := c.tool.CallTool(t.Context(), &toolsv1.CallToolRequest{Tool: "timeline", Input: input})
	if err != nil {
		t.Fatal(err)
	}
	if text := answer.GetOutput().String(); !strings.Contains(text, "page.status") || !strings.Contains(text, "In progress") {
		t.Errorf("the timeline has %s", text)
	}
}

func mustStruct(t *testing.T, m map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A person's token closes and labels: what comes back of it starts nothing.
func TestClosingAndLabelsOfAPersonsTokenAreOwnEvents(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
		return &executorv1.Result{Outcome: "done", Ref: cmd.GetTarget(), Account: "github:user:dev-bot"}
	})
	c := startWith(t, func(cfg *tools.Config) {
		cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(testPolicy+"  github.add_labels:\n    github:acme/api: {labels: [bug]}\n")
	}, time.Now)
	path := &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: "event.ref"}}
	bug := &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{"bug"}}}}
	issue := func(name, actor string, changes ...*eventv1.FieldChange) []string {
		e := another(name, func(e *eventv1.WebhookEvent) {
			e.Kind, e.Ref, e.Type, e.Text = "issue.updated", "github:issue:acme/api#3", "issues", nil
			e.Actor = &eventv1.Account{Id: actor, Login: actor, Type: "User", Association: "MEMBER"}
			e.Changes = changes
		})
		return states(execute(t, c, open(t, c, sealedInput(sealed(t, sealKey, e, name))).GetRun().GetRunId(), &toolsv1.Plan{
			Class: "x", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{
				{Rule: "r", Step: "close", Tool: "github.close_issue", Arguments: map[string]*toolsv1.Argument{"target": path}},
				{Rule: "r", Step: "label", Tool: "github.add_labels", Arguments: map[string]*toolsv1.Argument{"target": path, "labels": bug}},
			},
		}).GetRun())
	}
	want(t, issue("first", "dev-one"), "done ", "done ")
	want(t, issue("closed", "dev-bot", &eventv1.FieldChange{Field: "status", From: "open", To: "closed"}), "refused own_event", "refused own_event")
	want(t, issue("labelled", "dev-bot", &eventv1.FieldChange{Field: "labels", To: "bug"}), "refused own_event", "refused own_event")
	want(t, issue("by hand", "dev-bot", &eventv1.FieldChange{Field: "labels", To: "ui"}), "done ", "done ")
}

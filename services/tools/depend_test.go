package tools_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools"
)

const dependPolicy = testPolicy + `
  jira.create_issue:
    github:acme/api: {project: [ACME]}
    jira:ACME: {issue_type: [Task]}
`

// creating makes an issue, comments on what it made, and moves it.
func creating() *toolsv1.Plan {
	path := func(s string) *toolsv1.Argument { return &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: s}} }
	text := func(s string) *toolsv1.Argument { return &toolsv1.Argument{Value: &toolsv1.Argument_Text{Text: s}} }
	choice := func(s string) *toolsv1.Argument {
		return &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{s}}}}
	}
	return &toolsv1.Plan{Class: "change.merged", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{
		{Rule: "r", Step: "create", Tool: "jira.create_issue", Arguments: map[string]*toolsv1.Argument{"project": choice("ACME"), "issue_type": choice("Task"), "summary": text("look after it")}},
		{Rule: "r", Step: "comment", Tool: "jira.add_comment", Arguments: map[string]*toolsv1.Argument{"target": path("$create.ref"), "body": text("made by a merge")}},
		{Rule: "r", Step: "move", Tool: "jira.transition", Arguments: map[string]*toolsv1.Argument{"target": path("$create.ref"), "status": choice("Done")}},
	}}
}

func TestDependentSteps(t *testing.T) {
	for name, c := range map[string]struct {
		made *executorv1.Result
		want []string
	}{
		"done within the request": {&executorv1.Result{Outcome: "done", Ref: "jira:issue:ACME-99", Url: "https://acme.example/browse/ACME-99"}, []string{"done ", "done ", "done "}},
		"never made":              {&executorv1.Result{Outcome: "rejected", Reason: "no such type"}, []string{"failed rejected", "skipped dependency", "skipped dependency"}},
		"made nothing to name":    {&executorv1.Result{Outcome: "done"}, []string{"done ", "skipped dependency", "skipped dependency"}},
		"somewhere else":          {&executorv1.Result{Outcome: "done", Ref: "github:pr:evil/corp#1"}, []string{"done ", "refused target", "refused target"}},
	} {
		t.Run(name, func(t *testing.T) {
			ex := testkit.NewExecutor(t, token)
			var targets []string
			ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
				if cmd.GetTool() == "jira.create_issue" {
					return c.made
				}
				targets = append(targets, cmd.GetTarget())
				return &executorv1.Result{Outcome: "done", Ref: cmd.GetTarget()}
			})
			cl := startWith(t, func(cfg *tools.Config) { cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(dependPolicy) }, time.Now)
			run := open(t, cl, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun()
			got := execute(t, cl, run.GetRunId(), creating()).GetRun()
			want(t, states(got), c.want...)
			if c.want[1] == "done " {
				want(t, targets, "jira:issue:ACME-99", "jira:issue:ACME-99")
				if got.GetCalls()[1].GetEffectKey() == "" {
					t.Errorf("no effect key")
				}
			}
		})
	}
}

// While a call of another provider takes its time, the resumer may take up a step that has
// what it needs: the answer said that the run is processing although there was time.
func TestAStepThatTheResumerTookUpIsAnswered(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	takenUp, slow := make(chan struct{}), make(chan struct{})
	ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
		switch cmd.GetTool() {
		case "github.add_comment":
			<-takenUp
			close(slow)
		case "jira.add_comment":
			close(takenUp)
			<-slow
			<-time.After(300 * time.Millisecond) // for the request to see that the step is not its own
		}
		return &executorv1.Result{Outcome: "done", Ref: "jira:issue:ACME-99"}
	})
	cl := startWith(t, func(cfg *tools.Config) { cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(dependPolicy) }, time.Now)
	run := open(t, cl, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun()
	p := creating()
	p.Calls = append(p.Calls[:2], &toolsv1.PlannedCall{Rule: "r", Step: "say", Tool: "github.add_comment", Arguments: map[string]*toolsv1.Argument{
		"target": {Value: &toolsv1.Argument_Path{Path: "event.ref"}}, "body": {Value: &toolsv1.Argument_Text{Text: "merged"}},
	}})
	want(t, states(execute(t, cl, run.GetRunId(), p).GetRun()), "done ", "done ", "done ")
}

// Two steps use what the first one made, at different providers: one was asked only once the
// other had answered.
func TestStepsThatWaitedAreMadeSideBySide(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	linked := make(chan struct{})
	ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
		switch cmd.GetTool() {
		case "github.add_labels":
			select {
			case <-linked:
			case <-time.After(5 * time.Second):
				t.Error("Jira is not asked while GitHub takes its time")
			}
		case "jira.link_remote":
			close(linked)
		}
		return &executorv1.Result{Outcome: "done", Ref: "github:issue:acme/api#50", Url: "https://github.com/acme/api/issues/50"}
	})
	cl := startWith(t, func(cfg *tools.Config) {
		cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(testPolicy+`
  github.create_issue: {github:acme/api: {repository: [acme/api]}}
  github.add_labels: {github:acme/api: {labels: [bug]}}
`)
	}, time.Now)
	run := open(t, cl, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun()
	path := func(s string) *toolsv1.Argument { return &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: s}} }
	text := func(s string) *toolsv1.Argument { return &toolsv1.Argument{Value: &toolsv1.Argument_Text{Text: s}} }
	choice := func(s string) *toolsv1.Argument {
		return &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{s}}}}
	}
	got := execute(t, cl, run.GetRunId(), &toolsv1.Plan{Class: "change.merged", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{
		{Rule: "r", Step: "create", Tool: "github.create_issue", Arguments: map[string]*toolsv1.Argument{"repository": choice("acme/api"), "title": text("t"), "body": text("b")}},
		{Rule: "r", Step: "label", Tool: "github.add_labels", Arguments: map[string]*toolsv1.Argument{"target": path("$create.ref"), "labels": choice("bug")}},
		{Rule: "r", Step: "link", Tool: "jira.link_remote", Arguments: map[string]*toolsv1.Argument{"target": path("link.issue[0]"), "object": path("$create.ref"), "title": text("t")}},
	}}).GetRun()
	want(t, states(got), "done ", "done ", "done ")
}

// What a step gives may be a field's value, too: nobody approves, and nothing
// shows, a request that isn't whole.
func TestAFieldThatWaitsIsDecidedOnceItIsThere(t *testing.T) {
	for name, c := range map[string]struct {
		policy  string
		want    []string
		request string // the object in the request that the approver sees
	}{
		"held":    {"tiers: {tools: {jira.link_remote: {trusted: hold}}}\n", []string{"done ", "held tier"}, "jira:issue:ACME-99"},
		"dry run": {"dry_run: true\n", []string{"dry_run policy", "skipped dependency"}, ""},
		"off":     {"tiers: {tools: {jira.link_remote: {trusted: off}}}\n", []string{"done ", "refused tier_off"}, ""},
		"budget":  {"budgets: {place: 1/h}\n", []string{"done ", "refused budget"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ex := testkit.NewExecutor(t, token)
			sent := ""
			ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
				switch {
				case cmd.GetMode() == "dry_run":
					return &executorv1.Result{Outcome: "dry_run"}
				case cmd.GetTool() == "jira.link_remote":
					sent = cmd.GetPayload().GetFields()["object"].GetStringValue()
				}
				return &executorv1.Result{Outcome: "done", Ref: "jira:issue:ACME-99"}
			})
			cl := startWith(t, func(cfg *tools.Config) { cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(dependPolicy+c.policy) }, time.Now)
			run := open(t, cl, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun()
			p := creating()
			p.Calls = append(p.Calls[:1], &toolsv1.PlannedCall{Rule: "r", Step: "link", Tool: "jira.link_remote", Arguments: map[string]*toolsv1.Argument{
				"target": {Value: &toolsv1.Argument_Path{Path: "link.issue[0]"}},
				"object": {Value: &toolsv1.Argument_Path{Path: "$create.ref"}},
				"title":  {Value: &toolsv1.Argument_Text{Text: "the task"}},
			}})
			got := execute(t, cl, run.GetRunId(), p).GetRun()
			want(t, states(got), c.want...)
			held := got.GetCalls()[1]
			if object := held.GetRequest().GetFields()["object"].GetStringValue(); object != c.request || sent != "" {
				t.Errorf("the approver sees %q, sent before it %q", object, sent)
			}
			if c.request == "" {
				return
			}
			if _, err := cl.runs.DecideCall(t.Context(), &toolsv1.DecideCallRequest{RunId: run.GetRunId(), CallId: held.GetCallId(), Approve: true, By: "ana"}); err != nil {
				t.Fatal(err)
			}
			want(t, states(settled(t, cl, run.GetRunId())), "done ", "done ")
			if sent != c.request {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

// What waits for a held step is held with it, and the run is decided: nothing happens
// by itself. It stood as queued, never ran out, and the run as being processed for ever.
func TestWhatWaitsForAHeldStepIsHeldWithIt(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(*executorv1.Command) *executorv1.Result {
		return &executorv1.Result{Outcome: "done", Ref: "jira:issue:ACME-99"}
	})
	cl := startWith(t, func(cfg *tools.Config) {
		cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(dependPolicy+"tiers: {tools: {jira.create_issue: {trusted: hold}}}\n")
	}, time.Now)
	run := open(t, cl, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun()
	got := execute(t, cl, run.GetRunId(), creating()).GetRun()
	want(t, states(got), "held tier", "held dependency", "held dependency")
	if got.GetDecidedAt() == nil {
		t.Error("the run is not decided")
	}
	decide := func(i int) error {
		_, err := cl.runs.DecideCall(t.Context(), &toolsv1.DecideCallRequest{RunId: run.GetRunId(), CallId: got.GetCalls()[i].GetCallId(), Approve: true, By: "ana"})
		return err
	}
	if err := decide(1); connect.CodeOf(err) != connect.CodeFailedPrecondition || !strings.Contains(err.Error(), "decide on that one") {
		t.Errorf("decided on what waits: %v", err)
	}
	if err := decide(0); err != nil {
		t.Fatal(err)
	}
	want(t, states(settled(t, cl, run.GetRunId())), "done ", "done ", "done ")
}

// Policy refuses steps and lets them through by now. Those that were tried again before what
// they need was there were skipped for good: what that was had not been kept.
func TestAStepThatWasRefusedWaitsForWhatItNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		policy string // the first one
		first  []string
		order  []int
		want   []string
	}{
		"in order":    {"kill_switch: true\n", []string{"refused kill_switch", "refused kill_switch", "refused kill_switch"}, []int{0, 1, 2}, []string{"done ", "done ", "done "}},
		"too early":   {"kill_switch: true\n", []string{"refused kill_switch", "refused kill_switch", "refused kill_switch"}, []int{1, 2, 0}, []string{"done ", "done ", "done "}},
		"some of it":  {"kill_switch: true\n", []string{"refused kill_switch", "refused kill_switch", "refused kill_switch"}, []int{1}, []string{"refused kill_switch", "skipped dependency", "refused kill_switch"}},
		"authn":       {"authn: {signature: memory}\n", []string{"refused authn", "refused authn", "refused authn"}, []int{2, 0, 1}, []string{"done ", "done ", "done "}},
		"too many":    {"max_calls: 1\ntiers: {tools: {jira.create_issue: {trusted: hold}}}\n", []string{"held tier", "refused too_many", "refused too_many"}, []int{1, 2}, []string{"held tier", "held dependency", "held dependency"}},
		"too many, 2": {"max_calls: 1\nkill_switch: true\n", []string{"refused kill_switch", "refused too_many", "refused too_many"}, []int{1, 0, 2}, []string{"done ", "done ", "done "}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			s.ex.Answer(func(*executorv1.Command) *executorv1.Result {
				return &executorv1.Result{Outcome: "done", Ref: "jira:issue:ACME-99"}
			})
			var run *toolsv1.Run
			s.with(dependPolicy+c.policy, func(t *testing.T, cl client) {
				id := open(t, cl, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun().GetRunId()
				run = execute(t, cl, id, creating()).GetRun()
				want(t, states(run), c.first...)
			})
			s.with(dependPolicy, func(t *testing.T, cl client) {
				for _, i := range c.order {
					if _, err := cl.runs.RetryCall(t.Context(), &toolsv1.RetryCallRequest{RunId: run.GetRunId(), CallId: run.GetCalls()[i].GetCallId(), By: "ana"}); err != nil {
						t.Fatal(err)
					}
				}
				got := settled(t, cl, run.GetRunId())
				want(t, states(got), c.want...)
				if e := got.GetCalls()[1].GetEvidence(); c.want[1] == "done " && strings.Contains(fmt.Sprint(e), "by now policy has it skipped") {
					t.Errorf("evidence %v of a step that waited", e)
				}
			})
		})
	}
}

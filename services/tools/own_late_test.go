package tools_test

import (
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools"
)

const labelPolicy = testPolicy + `  github.add_labels:
    github:acme/api: {labels: [bug]}
`

const makingPolicy = labelPolicy + `  github.create_issue:
    github:acme/api: {repository: [acme/api]}
  jira.create_issue:
    jira:ACME: {project: [ACME], issue_type: [Bug]}
`

// labelled is the run of an event of an issue of acme/api that a rule labels.
func labelled(t *testing.T, c client, name, ref, actor string, change func(*eventv1.WebhookEvent)) *toolsv1.Run {
	t.Helper()
	return planned(t, c, name, ref, actor, change, label())
}

func label() *toolsv1.PlannedCall {
	return &toolsv1.PlannedCall{Rule: "r", Step: "label", Tool: "github.add_labels", Arguments: map[string]*toolsv1.Argument{
		"target": {Value: &toolsv1.Argument_Path{Path: "event.ref"}},
		"labels": {Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{"bug"}}}},
	}}
}

// planned is the run of an issue's event with one call. Its actor is a person's account.
func planned(t *testing.T, c client, name, ref, actor string, change func(*eventv1.WebhookEvent), call *toolsv1.PlannedCall) *toolsv1.Run {
	t.Helper()
	e := another(name, func(e *eventv1.WebhookEvent) {
		e.Kind, e.Type, e.Ref, e.Text = "issue.updated", "issues", ref, nil
		e.Actor = &eventv1.Account{Id: actor, Login: actor, Type: "User", Association: "MEMBER"}
		change(e)
	})
	run := open(t, c, sealedInput(sealed(t, sealKey, e, name))).GetRun().GetRunId()
	return execute(t, c, run, &toolsv1.Plan{Class: "x", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{call}}).GetRun()
}

func unchanged(*eventv1.WebhookEvent) {}

// What a person's token does comes back as an event, also where it was done long after it
// was planned: counted from the plan, rules acted on our own doing.
func TestWhatWaitedForItsProviderIsAnOwnEvent(t *testing.T) {
	const (
		anIssue = "github:issue:acme/api#3"
		wait    = 15 * time.Minute
	)
	ex := testkit.NewExecutor(t, token)
	var limited atomic.Bool
	limited.Store(true)
	ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
		if limited.Load() {
			return &executorv1.Result{Outcome: "retry", Reason: "rate_limited", RetryAfter: durationpb.New(wait), Account: "github:user:dev-bot"}
		}
		return &executorv1.Result{Outcome: "done", Ref: cmd.GetTarget(), Account: "github:user:dev-bot"}
	})
	var ahead atomic.Int64
	c := startWith(t, func(cfg *tools.Config) { cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(labelPolicy) },
		func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	run := labelled(t, c, "first", anIssue, "dev-one", unchanged)
	want(t, states(run), "queued rate_limited")
	limited.Store(false)
	ahead.Store(int64(wait + time.Second))
	want(t, states(settled(t, c, run.GetRunId())), "done ")
	want(t, states(labelled(t, c, "echo", anIssue, "dev-bot", func(e *eventv1.WebhookEvent) {
		e.Changes = []*eventv1.FieldChange{{Field: "labels", To: "bug"}}
	})), "refused own_event")
}

// The answer to a creation was lost, or comes after its own webhook: rules acted on what we
// had made, for nobody knew its ref yet.
func TestWhatWasMadeWithoutAnAnswerIsAnOwnEvent(t *testing.T) {
	text := func(s string) *toolsv1.Argument { return &toolsv1.Argument{Value: &toolsv1.Argument_Text{Text: s}} }
	choice := func(s string) *toolsv1.Argument {
		return &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{s}}}}
	}
	tests := map[string]struct {
		tool, account, place, ref string
		arguments                 map[string]*toolsv1.Argument
		text                      func(effectKey string) *eventv1.Part
	}{
		"GitHub, by its marker": {"github.create_issue", "github:user:dev-bot", "github:repo:acme/api", "github:issue:acme/api#50", map[string]*toolsv1.Argument{
			"repository": choice("acme/api"), "title": text("Look into it"), "body": text("It was merged."),
		}, func(key string) *eventv1.Part {
			return &eventv1.Part{Where: "body", Value: "It was merged.\n\n<!-- switchyard:" + key + " -->"}
		}},
		"Jira, by its title": {"jira.create_issue", "jira:user:dev-bot", "jira:project:ACME", "jira:issue:ACME-50", map[string]*toolsv1.Argument{
			"project": choice("ACME"), "issue_type": choice("Bug"), "summary": text("Look into it"),
		}, func(string) *eventv1.Part { return &eventv1.Part{Where: "title", Value: "Look into it"} }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ex := testkit.NewExecutor(t, token)
			ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
				if cmd.GetTool() == test.tool {
					return &executorv1.Result{Outcome: "unknown", Reason: "no answer"}
				}
				return &executorv1.Result{Outcome: "done", Ref: cmd.GetTarget(), Account: test.account}
			})
			c := startWith(t, func(cfg *tools.Config) { cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(makingPolicy) }, time.Now)
			of := func(e *eventv1.WebhookEvent) {
				e.Source, e.Place = test.account[:len(test.account)-len(":user:dev-bot")], test.place
			}
			acting := map[string]*toolsv1.PlannedCall{
				"github.create_issue": label(),
				"jira.create_issue": {Rule: "r", Step: "move", Tool: "jira.transition", Arguments: map[string]*toolsv1.Argument{
					"target": {Value: &toolsv1.Argument_Path{Path: "event.ref"}}, "status": choice("Done"),
				}},
			}[test.tool]
			// That an account is ours is known once something was done by it.
			want(t, states(planned(t, c, "before", test.ref[:len(test.ref)-2]+"3", "dev-one", of, acting)), "done ")
			making := &toolsv1.PlannedCall{Rule: "r", Step: "make", Tool: test.tool, Arguments: test.arguments}
			made := planned(t, c, "first", test.ref[:len(test.ref)-2]+"3", "dev-one", of, making)
			echo := func(name, actor, kind string, part *eventv1.Part) []string {
				return states(planned(t, c, name, test.ref[:len(test.ref)-2]+name, actor, func(e *eventv1.WebhookEvent) {
					of(e)
					part.Author = e.Actor
					e.Kind, e.Text = kind, &eventv1.Text{Parts: []*eventv1.Part{part}}
				}, acting))
			}
			ours := test.text(made.GetCalls()[0].GetEffectKey())
			want(t, echo("50", "dev-bot", "issue.created", ours), "refused own_event")
			want(t, echo("51", "dev-one", "issue.created", ours), "done ")
			want(t, echo("52", "dev-bot", "issue.updated", ours), "done ")
			want(t, echo("53", "dev-bot", "issue.created", &eventv1.Part{Where: ours.GetWhere(), Value: "By hand"}), "done ")
		})
	}
}

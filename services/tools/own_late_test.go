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

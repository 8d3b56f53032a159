package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/rehearsal"
)

type planRulesCommand struct {
	File string `arg:"" optional:"" name:"file" help:"Rules file; without one that of RULES_FILE, else the built-in rules."`

	Example string `placeholder:"NAME" complete:"provider/example" help:"One of the examples of send, such as github/pull_request.merged."`

	Event       string `placeholder:"FILE" help:"A webhook's body; - is standard input."`
	Source      string `placeholder:"NAME" enum:",github,jira,notion" default:"" help:"With --event: the provider whose body it is, where the body does not tell."`
	GitHubEvent string `name:"github-event" placeholder:"NAME" help:"With --event of GitHub: its name of the event, such as push."`

	Policy string `placeholder:"FILE" help:"Policy to decide by; without one that of POLICY_FILE, else that of dev."`
	JSON   bool   `name:"json" help:"Print the agent's PlanEventResponse as JSON."`
}

// Help teaches by example.
func (planRulesCommand) Help() string {
	return `Try rules on an example, or on a body that a provider sent:
  switchyard rules plan --example github/pull_request.merged
  switchyard rules plan rules.yaml --event body.json
  switchyard rules plan rules.yaml --event push.json --github-event push
  switchyard rules plan rules.yaml --event body.json --policy policy.yaml
  switchyard rules plan --example jira/issue.status_changed --json | jq .plan

Bodies of Jira and Notion name their event; of GitHub's only its header does.

It shows the event that the body becomes, the links in its text and why each is
a target or not, the class and who decided it, and each call with what policy
makes of it: queued would act, with the arguments as they would be sent, texts
after policy has cleaned them. Nothing needs to run, nothing is sent, and
nothing is written: what the memory would add to the links is not there.`
}

// Run plans.
func (c planRulesCommand) Run(ctx context.Context, env *Env) (err error) {
	settings, err := readRuleSettings(env)
	if err != nil {
		return err
	}
	in, err := c.input(env)
	if err != nil {
		return err
	}
	options := settings.stage(env, c.Policy)
	options.RulesFile = cmp.Or(c.File, options.RulesFile)
	stage, err := rehearsal.Open(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	resp, err := stage.Plan(ctx, in)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(env.Stdout, resp)
	}
	return printText(env.Stdout, showPlan(in.Event, resp))
}

func (c planRulesCommand) input(env *Env) (rehearsal.Input, error) {
	switch {
	case (c.Event == "") == (c.Example == ""):
		return rehearsal.Input{}, errors.New("a plan for what? Give --event FILE, or --example NAME such as github/pull_request.merged (`switchyard send --list` shows them)")
	case c.Example != "" && (c.Source != "" || c.GitHubEvent != ""):
		return rehearsal.Input{}, errors.New("--source and --github-event describe the body of --event: an example needs neither")
	case c.Example != "":
		return rehearsal.FromExample(c.Example, env.Now())
	case c.Source == "github" && c.GitHubEvent == "":
		return rehearsal.Input{}, errors.New("--event of GitHub needs --github-event, its name for the event, such as push: the body does not say")
	case c.GitHubEvent != "" && c.Source != "" && c.Source != "github":
		return rehearsal.Input{}, fmt.Errorf("--github-event %s does not go with --source %s: leave one of them out", c.GitHubEvent, c.Source)
	}
	var body []byte
	var err error
	if c.Event == "-" {
		body, err = io.ReadAll(env.Stdin)
	} else {
		body, err = os.ReadFile(c.Event)
	}
	if err != nil {
		return rehearsal.Input{}, fmt.Errorf("--event: %w", err)
	}
	source, err := c.sourceOf(body)
	if err != nil {
		return rehearsal.Input{}, err
	}
	return rehearsal.FromBody(source, c.GitHubEvent, body, env.Now())
}

// sourceOf tells whose body it is where nobody says: Jira's names its event in
// webhookEvent, Notion's in type beside the entity that it is about.
func (c planRulesCommand) sourceOf(body []byte) (string, error) {
	if c.Source != "" {
		return c.Source, nil
	}
	if c.GitHubEvent != "" {
		return "github", nil
	}
	var v struct {
		WebhookEvent any `json:"webhookEvent"`
		Type         any `json:"type"`
		Entity       any `json:"entity"`
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return "", fmt.Errorf("--event %s: the body is no JSON object: %w", c.Event, err)
	}
	switch {
	case v.WebhookEvent != nil:
		return "jira", nil
	case v.Type != nil && v.Entity != nil:
		return "notion", nil
	}
	return "", fmt.Errorf("--event %s: the body does not say whose it is: give --github-event NAME, such as push, for one of GitHub, else --source jira or notion", c.Event)
}

func showPlan(e *eventv1.WebhookEvent, resp *agentv1.PlanEventResponse) string {
	var b strings.Builder
	fmt.Fprintf(&b, "event   %s %s (%s%s)\n", e.GetSource(), e.GetKind(), e.GetType(), prefixed(" ", e.GetAction()))
	fmt.Fprintf(&b, "        about %s%s, %s\n", e.GetRef(), prefixed(" in ", e.GetPlace()), visibility(e.GetVisibility()))
	fmt.Fprintf(&b, "        by %s, occurred %s\n", account(e.GetActor()), cmp.Or(clock(e.GetOccurredAt()), "at an unknown time"))
	for _, c := range e.GetChanges() {
		fmt.Fprintf(&b, "        changed %s%s%s\n", c.GetField(), prefixed(" from ", c.GetFrom()), prefixed(" to ", c.GetTo()))
	}
	explainFields(&b, e)
	explainPlan(&b, resp.GetPlan())
	b.WriteString("\ncalls\n")
	for i, c := range resp.GetCalls() {
		c.CallId = "" // of no run that could be shown
		explainCall(&b, c, "")
		explainArguments(&b, c, resp.GetPlan().GetCalls()[i])
	}
	if len(resp.GetCalls()) == 0 {
		b.WriteString("  none\n")
	}
	notActedOn := &agentv1.Answer{}
	for _, l := range resp.GetLinks() {
		if reason := rehearsal.Reason(resp, l.GetRef()); reason != "" {
			notActedOn.NotActedOn = append(notActedOn.NotActedOn, &agentv1.Unused{Ref: l.GetRef(), Where: l.GetWhere(), Reason: reason})
		}
	}
	explainLinks(&b, notActedOn, resp.GetLinks())
	for _, g := range resp.GetPlan().GetGaps() {
		fmt.Fprintf(&b, "\nmissing %s%s\n", g.GetCode(), prefixed(": ", g.GetDetail()))
	}
	return b.String()
}

// explainFields shows what rules may read under event.fields.
func explainFields(b *strings.Builder, e *eventv1.WebhookEvent) {
	fields := e.GetFields().GetFields()
	if len(fields) == 0 {
		return
	}
	b.WriteString("fields ")
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(b, " %s=%s", name, compact(fields[name]))
	}
	b.WriteString("\n")
}

// explainArguments shows what was planned and is not in the request: the target's
// path, what an earlier step has to give, and all of a call that policy refuses.
func explainArguments(b *strings.Builder, c *toolsv1.Call, planned *toolsv1.PlannedCall) {
	for _, name := range slices.Sorted(maps.Keys(planned.GetArguments())) {
		if _, sent := c.GetRequest().GetFields()[name]; !sent {
			fmt.Fprintf(b, "    planned %s: %s\n", name, rehearsal.Value(planned.GetArguments()[name]))
		}
	}
}

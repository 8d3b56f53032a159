package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
)

type retryRunCommand struct {
	agentFlags
	RunID string `arg:"" name:"run" help:"The run's id."`
	Call  string `arg:"" name:"call" optional:"" help:"A call's id, or the beginning of it; without it all that failed."`
	Force bool   `name:"force" help:"Also what may have been made: it may then be made twice."`
	By    string `name:"by" env:"USER" placeholder:"NAME" help:"Who asks, for the run's evidence (USER)."`
}

// Help teaches by example.
func (retryRunCommand) Help() string {
	return `  switchyard runs retry 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f
  switchyard runs retry 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f 1d7c --force

It queues failed calls again. A call whose outcome is unknown may have been made: look
at the provider first, and say --force if it was not. It wants an operator's token.`
}

// Run asks for it.
func (c retryRunCommand) Run(ctx context.Context, env *Env) error {
	agent, err := c.agent(env)
	if err != nil {
		return err
	}
	id, err := agent.call(ctx, c.RunID, c.Call)
	if err != nil {
		return err
	}
	resp, err := agent.client.RetryCall(ctx, &agentv1.RetryCallRequest{RunId: c.RunID, CallId: id, Force: c.Force, By: c.By})
	if err != nil {
		return agent.explain(err)
	}
	return c.told(env, resp.GetAnswer())
}

type decideFlags struct {
	agentFlags
	RunID string `arg:"" name:"run" help:"The run's id."`
	Call  string `arg:"" name:"call" help:"The held call's id, or the beginning of it."`
	Why   string `name:"why" placeholder:"TEXT" help:"The reason, for the run's evidence."`
	By    string `name:"by" env:"USER" placeholder:"NAME" help:"Who decides, for the run's evidence (USER)."`
}

func (c decideFlags) decide(ctx context.Context, env *Env, approve bool) error {
	agent, err := c.agent(env)
	if err != nil {
		return err
	}
	id, err := agent.call(ctx, c.RunID, c.Call)
	if err != nil {
		return err
	}
	resp, err := agent.client.DecideCall(ctx, &agentv1.DecideCallRequest{RunId: c.RunID, CallId: id, Approve: approve, By: cmp.Or(c.By, "an operator"), Why: c.Why})
	if err != nil {
		return agent.explain(err)
	}
	return c.told(env, resp.GetAnswer())
}

type approveCommand struct{ decideFlags }

// Help teaches by example.
func (approveCommand) Help() string {
	return `  switchyard runs --state held
  switchyard runs approve 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f 1d7c --why "it may be told"

It queues a held call, which is then made once. It wants an operator's token.`
}

// Run approves.
func (c approveCommand) Run(ctx context.Context, env *Env) error { return c.decide(ctx, env, true) }

type rejectCommand struct{ decideFlags }

// Help teaches by example.
func (rejectCommand) Help() string {
	return `  switchyard runs --state held
  switchyard runs reject 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f 1d7c --why "not for the public"

It refuses a held call, for good. It wants an operator's token.`
}

// Run refuses.
func (c rejectCommand) Run(ctx context.Context, env *Env) error { return c.decide(ctx, env, false) }

// call finds a run's call by the beginning of its id; "" for "".
func (a asked) call(ctx context.Context, run, prefix string) (string, error) {
	if prefix == "" {
		return "", nil
	}
	resp, err := a.client.GetRun(ctx, &agentv1.GetRunRequest{RunId: run})
	if err != nil {
		return "", a.explain(err)
	}
	var found []string
	for _, c := range resp.GetRun().GetCalls() {
		if strings.HasPrefix(c.GetCallId(), prefix) {
			found = append(found, c.GetCallId())
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fmt.Errorf("run %s has no call whose id begins with %s", run, prefix)
	default:
		return "", errors.New("several calls have ids that begin so: give more of the id")
	}
}

// told prints what became of the run's calls.
func (f agentFlags) told(env *Env, a *agentv1.Answer) error {
	if f.JSON {
		return printJSON(env.Stdout, a)
	}
	t := newTable("", "CALL", "TOOL", "TARGET", "STATE", "REASON")
	for _, action := range a.GetActionsTaken() {
		if action.GetCallId() != "" {
			t.row(action.GetCallId(), action.GetTool(), action.GetTarget(), action.GetState(), action.GetReason())
		}
	}
	return printText(env.Stdout, t.String()+fmt.Sprintf("%s %s explains it.\n", f.showHint(env), a.GetRunId()))
}

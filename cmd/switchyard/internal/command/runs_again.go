package command

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
)

type retryRunCommand struct {
	agentFlags
	RunID string `arg:"" name:"run" help:"The run's id, or the beginning of it."`
	Call  string `arg:"" name:"call" optional:"" help:"A call: its step, its id or the beginning of that; without it all that failed."`
	Force bool   `name:"force" help:"Also what may have been made: it may then be made twice."`
	By    string `name:"by" env:"USER" placeholder:"NAME" help:"Who asks, for the run's evidence (USER)."`
}

// Help teaches by example.
func (retryRunCommand) Help() string {
	return `  switchyard runs retry 0f8a6c2e
  switchyard runs retry 0f8a6c2e create --force

It queues failed calls again. A call whose outcome is unknown may have been made: look
at the provider first, and say --force if it was not. It wants an operator's token.`
}

// Run asks for it.
func (c retryRunCommand) Run(ctx context.Context, env *Env) error {
	if err := remark(c.By, ""); err != nil {
		return err
	}
	agent, err := c.agent(env)
	if err != nil {
		return err
	}
	run, id, err := agent.find(ctx, env, c.RunID, c.Call)
	if err != nil {
		return err
	}
	resp, err := agent.client.RetryCall(ctx, &agentv1.RetryCallRequest{RunId: run, CallId: id, Force: c.Force, By: c.By})
	if err != nil {
		return agent.about(cmp.Or(prefixed(run+", call ", id), run), err)
	}
	return c.told(env, resp.GetAnswer())
}

type decideFlags struct {
	agentFlags
	RunID string `arg:"" name:"run" help:"The run's id, or the beginning of it."`
	Call  string `arg:"" name:"call" help:"The held call: its step, its id or the beginning of that."`
	Why   string `name:"why" placeholder:"TEXT" help:"The reason, for the run's evidence."`
	By    string `name:"by" env:"USER" placeholder:"NAME" help:"Who decides, for the run's evidence (USER)."`
}

func (c decideFlags) decide(ctx context.Context, env *Env, approve bool) error {
	if err := remark(c.By, c.Why); err != nil {
		return err
	}
	agent, err := c.agent(env)
	if err != nil {
		return err
	}
	run, id, err := agent.find(ctx, env, c.RunID, c.Call)
	if err != nil {
		return err
	}
	resp, err := agent.client.DecideCall(ctx, &agentv1.DecideCallRequest{RunId: run, CallId: id, Approve: approve, By: cmp.Or(c.By, "an operator"), Why: c.Why})
	if err != nil {
		return agent.about(run+", call "+id, err)
	}
	return c.told(env, resp.GetAnswer())
}

type approveCommand struct{ decideFlags }

// Help teaches by example.
func (approveCommand) Help() string {
	return `  switchyard runs --state held
  switchyard runs approve 0f8a6c2e comment --why public

It queues a held call, which is then made once. It wants an operator's token.`
}

// Run approves.
func (c approveCommand) Run(ctx context.Context, env *Env) error { return c.decide(ctx, env, true) }

type rejectCommand struct{ decideFlags }

// Help teaches by example.
func (rejectCommand) Help() string {
	return `  switchyard runs --state held
  switchyard runs reject 0f8a6c2e comment --why internal

It refuses a held call, for good. It wants an operator's token.`
}

// Run refuses.
func (c rejectCommand) Run(ctx context.Context, env *Env) error { return c.decide(ctx, env, false) }

// find finds a run and one of its calls; "" for no call's name.
func (a asked) find(ctx context.Context, env *Env, run, name string) (runID, callID string, err error) {
	if runID, err = a.run(ctx, env, run); err != nil || name == "" {
		return runID, "", err
	}
	resp, err := a.client.GetRun(ctx, &agentv1.GetRunRequest{RunId: runID})
	if err != nil {
		return "", "", a.about(runID, err)
	}
	var found, ids []string
	for _, c := range resp.GetRun().GetCalls() {
		if c.GetStep() == name || strings.HasPrefix(c.GetCallId(), name) {
			found = append(found, fmt.Sprintf("%s (rule %s, step %s, of %s)", c.GetCallId(), c.GetRule(), c.GetStep(), c.GetTarget()))
			ids = append(ids, c.GetCallId())
		}
	}
	switch len(found) {
	case 1:
		return runID, ids[0], nil
	case 0:
		return "", "", fmt.Errorf("run %s has no call %s: `%s %s` has its steps", runID, name, env.Self, "runs show "+runID)
	default:
		return "", "", fmt.Errorf("run %s has several calls %s: give the id of one: %s", runID, name, strings.Join(found, ", "))
	}
}

// told prints what became of the run's calls.
func (f agentFlags) told(env *Env, a *agentv1.Answer) error {
	if f.JSON {
		return printJSON(env.Stdout, a)
	}
	t := newTable("", "CALL", "TOOL", "STEP", "TARGET", "STATE", "REASON")
	for _, action := range a.GetActionsTaken() {
		if action.GetCallId() != "" {
			t.row(action.GetCallId(), action.GetTool(), action.GetStep(), action.GetTarget(), action.GetState(), action.GetReason())
		}
	}
	return printText(env.Stdout, t.String()+fmt.Sprintf("%s %s explains it.\n", f.showHint(env), a.GetRunId()))
}

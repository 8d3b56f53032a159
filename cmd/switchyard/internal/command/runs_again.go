package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// askingFlags are who asks for something to be made of a call, and why.
type askingFlags struct {
	agentFlags
	RunID string `arg:"" name:"run" help:"The run's id, or the beginning of it."`
	Why   string `name:"why" placeholder:"TEXT" help:"The reason, for the run's evidence."`
	By    string `name:"by" env:"USER" placeholder:"NAME" help:"Who asks, for the run's evidence."`
}

// asking is the agent, once what is asked for can be kept.
func (f askingFlags) asking(env *Env) (asked, error) {
	if err := remark(f.By, f.Why); err != nil {
		return asked{}, err
	}
	return f.agent(env)
}

func (f askingFlags) by() string { return cmp.Or(f.By, "an operator") }

type retryRunCommand struct {
	askingFlags
	Call  string `arg:"" name:"call" optional:"" help:"A call: its step, its id or the beginning of that; without it all that failed."`
	Force bool   `name:"force" help:"Also what may have been made: it may then be made twice."`
}

// Help teaches by example.
func (retryRunCommand) Help() string {
	return `  switchyard runs retry 0f8a6c2e --why back
  switchyard runs retry 0f8a6c2e create --force

It starts failed calls again, and one that is named also where policy refused it or
only had it shown: the policy of now decides. A call whose outcome is unknown may have
been made: look at the provider first, and say --force if it was not. It wants an
operator's token.`
}

// Run asks for it.
func (c retryRunCommand) Run(ctx context.Context, env *Env) error {
	agent, err := c.asking(env)
	if err != nil {
		return err
	}
	run, call, err := agent.find(ctx, env, c.RunID, c.Call)
	if err != nil {
		return err
	}
	resp, err := agent.client.RetryCall(ctx, &agentv1.RetryCallRequest{RunId: run, CallId: call.GetCallId(), Force: c.Force, By: c.by(), Why: c.Why})
	if err != nil {
		return agent.refusal(ctx, run, call.GetCallId(), err)
	}
	return errors.Join(c.told(env, resp.GetAnswer()), made(resp.GetAnswer(), call))
}

type decideFlags struct {
	askingFlags
	Call string `arg:"" name:"call" help:"The held call: its step, its id or the beginning of that."`
}

func (c decideFlags) decide(ctx context.Context, env *Env, agent asked, req *agentv1.DecideCallRequest) (*agentv1.Answer, error) {
	req.By, req.Why = c.by(), c.Why
	resp, err := agent.client.DecideCall(ctx, req)
	if err != nil {
		return nil, agent.refusal(ctx, req.GetRunId(), req.GetCallId(), err)
	}
	return resp.GetAnswer(), c.told(env, resp.GetAnswer())
}

type approveCommand struct {
	decideFlags
	Digest string `name:"digest" placeholder:"HEX" help:"Only the request that runs show printed with this digest, or how it begins."`
	Yes    bool   `name:"yes" help:"Approve what is shown without asking."`
}

// Help teaches by example.
func (approveCommand) Help() string {
	return `  switchyard runs --state held
  switchyard runs approve 0f8a6c2e comment --why public
  switchyard runs approve 0f8a6c2e comment --digest 3b1c0d9e8f5a

It shows a held call, asks where there is a terminal, and has just that request made,
once. The policy of now decides on all but what the call is held for: what it refuses
is not made, and where the request would be another one by now, that one is held. It
wants an operator's token.`
}

// Run shows what is held, and approves that.
func (c approveCommand) Run(ctx context.Context, env *Env) error {
	agent, err := c.asking(env)
	if err != nil {
		return err
	}
	run, call, err := agent.find(ctx, env, c.RunID, c.Call)
	if err != nil {
		return err
	}
	if err := c.look(env, call); err != nil {
		return err
	}
	answer, err := c.decide(ctx, env, agent, &agentv1.DecideCallRequest{RunId: run, CallId: call.GetCallId(), Approve: true, Digest: call.GetDigest()})
	if err != nil {
		return err
	}
	return made(answer, call)
}

// shortestDigest is of how many characters a digest's beginning has to be.
const shortestDigest = 8

// look has the call looked at before it is approved.
func (c approveCommand) look(env *Env, call *toolsv1.Call) error {
	if c.Digest != "" && (len(c.Digest) < shortestDigest || !strings.HasPrefix(call.GetDigest(), strings.ToLower(c.Digest))) {
		return fmt.Errorf("the call is not held with a request whose digest begins with %s, of which at least %d characters are needed: `%s runs show %s` has it", c.Digest, shortestDigest, env.Self, c.RunID)
	}
	if c.JSON || call.GetState() != "held" || call.GetReason() == dependency {
		return nil // What its state is instead, or what it waits for, the agent says.
	}
	var b strings.Builder
	explainCall(&b, call, c.showHint(env))
	if err := printText(env.Stdout, b.String()); err != nil || c.Yes || c.Digest != "" || !terminal(env.Stdin) {
		return err
	}
	yes, err := confirmed(env, "Have it made? [y/N] ")
	switch {
	case errors.Is(err, errNotAsked):
		return fmt.Errorf("nothing was approved, for no terminal can be asked: what would be made is shown just above; say --yes%s", prefixed(", or for just that request --digest ", call.GetDigest()[:min(12, len(call.GetDigest()))]))
	case err == nil && !yes:
		return errors.New("nothing was approved: the call is held on")
	}
	return err
}

type rejectCommand struct{ decideFlags }

// Help teaches by example.
func (rejectCommand) Help() string {
	return `  switchyard runs --state held
  switchyard runs reject 0f8a6c2e comment --why internal

It refuses a held call, for good. It wants an operator's token.`
}

// Run refuses.
func (c rejectCommand) Run(ctx context.Context, env *Env) error {
	agent, err := c.asking(env)
	if err != nil {
		return err
	}
	run, call, err := agent.find(ctx, env, c.RunID, c.Call)
	if err != nil {
		return err
	}
	_, err = c.decide(ctx, env, agent, &agentv1.DecideCallRequest{RunId: run, CallId: call.GetCallId()})
	return err
}

// made fails where a call that was to be made is not going to be.
func made(a *agentv1.Answer, call *toolsv1.Call) error {
	for _, action := range a.GetActionsTaken() {
		if call.GetCallId() == "" || action.GetCallId() != call.GetCallId() {
			continue
		}
		switch state := action.GetState(); state {
		case "refused", "skipped", "unknown", "dry_run":
			return fmt.Errorf("it is not made: by now it is %s%s, see its evidence", state, prefixed(", ", action.GetReason()))
		case "held":
			return errors.New("it is not made yet: it is held for another reason, or with another request, than before; look at it and approve that")
		}
	}
	return nil
}

// find finds a run and one of its calls; nil for no call's name.
func (a asked) find(ctx context.Context, env *Env, run, name string) (runID string, call *toolsv1.Call, err error) {
	if runID, err = a.run(ctx, env, run); err != nil || name == "" {
		return runID, nil, err
	}
	resp, err := a.client.GetRun(ctx, &agentv1.GetRunRequest{RunId: runID})
	if err != nil {
		return "", nil, a.about(runID, err)
	}
	var found []string
	for _, c := range resp.GetRun().GetCalls() {
		if c.GetStep() == name || strings.HasPrefix(c.GetCallId(), name) {
			found = append(found, fmt.Sprintf("%s (rule %s, step %s, of %s)", c.GetCallId(), c.GetRule(), c.GetStep(), c.GetTarget()))
			call = c
		}
	}
	switch len(found) {
	case 1:
		return runID, call, nil
	case 0:
		return "", nil, fmt.Errorf("run %s has no call %s: `%s %s` has its steps", runID, name, env.Self, "runs show "+runID)
	default:
		return "", nil, fmt.Errorf("run %s has several calls %s: give the id of one: %s", runID, name, strings.Join(found, ", "))
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

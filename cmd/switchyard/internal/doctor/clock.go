package doctor

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
)

// maxSkew is how far two clocks may be apart. Leases and windows are of this size.
const maxSkew = 30 * time.Second

const setClock = "let NTP set the clocks of both machines (`timedatectl set-ntp true`)"

// clock compares this machine's clock with the services'. No other clock is asked: there may be no internet.
func (e *exam) clock(answers map[string]answer) {
	var agree []string
	for _, name := range []string{"ingress", "agent", "tools", "executor"} {
		a := answers[name]
		if a.err != nil || a.date.IsZero() {
			continue
		}
		if skew := a.date.Sub(a.at.Truncate(time.Second)); skew.Abs() > maxSkew {
			e.found("clock", Problem, "", fmt.Sprintf("%s's clock is %s this machine's", name, apart(skew)), setClock)
			continue
		}
		agree = append(agree, name)
	}
	if len(agree) > 0 {
		e.found("clock", OK, "", fmt.Sprintf("this machine and %s agree within %v", strings.Join(agree, ", "), maxSkew), "")
	}
}

func apart(skew time.Duration) string {
	if skew < 0 {
		return skew.Abs().Round(time.Second).String() + " behind"
	}
	return skew.Round(time.Second).String() + " ahead of"
}

// agentClient shows what a command shows, and says which setting that is.
func (e *exam) agentClient(base string) (agentv1connect.AgentServiceClient, string, error) {
	token, shown, err := e.caller.Token()
	if err != nil {
		return nil, "", err
	}
	options, err := rpc.ClientOptions(token)
	if err != nil {
		return nil, "", fmt.Errorf("doctor: %w", err)
	}
	return agentv1connect.NewAgentServiceClient(e.client("agent"), base, options...), cmp.Or(shown, "SERVICE_TOKEN"), nil
}

// newest compares the newest run's two times: that at its provider and that of
// its receipt. Late deliveries are normal, early ones are a clock's fault. The
// way to the ledger is proved by asking.
func (e *exam) newest(ctx context.Context, base string) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	agent, shown, err := e.agentClient(base)
	if err != nil {
		return // reported with the settings
	}
	runs, err := agent.ListRuns(ctx, &agentv1.ListRunsRequest{PageSize: 1})
	switch {
	case fault.ReasonOf(err) == fault.TokenMissing:
		e.found("services", Problem, shown, "agent at "+base+" does not know this "+shown, "set it to the same for the services and for this command")
		return
	case err != nil:
		e.found("services", Problem, "", fmt.Sprintf("agent at %s can't list runs: %v", base, err), "look at the findings about tools and the ledger, then at agent's log")
		return
	case len(runs.GetRuns()) == 0:
		e.found("services", OK, "", "the ledger can be read through the agent; it has no runs yet", "")
		return
	}
	e.found("services", OK, "", "the ledger can be read through the agent", "")
	run, err := agent.GetRun(ctx, &agentv1.GetRunRequest{RunId: runs.GetRuns()[0].GetRunId()})
	event := run.GetRun().GetEvent()
	if err != nil || event.GetOccurredAt() == nil || event.GetReceivedAt() == nil {
		return
	}
	if early := event.GetOccurredAt().AsTime().Sub(event.GetReceivedAt().AsTime()); early > maxSkew {
		e.found("clock", Problem, "", fmt.Sprintf("the newest event, of %s, happened %v after it was received: ingress's clock was behind", event.GetSource(), early.Round(time.Second)), setClock)
	}
}

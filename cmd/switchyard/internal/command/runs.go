package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
)

type runsCommand struct {
	List listRunsCommand `cmd:"" default:"withargs" help:"List runs, newest first."`
	Show showRunCommand  `cmd:"" help:"Explain a run: what happened, what was decided on which evidence, and what came of it."`

	Retry   retryRunCommand `cmd:"" help:"Try failed calls of a run again."`
	Approve approveCommand  `cmd:"" help:"Have a held call made."`
	Reject  rejectCommand   `cmd:"" help:"Refuse a held call."`
}

// Help teaches by example.
func (runsCommand) Help() string {
	return `  switchyard runs
  switchyard runs show 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f
  switchyard runs retry 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f

A run is what was made of one event. Without a command, runs lists them.`
}

// agentFlags are those of the commands that ask the agent.
type agentFlags struct {
	dataFlag
	URL  string `name:"url" placeholder:"URL" help:"Ask this agent instead of the instance's."`
	JSON bool   `name:"json" help:"Print the agent's answer as JSON."`
}

// showHint is the command that explains a run of the same agent, without the id.
func (f agentFlags) showHint(env *Env) string {
	if f.URL != "" {
		return env.Self + " runs show --url " + f.URL
	}
	return f.dataFlag.showHint(env)
}

type listRunsCommand struct {
	agentFlags
	Source string `placeholder:"NAME" enum:",github,jira,notion" default:"" help:"Only runs of this provider's events."`
	State  string `placeholder:"STATE" enum:",queued,running,done,held,refused,failed,unknown,dry_run,skipped" default:"" help:"Only runs with a call in this state."`
	Limit  uint32 `placeholder:"N" default:"20" help:"At most so many, up to 500 (20)."`
}

// Help teaches by example.
func (listRunsCommand) Help() string {
	return `  switchyard runs
  switchyard runs --source github --state failed
  switchyard runs --json | jq -r '.runs[].run_id'`
}

// Run lists runs.
func (c listRunsCommand) Run(ctx context.Context, env *Env) error {
	if err := listed(c.Limit); err != nil {
		return err
	}
	agent, err := c.agent(env)
	if err != nil {
		return err
	}
	resp, err := agent.client.ListRuns(ctx, &agentv1.ListRunsRequest{PageSize: c.Limit, Source: c.Source, CallState: c.State})
	if err != nil {
		return agent.explain(err)
	}
	if c.JSON {
		return printJSON(env.Stdout, resp)
	}
	if len(resp.GetRuns()) == 0 {
		return printText(env.Stdout, fmt.Sprintf("No runs. Make one: %s send github pull_request.merged\n", env.Self))
	}
	t := newTable("", "RUN", "OPENED", "STATUS", "EVENT", "SUBJECT", "OPEN CALLS")
	for _, r := range resp.GetRuns() {
		t.row(r.GetRunId(), clock(r.GetOpenedAt()), r.GetStatus(), r.GetSource()+" "+r.GetKind(), r.GetRef(), openCalls(r))
	}
	out := t.String()
	if resp.GetNextPageToken() != "" {
		out += fmt.Sprintf("There are more: --limit shows up to 500, not %d.\n", c.Limit)
	}
	return printText(env.Stdout, out)
}

func openCalls(r *agentv1.RunSummary) string {
	var words []string
	if n := r.GetPending(); n > 0 {
		words = append(words, fmt.Sprintf("%d pending", n))
	}
	if n := r.GetHeld(); n > 0 {
		words = append(words, fmt.Sprintf("%d held", n))
	}
	return strings.Join(words, ", ")
}

// asked is the agent that a command asks.
type asked struct {
	peer
	client agentv1connect.AgentServiceClient
}

func (f agentFlags) agent(env *Env) (asked, error) {
	s, err := f.read(env)
	if err != nil {
		return asked{}, err
	}
	p, client, options, err := f.peer(env, s, f.URL, peer{
		name: "agent", setting: "AGENT_URL", url: s.agentURL(), set: s.running.Agent == "" && s.AgentURL != "",
	})
	if err != nil {
		return asked{}, err
	}
	return asked{peer: p, client: agentv1connect.NewAgentServiceClient(client, p.url, options...)}, nil
}

func clock(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format("2006-01-02 15:04:05Z")
}

// printJSON writes a message as the services do: proto field names, all fields.
func printJSON(out io.Writer, m proto.Message) error {
	raw, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	// protojson's own white space is random.
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	b.WriteByte('\n')
	_, err = b.WriteTo(out)
	return err
}

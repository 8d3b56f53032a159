package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/reach"
	"github.com/switchyard-dev/switchyard/internal/rpc"
)

type runsCommand struct {
	List listRunsCommand `cmd:"" default:"withargs" help:"List runs, newest first."`
	Show showRunCommand  `cmd:"" help:"Explain a run: what happened, what was decided on which evidence, and what came of it."`
}

// Help teaches by example.
func (runsCommand) Help() string {
	return `  switchyard runs
  switchyard runs show 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f

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
	client agentv1connect.AgentServiceClient
	url    string
	remedy string
	// named is the setting, or the flag, that has the URL.
	named string
	// shown is the setting of the token that is shown; "" for none.
	shown string
}

func (f agentFlags) agent(env *Env) (asked, error) {
	s, err := f.read(env)
	if err != nil {
		return asked{}, err
	}
	token, shown, err := s.caller.Token()
	if err != nil {
		return asked{}, err
	}
	client, err := s.caller.Client(env.Client)
	if err != nil {
		return asked{}, err
	}
	options, err := rpc.ClientOptions(token)
	if err != nil {
		return asked{}, err
	}
	a := asked{url: s.agentURL(), named: "AGENT_URL", shown: shown, remedy: fmt.Sprintf("is `%s dev` running? Start it in another terminal, or name another agent with --url", env.Self)}
	if f.URL != "" {
		a.url, a.named, a.remedy = strings.TrimSuffix(f.URL, "/"), "--url", "check --url"
	} else if err := f.running(env, s); err != nil {
		return asked{}, err
	} else if s.running.Agent == "" && s.AgentURL != "" {
		a.remedy = "does the agent run? AGENT_URL says where it is, and --url names another"
	}
	if !strings.HasPrefix(a.url, "http://") && !strings.HasPrefix(a.url, "https://") {
		return asked{}, fmt.Errorf("--url %s: want http://HOST:PORT or https://HOST", a.url)
	}
	a.client = agentv1connect.NewAgentServiceClient(client, a.url, options...)
	return a, nil
}

// explain says what a user can do about an error of the agent.
func (a asked) explain(err error) error {
	switch {
	case fault.ReasonOf(err) == fault.TokenMissing && a.shown == "":
		return fmt.Errorf("the agent at %s wants a token: set OPERATOR_TOKEN, READER_TOKEN or SERVICE_TOKEN to the same as there, or name the instance's folder with --data", a.url)
	case fault.ReasonOf(err) == fault.TokenMissing:
		return fmt.Errorf("the agent at %s does not know this %s: set it to the same as there, or name the instance's folder with --data", a.url, a.shown)
	case fault.ReasonOf(err) != "":
		return fmt.Errorf("%s: %s", fault.ReasonOf(err), fault.Detail(err))
	case reach.Explain(a.named, a.url, err).Class == reach.TLS:
		return errors.New(reach.Explain(a.named, a.url, err).String())
	case connect.CodeOf(err) == connect.CodeUnavailable:
		return unreachable(err, "no agent answers at "+a.url, a.remedy)
	}
	return fmt.Errorf("agent at %s: %w", a.url, err)
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

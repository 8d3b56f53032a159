package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
)

type askCommand struct {
	dataFlag
	Tool string `arg:"" optional:"" name:"tool" complete:"tool" help:"What to ask: activity, dora, linked, shipped, timeline. Without it, ask lists them."`
	Ref  string `arg:"" optional:"" name:"ref" help:"What it is asked of, such as jira:issue:ACME-7."`

	Window string `placeholder:"TIME" help:"How far back: 24h, 7d, 12w."`
	Limit  uint32 `placeholder:"N" help:"At most so many rows, up to 1000."`
	URL    string `name:"url" placeholder:"URL" help:"Ask this tools service instead of the instance's."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// Help teaches by example.
func (askCommand) Help() string {
	return `  switchyard ask
  switchyard ask timeline github:pr:acme/api#42
  switchyard ask linked jira:issue:ACME-7
  switchyard ask shipped jira:issue:ACME-7
  switchyard ask activity github:user:dev-two --window 200w
  switchyard ask dora github:repo:acme/api --window 200w
  switchyard ask dora --window 12w --json | jq .output.lead_time

These find what the examples of send told, which are of January 2026: hence the
window of 200 weeks. A ref names a thing as switchyard runs prints it. Below an answer stands what it
rests on, and what is missing with the setting, or the webhook, that brings it.
docs/questions.md explains the answers, docs/dora.md the figures.`
}

// Run asks.
func (c askCommand) Run(ctx context.Context, env *Env) error {
	s, err := c.read(env)
	if err != nil {
		return err
	}
	p, client, options, err := c.peer(env, s, c.URL, toolsPeer(s))
	if err != nil {
		return err
	}
	tools := toolsv1connect.NewToolServiceClient(client, p.url, options...)
	listed, err := tools.ListTools(ctx, &toolsv1.ListToolsRequest{})
	if err != nil {
		return p.explain(err)
	}
	reads := slices.DeleteFunc(listed.GetTools(), func(t *toolsv1.Tool) bool { return !isQuestion(t) })
	if c.Tool == "" {
		return c.list(env, reads)
	}
	i := slices.IndexFunc(reads, func(t *toolsv1.Tool) bool { return t.GetName() == c.Tool })
	if i < 0 {
		return fmt.Errorf("nothing that can be asked is named %q: `%s ask` lists what can", c.Tool, env.Self)
	}
	input, err := c.input(env, reads[i])
	if err != nil {
		return err
	}
	resp, err := tools.CallTool(ctx, &toolsv1.CallToolRequest{Tool: c.Tool, Input: input})
	if err != nil {
		return p.explain(err)
	}
	if c.JSON {
		return printJSON(env.Stdout, resp)
	}
	return printText(env.Stdout, explainAnswer(c.Tool, resp))
}

// input gives each of the tool's fields what was said of it.
func (c askCommand) input(env *Env, tool *toolsv1.Tool) (*structpb.Struct, error) {
	given := map[string]any{}
	has := func(name string) bool {
		return slices.ContainsFunc(tool.GetFields(), func(f *toolsv1.ToolField) bool { return f.GetName() == name })
	}
	if about := asksAbout(tool); about != nil && c.Ref != "" {
		given[about.GetName()] = c.Ref
	} else if about != nil && about.GetRequired() {
		return nil, fmt.Errorf("%s of what? For example: %s ask %s", tool.GetName(), env.Self, exampleOf(tool))
	}
	if c.Window != "" {
		if !has("window") {
			return nil, fmt.Errorf("%s takes no --window: it answers of all time", tool.GetName())
		}
		if err := window(c.Window); err != nil {
			return nil, err
		}
		given["window"] = c.Window
	}
	if c.Limit > 0 {
		if !has("limit") {
			return nil, fmt.Errorf("%s takes no --limit", tool.GetName())
		}
		if c.Limit > mostRows {
			return nil, fmt.Errorf("--limit %d: want 1 to %d", c.Limit, mostRows)
		}
		given["limit"] = c.Limit
	}
	in, err := structpb.NewStruct(given)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	return in, nil
}

// asksAbout is the field that names what is asked of; nil for a tool without one.
func asksAbout(tool *toolsv1.Tool) *toolsv1.ToolField {
	for _, f := range tool.GetFields() {
		if f.GetName() != "window" && f.GetName() != "limit" {
			return f
		}
	}
	return nil
}

func (c askCommand) list(env *Env, reads []*toolsv1.Tool) error {
	if c.JSON {
		return printJSON(env.Stdout, &toolsv1.ListToolsResponse{Tools: reads})
	}
	var b strings.Builder
	for _, tool := range reads {
		fmt.Fprintf(&b, "%s ask %s\n    %s\n", env.Self, exampleOf(tool), tool.GetDescription())
	}
	return printText(env.Stdout, b.String())
}

// exampleOf is how a tool may be asked of what the examples of `send` tell, which
// are of January 2026.
func exampleOf(tool *toolsv1.Tool) string {
	known := map[string]string{
		"timeline": "github:pr:acme/api#42",
		"linked":   "jira:issue:ACME-7",
		"shipped":  "jira:issue:ACME-7",
		"activity": "github:user:dev-two --window 200w",
		"dora":     "github:repo:acme/api --window 200w",
	}
	if ref, ok := known[tool.GetName()]; ok {
		return tool.GetName() + " " + ref
	}
	if about := asksAbout(tool); about != nil {
		return tool.GetName() + " " + strings.ToUpper(about.GetName())
	}
	return tool.GetName()
}

// isQuestion tells of the tools that answer from the memory: what reads at a
// provider is a rule's to call.
func isQuestion(t *toolsv1.Tool) bool {
	isTarget := func(f *toolsv1.ToolField) bool { return f.GetOrigin() == "target" }
	return t.GetClass() == "read" && !slices.ContainsFunc(t.GetFields(), isTarget)
}

package command

import (
	"fmt"
	"slices"
	"strings"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/near"
	"github.com/switchyard-dev/switchyard/internal/registry"
)

type toolsCommand struct {
	Tool string `arg:"" optional:"" name:"tool" complete:"any tool" help:"A tool, such as jira.transition. Without it, all are listed."`

	JSON bool `name:"json" help:"Print the tools as JSON, each with its fields and its input's JSON Schema."`
}

// Help teaches by example.
func (toolsCommand) Help() string {
	return `  switchyard tools
  switchyard tools jira.transition
  switchyard tools jira.transition --json | jq .tools[0].input_schema
  switchyard tools --json

Of a tool is told what it takes, where each value comes from and its limits, and the
JSON Schema (draft 2020-12) of its input. They are this program's own: no service is
asked. docs/rules.md says how a rule uses a tool, docs/actions.md what each does.`
}

// Run lists tools, or shows one.
func (c toolsCommand) Run(env *Env) error {
	tools := registry.Tools()
	if c.Tool != "" {
		i := slices.IndexFunc(tools, func(t *toolsv1.Tool) bool { return t.GetName() == c.Tool })
		if i < 0 {
			return c.unknown(env, tools)
		}
		tools = tools[i : i+1]
	}
	switch {
	case c.JSON:
		return printJSON(env.Stdout, &toolsv1.ListToolsResponse{Tools: tools})
	case c.Tool != "":
		if err := printText(env.Stdout, inputOf(tools[0])); err != nil {
			return err
		}
		return printJSON(env.Stdout, tools[0].GetInputSchema())
	}
	var b strings.Builder
	for _, tool := range tools {
		fmt.Fprintf(&b, "%-24s %-7s %s\n", tool.GetName(), tool.GetClass(), tool.GetDescription())
	}
	return printText(env.Stdout, b.String())
}

func inputOf(tool *toolsv1.Tool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  (%s)\n%s\n\n", tool.GetName(), tool.GetClass(), tool.GetDescription())
	for _, f := range tool.GetFields() {
		need := "may be left out"
		if f.GetRequired() {
			need = "required"
		}
		fmt.Fprintf(&b, "%-12s %-7s %s\n", f.GetName(), f.GetOrigin(), need)
	}
	b.WriteString("\n")
	return b.String()
}

func (c toolsCommand) unknown(env *Env, tools []*toolsv1.Tool) error {
	var names []string
	for _, tool := range tools {
		names = append(names, tool.GetName())
	}
	return fmt.Errorf("no tool is named %q%s (`%s tools` lists them)", c.Tool, near.Mean(c.Tool, names), env.Self)
}

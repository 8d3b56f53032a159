package command

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/program"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/dev"
)

type devCommand struct {
	dataFlag
	FakeProviders bool   `help:"Start fake GitHub, Jira, Notion and Slack, and let actions reach those alone."`
	LogLevel      string `placeholder:"LEVEL" enum:"debug,info,warn,error" default:"warn" help:"Least level that is logged: debug, info, warn or error (warn)."`
}

// Help teaches by example.
func (devCommand) Help() string {
	return `  switchyard dev
  switchyard dev --data /var/tmp/try --log-level debug
  AGENT_LISTEN=127.0.0.1:9001 switchyard dev
  switchyard dev --fake-providers --data fake

Settings are those of the services, from the environment and from .env in this
folder. Secrets that are not set are made and kept in the data folder. Without
POLICY_FILE a policy for development pairs github:acme/api with jira:ACME, the
places of the examples that send sends. Stop it with Ctrl-C.

With --fake-providers actions really happen, at fakes on this machine that have
what the examples are about, and a page shows what they hold, as does
docs/fake-providers.md. Settings of real providers are left aside. The fakes forget all when dev stops, and Switchyard
does not: a data folder of its own keeps the two apart.`
}

// Run runs until the context is done.
func (c devCommand) Run(ctx context.Context, env *Env) error {
	program.TuneGC(env.Lookup)
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return fmt.Errorf("--log-level %s: %w", c.LogLevel, err)
	}
	return dev.Run(ctx, dev.Options{
		Data:    c.Data,
		Lookup:  env.Lookup,
		Log:     slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: level})),
		Now:     env.Now,
		Random:  env.Random,
		Version: program.Version(),

		FakeProviders: c.FakeProviders,
		Started: func(s dev.Started) error {
			return printText(env.Stdout, c.welcome(env, s))
		},
	})
}

func (c devCommand) welcome(env *Env, s dev.Started) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Switchyard is running, with its data in %s.\n\n", c.Data)
	t := newTable("  ", "SERVICE", "LISTENS AT", "FOR")
	t.row("ingress", s.Addresses.Ingress, "POST /webhooks/{github,jira,notion}")
	t.row("agent", s.Addresses.Agent, "AgentService: runs, events of your own")
	t.row("tools", s.Addresses.Tools, "RunService, ToolService: the ledger and the memory")
	if s.FakePage == "" {
		t.row("executor", s.Addresses.Executor, "actions at the providers; without their tokens, dry runs")
	} else {
		t.row("executor", s.Addresses.Executor, "actions at the fake providers")
		t.row("fakes", s.FakePage, "a page with what the fake GitHub, Jira, Notion and Slack hold")
	}
	b.WriteString(t.String())
	b.WriteString("\n")
	if len(s.Made) > 0 {
		fmt.Fprintf(&b, "Made and kept in %s: %s.\n", c.Data, strings.Join(s.Made, ", "))
	}
	fmt.Fprintf(&b, "RULES_FILE:  %s\n", cmp.Or(s.RulesFile, "none: the built-in rules hold, docs/default-rules.md has them."))
	fmt.Fprintf(&b, "POLICY_FILE: %s\n", cmp.Or(s.PolicyFile, "none: for development, github:acme/api and jira:ACME may act on one another."))
	if s.FakePage != "" {
		b.WriteString("No real provider is reached, whatever else is set. The fakes forget all when this stops.\n")
	}
	fmt.Fprintf(&b, "\nTry in another terminal:\n")
	for _, args := range []string{"send github pull_request.merged", "send --all", "runs"} {
		fmt.Fprintf(&b, "  %s %s%s\n", env.Self, args, c.dataHint(env))
	}
	b.WriteString("Ctrl-C stops it.\n")
	return b.String()
}

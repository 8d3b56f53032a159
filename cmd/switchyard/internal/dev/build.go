package dev

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent"
	"github.com/switchyard-dev/switchyard/services/executor"
	"github.com/switchyard-dev/switchyard/services/ingress"
	"github.com/switchyard-dev/switchyard/services/tools"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

// stack is the built services, in the order in which they end: each before
// those that it needs.
type stack struct {
	parts     []part
	addresses instance.Addresses
	// "" where what is built in holds
	rulesFile, policyFile string
	fakePage              string // "" without fake providers
}

// builder makes the services from the last one of the chain to the first:
// each is told where the one after it listens, unless the settings say
// otherwise.
type builder struct {
	o      Options
	lookup config.Lookup
	stack  stack
	// Made for this run where no token guards the executor.
	executorToken config.Setting
}

func build(ctx context.Context, o Options, lookup config.Lookup) (*stack, error) {
	b := &builder{o: o, lookup: lookup}
	err := b.all(ctx)
	if err != nil {
		for _, p := range b.stack.parts {
			err = errors.Join(err, p.close())
		}
		return nil, err
	}
	return &b.stack, nil
}

func (b *builder) all(ctx context.Context) (err error) {
	to := &b.stack.addresses
	to.PID = pid()
	lookup := b.lookup
	if b.o.FakeProviders {
		settings, err := b.fakes(ctx)
		if err != nil {
			return err
		}
		lookup = faked(b.lookup, settings)
	}
	if to.Executor, err = b.executor(lookup); err != nil {
		return err
	}
	if to.Tools, err = b.tools(ctx, to.Executor); err != nil {
		return err
	}
	if to.Agent, err = b.agent(to.Tools); err != nil {
		return err
	}
	to.Ingress, err = b.ingress(to.Agent)
	return err
}

func (b *builder) executor(lookup config.Lookup) (string, error) {
	var cfg executor.Config
	if err := config.Parse(&cfg, "executor", "", nil, lookup); err != nil {
		return "", err
	}
	if file, _ := lookup("POLICY_FILE"); file == "" && !b.o.FakeProviders {
		// The policy for development allows the examples' places, which somebody else
		// may own, and many a shell has a GITHUB_TOKEN for other things.
		if names := cfg.LeaveProviders(); len(names) > 0 {
			b.log("executor").Warn("providers are left alone: the policy for development is for examples, POLICY_FILE brings your own", "not_used", names)
		}
	}
	// Whoever holds it makes effects: it is never open, not even on loopback.
	if !cfg.Tokens().Set() {
		token, err := instance.NewSecret(b.o.Random)
		if err != nil {
			return "", err
		}
		cfg.ToolsToken = config.Setting{Name: scope.Tools.Setting(), Value: token}
		b.executorToken = cfg.ToolsToken
	}
	svc, err := executor.New(cfg, b.log("executor"), b.o.Now)
	if err != nil {
		return "", err
	}
	return b.add(part{name: "executor", run: svc.Run}, "EXECUTOR_LISTEN", cfg.Listen, &cfg)
}

func (b *builder) tools(ctx context.Context, executorURL string) (string, error) {
	var cfg tools.Config
	err := b.parse("tools", &cfg, map[string]string{
		"DATABASE_URL":      "sqlite:" + filepath.Join(b.o.Data, "switchyard.db"),
		"EXECUTOR_ENDPOINT": executorURL,
		"EXECUTOR_FUNCTION": "switchyard-executor",
	})
	if err != nil {
		return "", err
	}
	if b.stack.policyFile = cfg.PolicyFile; cfg.PolicyFile == "" {
		cfg.Policy = policy
	} else if _, err := os.ReadFile(cfg.PolicyFile); err != nil {
		// The remedy of tools is for where nothing takes the place of the file.
		return "", fmt.Errorf("POLICY_FILE=%s: %w: name a file that can be read, or unset it: then, for development, github:acme/api and jira:ACME may act on one another", cfg.PolicyFile, err)
	}
	if b.executorToken.IsSet() {
		cfg.ToolsToken = b.executorToken
	}
	svc, err := tools.New(ctx, cfg, b.log("tools"), b.o.Now)
	if err != nil {
		return "", err
	}
	return b.add(part{name: "tools", run: svc.Run, release: svc.Close}, "TOOLS_LISTEN", cfg.Listen, &cfg)
}

func (b *builder) agent(toolsURL string) (string, error) {
	var cfg agent.Config
	if err := b.parse("agent", &cfg, map[string]string{"TOOLS_URL": toolsURL}); err != nil {
		return "", err
	}
	b.stack.rulesFile = cfg.RulesFile
	svc, err := agent.New(cfg, b.log("agent"), b.o.Now)
	if err != nil {
		return "", err
	}
	return b.add(part{name: "agent", run: svc.Run}, "AGENT_LISTEN", cfg.Listen, &cfg)
}

func (b *builder) ingress(agentURL string) (string, error) {
	var cfg ingress.Config
	err := b.parse("ingress", &cfg, map[string]string{"AGENT_URL": agentURL, "WEBHOOK_SERVER_HOST": "127.0.0.1"})
	if err != nil {
		return "", err
	}
	svc, err := ingress.New(cfg, ingress.Options{Log: b.log("ingress"), Now: b.o.Now, Version: b.o.Version})
	if err != nil {
		return "", err
	}
	// Webhooks are signed: this one may be reached from anywhere, also without a service token.
	ln, err := service.ListenOpen("WEBHOOK_SERVER_PORT", strconv.Itoa(cfg.Port), cfg.Addr())
	if err != nil {
		return "", err
	}
	return b.listening(part{name: "ingress", run: svc.Run}, ln, cfg.Secure()), nil
}

func (b *builder) parse(name string, cfg any, below map[string]string) error {
	return config.Parse(cfg, name, "", nil, instance.Under(b.lookup, below))
}

func (b *builder) log(name string) *slog.Logger { return b.o.Log.With("service", name) }

// guarded is what the settings of a service say of its callers.
type guarded interface {
	Tokens() scope.Tokens
	Secure() bool
}

// add makes a part listen and returns its base URL. A part that can't is released.
func (b *builder) add(p part, setting, addr string, cfg guarded) (string, error) {
	ln, err := service.Listen(setting, addr, cfg.Tokens())
	if err != nil {
		return "", errors.Join(err, p.close())
	}
	return b.listening(p, ln, cfg.Secure()), nil
}

// listening puts a part before those that it needs.
func (b *builder) listening(p part, ln net.Listener, secure bool) string {
	p.ln = ln
	b.stack.parts = append([]part{p}, b.stack.parts...)
	at := baseURL(ln.Addr())
	if secure {
		at = "https" + strings.TrimPrefix(at, "http")
	}
	return at
}

// baseURL is where this machine reaches a listener, also one on all interfaces.
func baseURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return "http://" + addr.String()
	}
	return "http://" + net.JoinHostPort("127.0.0.1", port)
}

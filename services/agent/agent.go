package agent

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"

	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent/internal/run"
)

// drainTime bounds the wait for work that outlives its requests, after those
// were served. Runs that are left then are claimed by another agent.
const drainTime = 5 * time.Second

// Service is one process of the agent. Any number may run side by side.
type Service struct {
	cfg     Config
	log     *slog.Logger
	around  rpc.Between
	rules   *rulebook
	runner  *run.Runner
	handler http.Handler
}

// New makes the agent. It needs nothing but its rules: tools may be away.
func New(cfg Config, log *slog.Logger, now func() time.Time) (*Service, error) {
	cfg.ToolsURL = strings.TrimRight(cfg.ToolsURL, "/")
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	rules, err := openRulebook(cfg.RulesFile, log)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	around, err := rpc.NewBetween(cfg.around(), now, log)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	options, err := rpc.ClientOptionsShowing(around.Shown.Token)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	options = append(options, rpc.Peer("TOOLS_URL", cfg.ToolsURL))
	tools := toolsv1connect.NewRunServiceClient(around.Client, cfg.ToolsURL, options...)
	s := &Service{cfg: cfg, log: log, around: around, rules: rules, runner: run.New(tools, rules.current, cfg.MaxInFlight, log)}
	if s.handler, err = s.newHandler(&api{runner: s.runner, tools: tools}); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return s, nil
}

func (s *Service) newHandler(a *api) (http.Handler, error) {
	opts, err := rpc.HandlerOptions(s.log)
	if err != nil {
		return nil, err
	}
	opts = append(opts, connect.WithInterceptors(rpc.InFlight(s.cfg.MaxInFlight)))
	path, h := agentv1connect.NewAgentServiceHandler(a, opts...)
	return service.New(service.Options{
		Log:      s.log,
		Guard:    s.around.Guard,
		Mounts:   []service.Mount{{Path: path, Handler: h}},
		Services: []string{agentv1connect.AgentServiceName},
		Ready:    s.ready,
	}), nil
}

func (s *Service) ready(ctx context.Context) []service.Dependency {
	return []service.Dependency{
		service.Peer(ctx, s.around.Client, "tools", "TOOLS_URL", s.cfg.ToolsURL),
		s.rules.state(),
	}
}

// Handler serves AgentService and health.
func (s *Service) Handler() http.Handler { return s.handler }

// Run serves on ln, takes over runs that other agents left behind, and follows
// the rules file, until ctx is done. Then it lets what is in flight finish,
// for at most 25 s.
func (s *Service) Run(ctx context.Context, ln net.Listener) error {
	background, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { s.runner.Claim(background) })
	wg.Go(func() { s.rules.follow(background) })
	err := service.Serve(ctx, ln, s.handler, s.log, s.around.Options()...)
	stop()
	wg.Wait()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	s.runner.Drain(drain)
	return err
}

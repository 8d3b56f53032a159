package tools

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"connectrpc.com/connect"
	"github.com/google/uuid"

	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/lambda"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/memory"
)

// Service is one process of the tools service.
type Service struct {
	log     *slog.Logger
	store   store
	runs    *runs
	calls   *call.Performer
	owner   ledger.Owner
	pulse   *pulse
	around  rpc.Between
	retain  retention
	memory  *memory.Memory
	policy  *policybook
	handler http.Handler
}

// New opens the ledger and builds the service. Close it with Run's end, or Close.
func New(ctx context.Context, cfg Config, log *slog.Logger, now func() time.Time) (*Service, error) {
	keys, err := seal.ParseKeys(cfg.SealKey)
	if err != nil {
		return nil, fmt.Errorf("SEAL_KEY: %w: set it to the same key as ingress' (`switchyard secret` prints a good one)", err)
	}
	tools := registry.Tools()
	pol, err := openPolicybook(cfg, tools, log)
	if err != nil {
		return nil, err
	}
	around, err := rpc.NewBetween(cfg.around(), now, log)
	if err != nil {
		return nil, err
	}
	executor, err := newExecutor(ctx, cfg, around, log)
	if err != nil {
		return nil, err
	}
	executor = stoppable{executor, pol.current}
	store, err := openStore(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	newID := uuid.NewString //nolint:forbidigo // where ids come from: whoever embeds the service has none to choose
	s := &Service{
		log:   log,
		store: store,
		calls: &call.Performer{
			Ledger: store, Executor: executor, Log: log, Now: now, Requests: requests(tools),
			Random: rand.Float64, //nolint:forbidigo // where randomness comes from: whoever embeds the service has none to choose
		},
		owner:  ledger.Owner(newID()),
		pulse:  &pulse{ping: store.Ping, now: now},
		around: around,
		policy: pol,
		retain: retention{keeper: store, keep: time.Duration(cfg.RetainBodies), now: now, log: log},
	}
	if s.memory, err = newMemory(cfg, store, s.owner, log, now); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	s.runs = &runs{ledger: store, memory: s.memory, keys: keys, policy: pol.current, tools: tools, calls: s.calls, owner: s.owner, newID: newID, now: now, log: log}
	s.calls.Resolve, s.calls.Forbidden, s.calls.Saw = s.runs.resolve, s.runs.forbidden, s.runs.saw
	s.handler, err = s.newHandler(cfg, &registryServer{tools: tools, asker: newAsker(cfg, s.memory, s.memory, pol.current, now)})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newExecutor(ctx context.Context, cfg Config, around rpc.Between, log *slog.Logger) (call.Executor, error) {
	if cfg.ExecutorEndpoint == "" && cfg.ExecutorFunction == "" {
		return noExecutor{}, nil
	}
	if cfg.ExecutorEndpoint == "" && !lambda.Qualified(cfg.ExecutorFunction) {
		log.Warn("EXECUTOR_FUNCTION names no alias: a call that is tried again may meet another version of the function", "function", cfg.ExecutorFunction, "remedy", "set NAME:ALIAS")
	}
	client, err := lambda.New(ctx, lambda.Options{Endpoint: cfg.ExecutorEndpoint, Token: around.Shown.Token, Client: around.Client, Function: cfg.ExecutorFunction})
	if err != nil {
		return nil, fmt.Errorf("EXECUTOR_FUNCTION=%s: %w", cfg.ExecutorFunction, err)
	}
	return client, nil
}

func (s *Service) newHandler(cfg Config, reg *registryServer) (http.Handler, error) {
	opts, err := rpc.HandlerOptions(s.log)
	if err != nil {
		return nil, err
	}
	opts = append(opts, connect.WithInterceptors(rpc.InFlight(cfg.MaxInFlight)))
	mount := func(path string, h http.Handler) service.Mount { return service.Mount{Path: path, Handler: h} }
	return service.New(service.Options{
		Log:   s.log,
		Guard: s.around.Guard,
		Mounts: []service.Mount{
			mount(toolsv1connect.NewRunServiceHandler(s.runs, opts...)),
			mount(toolsv1connect.NewToolServiceHandler(reg, opts...)),
			mount(toolsv1connect.NewMemoryServiceHandler(&memoryServer{
				forgetServer: forgetServer{keeper: s.store, outbox: s.store}, memory: s.memory, store: s.store.Store(),
			}, opts...)),
		},
		Services: []string{toolsv1connect.RunServiceName, toolsv1connect.ToolServiceName, toolsv1connect.MemoryServiceName},
		Ready:    s.ready,
	}), nil
}

func (s *Service) ready(ctx context.Context) []service.Dependency {
	ledgerState := service.Dependency{Name: "ledger", State: "ok", Detail: s.store.Store()}
	if err := s.pulse.check(ctx); err != nil {
		ledgerState.State, ledgerState.Detail = "unavailable", err.Error()
	}
	deps := []service.Dependency{ledgerState, s.policy.state()}
	for _, store := range s.memory.Stores {
		status := store.Status(ctx)
		deps = append(deps, service.Dependency{Name: string(status.Sink), State: string(status.State), Detail: status.Detail, Optional: true})
	}
	return deps
}

// Handler serves the service's RPCs and health.
func (s *Service) Handler() http.Handler { return s.handler }

// Run serves on ln, and takes up what no request works on any more, until ctx
// is done; then it lets what is in flight finish and closes the ledger.
func (s *Service) Run(ctx context.Context, ln net.Listener) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { s.calls.Resume(background, s.owner) })
	wg.Go(func() { s.retain.run(background) })
	wg.Go(func() { s.memory.Run(background) })
	wg.Go(func() { s.policy.file.Follow(background) })
	err := service.Serve(ctx, ln, s.handler, s.log, s.around.Options()...)
	stop()
	wg.Wait()
	return errors.Join(err, s.Close())
}

// Commits returns how many operations the ledger committed since New, and in
// how many commits: operations that arrive together share one.
func (s *Service) Commits() (operations, commits uint64) { return s.store.Commits() }

// Close closes the ledger and the stores that follow it.
func (s *Service) Close() error { return errors.Join(s.memory.Close(), s.store.Close()) }

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent"
	"github.com/switchyard-dev/switchyard/services/executor"
	"github.com/switchyard-dev/switchyard/services/ingress"
	"github.com/switchyard-dev/switchyard/services/tools"
)

const (
	hookSecret = "bench-hook-secret-0123456789"
	sealKey    = "bench-seal-key-0123456789"
	token      = "bench-service-token-0123456789"

	policy = `
pairs: [[github:acme/api, jira:ACME]]
places: {github:acme/api: private, jira:ACME: private}
choices: {jira.transition: {jira:ACME: {status: [Done]}}}
`
)

// stack is the services that a measurement runs against.
type stack struct {
	url   string
	tools *tools.Service // nil without
	stop  func() error
}

// runner runs what was started, and ends it in the order of its start.
type runner struct {
	stops []func() error
}

func (r *runner) start(run func(context.Context, net.Listener) error) (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, ln) }()
	r.stops = append([]func() error{func() error { cancel(); return <-done }}, r.stops...)
	return "http://" + ln.Addr().String(), nil
}

func (r *runner) stop() error {
	var errs []error
	for _, stop := range r.stops {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// stores are what tools keeps its ledger in, and what follows that; group is the
// most operations in one commit, 0 for the default.
type stores struct {
	database, clickhouse, neo4j string
	group                       int
}

// given are real stores, from the variables by which tests are given them too;
// false where there is no PostgreSQL.
func given(lookup func(string) (string, bool)) (ledgerOnly, all stores, ok bool) {
	ledgerOnly.database, ok = lookup("SWITCHYARD_TEST_POSTGRES")
	all = ledgerOnly
	all.clickhouse, _ = lookup("SWITCHYARD_TEST_CLICKHOUSE")
	all.neo4j, _ = lookup("SWITCHYARD_TEST_NEO4J")
	return ledgerOnly, all, ok
}

// whole starts all four services.
func whole(ctx context.Context, on stores) (*stack, error) {
	var r runner
	log := slog.New(slog.DiscardHandler)
	exec, err := executor.New(executor.Config{ServiceToken: config.Setting{Value: token}, MaxInFlight: 256}, log, time.Now)
	if err != nil {
		return nil, err
	}
	executorURL, err := r.start(exec.Run)
	if err != nil {
		return nil, err
	}
	cfg := tools.Config{
		DatabaseURL: on.database, DatabaseMigrate: true, SealKey: sealKey, ServiceToken: config.Setting{Value: token},
		ExecutorEndpoint: executorURL, MaxInFlight: 1024, Policy: []byte(policy), LedgerGroup: on.group, ClickHouseURL: on.clickhouse,
	}
	if u, err := url.Parse(on.neo4j); err == nil && u.User != nil {
		cfg.Neo4jUser = u.User.Username()
		cfg.Neo4jPassword, _ = u.User.Password()
		u.User = nil
		cfg.Neo4jURI = u.String()
	}
	t, err := tools.New(ctx, cfg, log, time.Now)
	if err != nil {
		return nil, err
	}
	toolsURL, err := r.start(t.Run)
	if err != nil {
		return nil, err
	}
	a, err := agent.New(agent.Config{ToolsURL: toolsURL, ServiceToken: config.Setting{Value: token}, MaxInFlight: 1024}, log, time.Now)
	if err != nil {
		return nil, err
	}
	agentURL, err := r.start(a.Run)
	if err != nil {
		return nil, err
	}
	at, err := door(&r, agentURL)
	return &stack{url: at, tools: t, stop: r.stop}, err
}

func door(r *runner, agentURL string) (string, error) {
	in, err := ingress.New(ingress.Config{
		GitHubSecret: config.Setting{Value: hookSecret}, AgentURL: agentURL, SealKey: sealKey, ServiceToken: config.Setting{Value: token},
		Deadline: 8500 * time.Millisecond, MaxInFlight: 1024,
	}, ingress.Options{Log: slog.New(slog.DiscardHandler), Now: time.Now, Version: "bench"})
	if err != nil {
		return "", err
	}
	return r.start(in.Run)
}

// instant is an agent that answers at once.
type instant struct {
	agentv1connect.UnimplementedAgentServiceHandler
}

func (instant) HandleEvent(context.Context, *agentv1.HandleEventRequest) (*agentv1.HandleEventResponse, error) {
	return &agentv1.HandleEventResponse{Answer: &agentv1.Answer{RunId: "r", EventId: "e", Status: "ignored", Summary: "ignored", Url: "/runs/r"}}, nil
}

// doorAlone starts ingress before an agent that does nothing.
func doorAlone() (*stack, error) {
	var r runner
	log := slog.New(slog.DiscardHandler)
	opts, err := rpc.HandlerOptions(log)
	if err != nil {
		return nil, err
	}
	path, h := agentv1connect.NewAgentServiceHandler(instant{}, opts...)
	guard, err := scope.NewGuard(scope.Tokens{scope.Ingress: {Value: token}}, time.Now, log)
	if err != nil {
		return nil, err
	}
	handler := service.New(service.Options{Log: log, Guard: guard, Mounts: []service.Mount{{Path: path, Handler: h}}})
	agentURL, err := r.start(func(ctx context.Context, ln net.Listener) error { return service.Serve(ctx, ln, handler, log) })
	if err != nil {
		return nil, err
	}
	url, err := door(&r, agentURL)
	return &stack{url: url, stop: r.stop}, err
}

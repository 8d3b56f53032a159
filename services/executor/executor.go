package executor

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/command"
)

// Executor is the service.
type Executor struct {
	cfg    Config
	log    *slog.Logger
	runner *command.Runner
	slots  *slots
	guard  *scope.Guard
	tokens *tokens
	pair   *service.KeyPair // nil where it speaks no TLS
}

// Option changes how New makes an executor.
type Option func(*options)

type options struct{ read ReadSecret }

// Secrets lets settings name secrets that are kept elsewhere, and reads them.
func Secrets(read ReadSecret) Option { return func(o *options) { o.read = read } }

// New makes an executor.
func New(cfg Config, log *slog.Logger, now func() time.Time, opts ...Option) (*Executor, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if cfg.MaxInFlight < 1 {
		return nil, fmt.Errorf("EXECUTOR_MAX_IN_FLIGHT=%d: want at least 1", cfg.MaxInFlight)
	}
	guard, err := scope.NewGuard(cfg.Tokens(), now, log)
	if err != nil {
		return nil, fmt.Errorf("executor: %w", err)
	}
	pair, err := service.OpenOwn(cfg.TLSCertFile, cfg.TLSKeyFile, log)
	if err != nil {
		return nil, fmt.Errorf("executor: %w", err)
	}
	tokens, err := newTokens(&cfg, o.read, now, log)
	if err != nil {
		return nil, fmt.Errorf("executor: %w", err)
	}
	all, err := actions(&cfg, tokens, world{transport: action.Transport(), now: now, log: log})
	if err != nil {
		return nil, fmt.Errorf("executor: %w", err)
	}
	return &Executor{
		guard:  guard,
		pair:   pair,
		tokens: tokens,
		cfg:    cfg,
		log:    log,
		runner: &command.Runner{Actions: all, Log: log, Now: now},
		slots:  newSlots(cfg.MaxInFlight, all),
	}, nil
}

// Invoke takes a Command and returns a Result, both as protobuf JSON with proto
// field names: the function's handler, as aws-lambda-go wants it. An error
// means that the outcome is unknown.
func (e *Executor) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return e.runner.Invoke(ctx, payload)
}

// Handler serves POST /2015-03-31/functions/{name}/invocations as AWS Lambda
// does for synchronous invocations, behind the tokens, and /livez and /readyz.
func (e *Executor) Handler() http.Handler {
	return service.New(service.Options{
		Log:    e.log,
		Guard:  e.guard,
		Mounts: []service.Mount{{Path: "/2015-03-31/functions/{name}/invocations", Handler: http.HandlerFunc(e.serveInvocation), Procedure: scope.Invocation}},
		Ready: func(context.Context) []service.Dependency {
			// Providers are no dependency: a call to one that is away is tried again.
			return []service.Dependency{}
		},
	})
}

// Run serves until ctx is done and invocations in flight have ended.
func (e *Executor) Run(ctx context.Context, ln net.Listener) error {
	if err := service.Serve(ctx, ln, e.Handler(), e.log, service.TLS(e.pair), service.Secrets(e.guard.Secrets(), e.tokens.sets)); err != nil {
		return fmt.Errorf("executor: %w", err)
	}
	return nil
}

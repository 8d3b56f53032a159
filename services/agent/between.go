package agent

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
)

// Tokens are those that callers may show.
func (c *Config) Tokens() scope.Tokens {
	return scope.Tokens{
		scope.Ingress:  c.IngressToken,
		scope.Reader:   c.ReaderToken,
		scope.Operator: c.OperatorToken,
		scope.Service:  c.ServiceToken,
	}
}

// Secure says that the address speaks TLS.
func (c *Config) Secure() bool { return c.TLSCertFile != "" }

// between is what proves this service and those around it to one another.
type between struct {
	guard  *scope.Guard
	shown  *scope.Shown
	pair   *service.KeyPair // nil where this service speaks no TLS
	client *http.Client
}

func newBetween(cfg Config, log *slog.Logger, now func() time.Time) (b between, err error) {
	if b.guard, err = scope.NewGuard(cfg.Tokens(), now, log); err != nil {
		return b, err
	}
	if b.shown, err = scope.NewShown(scope.Agent, cfg.AgentToken, cfg.ServiceToken, now, log); err != nil {
		return b, err
	}
	if b.pair, err = service.OpenOwn(cfg.TLSCertFile, cfg.TLSKeyFile, log); err != nil {
		return b, err
	}
	b.client, err = rpc.NewTrustingHTTPClient(cfg.CAFile)
	return b, err
}

// options are how the service is served, and what is read again meanwhile.
func (b between) options() []service.Option {
	return []service.Option{service.TLS(b.pair), service.Secrets(b.guard.Secrets(), b.shown.Secrets())}
}

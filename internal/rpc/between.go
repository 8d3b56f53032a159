package rpc

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
)

// Between is what proves a service and those around it to one another.
type Between struct {
	Guard *scope.Guard
	Shown *scope.Shown
	// Client reaches the services that this one calls.
	Client *http.Client

	pair *service.KeyPair // nil where this service speaks no TLS
}

// Around are the settings of a Between.
type Around struct {
	// Tokens are those that callers may show.
	Tokens scope.Tokens
	// Role is this service's own. It shows Token, or else ServiceToken.
	Role                scope.Role
	Token, ServiceToken config.Setting
	// Of TLS: the service's own certificate, and those that others' are verified
	// against; "" for none.
	CertFile, KeyFile, CAFile string
}

// NewBetween reads tokens and certificates. Files of them are read again while
// the service is served with Options.
func NewBetween(a Around, now func() time.Time, log *slog.Logger) (b Between, err error) {
	if b.Guard, err = scope.NewGuard(a.Tokens, now, log); err != nil {
		return b, err
	}
	if b.Shown, err = scope.NewShown(a.Role, a.Token, a.ServiceToken, now, log); err != nil {
		return b, err
	}
	if b.pair, err = service.OpenOwn(a.CertFile, a.KeyFile, log); err != nil {
		return b, err
	}
	b.Client, err = NewTrustingHTTPClient(a.CAFile)
	return b, err
}

// Options are how the service is served, and what is read again meanwhile.
func (b Between) Options() []service.Option {
	return []service.Option{service.TLS(b.pair), service.Secrets(b.Guard.Secrets(), b.Shown.Secrets())}
}

package action

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/reach"
)

const (
	// RequestTimeout bounds one request to a provider, from dialling to the end of
	// its answer. tools counts on it: nobody looks before not_after, this and 2 s are over.
	RequestTimeout = 10 * time.Second
	dialTimeout    = 3 * time.Second
	tlsTimeout     = 5 * time.Second
	// A connection that idled longer is not used again: the provider may have closed
	// it, and a request that was written into it has an unknown outcome. It is measured
	// by the clock on the wall too, so that a frozen Lambda function comes back with none.
	idleTimeout  = 15 * time.Second
	idlePerHost  = 16
	answerLimit  = 8 << 20 // bytes of an answer that are read
	refusalLimit = 64 << 10
)

// Token returns a provider's token as it is now: it may be replaced while the
// executor runs. A Token that is nil, or returns "", is none.
type Token func(ctx context.Context) (string, error)

// Options make a Provider.
type Options struct {
	// Name is the provider's, for people: "GitHub".
	Name string
	// Setting names the setting that has URL: what is wrong with it is logged by both.
	Setting, URL string
	// Transport reaches the provider.
	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger
	// Sign puts the credentials on a request. nil says that there are none, and an
	// error that is no Failure that they can't be had at the moment.
	Sign func(*http.Request) error
	// Refused is told that the credentials of a request were refused, by 401 or 403, and
	// says whether others may be had at once. nil where there are no others.
	Refused func(r *http.Request, status int) bool
	// Message takes out of the body of a refusal what the provider says; "" for nothing.
	Message func(body []byte) string
	// Reads tells whether a request changes nothing; nil takes GET and HEAD for such.
	Reads func(*http.Request) bool
}

// Provider is one provider and how it is reached, for all commands.
type Provider struct{ o Options }

// NewProvider makes a provider.
func NewProvider(o Options) *Provider {
	if o.Reads == nil {
		o.Reads = func(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }
	}
	if o.Message == nil {
		o.Message = func([]byte) string { return "" }
	}
	return &Provider{o: o}
}

// HasToken tells whether there are credentials.
func (p *Provider) HasToken() bool { return p.o.Sign != nil }

// Now is the provider's clock.
func (p *Provider) Now() time.Time { return p.o.Now() }

// Client sends requests that change nothing at the provider, outside of a
// command, such as those for a token. They are signed by sign.
func (p *Provider) Client(sign func(*http.Request) error) *http.Client {
	o := p.o
	o.Sign, o.Refused, o.Reads = sign, nil, func(*http.Request) bool { return true }
	return (&attempt{p: NewProvider(o)}).client()
}

// attempt sends the requests of one command.
func (p *Provider) attempt(cmd *executorv1.Command) *attempt {
	return &attempt{p: p, notAfter: cmd.GetNotAfter().AsTime()}
}

// Transport is how providers are reached: TLS by the system's authorities,
// through the proxy that HTTPS_PROXY names.
func Transport() http.RoundTripper {
	return reach.Transport(&http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: tlsTimeout,
		MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout:     idleTimeout,
		ForceAttemptHTTP2:   true,
	})
}

// Bearer signs with a token as a bearer token.
func Bearer(token Token) func(*http.Request) error {
	if token == nil {
		return nil
	}
	return func(r *http.Request) error {
		value, err := token(r.Context())
		if err != nil {
			return err
		}
		if value == "" {
			return errors.New("the token is empty")
		}
		r.Header.Set("Authorization", "Bearer "+value)
		return nil
	}
}

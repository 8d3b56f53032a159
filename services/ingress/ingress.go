package ingress

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/address"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/body"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/bucket"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/forward"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/report"
)

// Options are what ingress is given beside its settings.
type Options struct {
	Log *slog.Logger
	// Now tells the time of receipt.
	Now func() time.Time
	// Version is shown at GET /.
	Version string
}

// Server is ingress. It keeps nothing that others need: any number may run side
// by side.
type Server struct {
	cfg       Config
	log       *slog.Logger
	now       func() time.Time
	version   string
	sites     []*site
	proxies   address.List
	strangers *bucket.Table
	bodies    *body.Budget
	agent     *forward.Agent
	reports   *report.Reporter
	client    *http.Client
	shown     *scope.Shown
	pair      *service.KeyPair // nil where ingress speaks no TLS
}

// New makes ingress. Its error names each setting that is wrong and the remedy.
func New(cfg Config, o Options) (*Server, error) {
	cfg.AgentURL, cfg.PublicURL = strings.TrimRight(cfg.AgentURL, "/"), strings.TrimRight(cfg.PublicURL, "/")
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("ingress: %w", err)
	}
	keys, err := seal.ParseKeys(cfg.SealKey)
	if err != nil {
		return nil, fmt.Errorf("ingress: SEAL_KEY: %w: set it to the same key as tools' (`switchyard secret` prints a good one)", err)
	}
	shown, err := scope.NewShown(scope.Ingress, cfg.IngressToken, cfg.ServiceToken, o.Now, o.Log)
	if err != nil {
		return nil, fmt.Errorf("ingress: %w", err)
	}
	options, err := rpc.ClientOptionsShowing(shown.Token)
	if err != nil {
		return nil, fmt.Errorf("ingress: %w", err)
	}
	options = append(options, rpc.Peer("AGENT_URL", cfg.AgentURL))
	sites, err := newSites(cfg, o.Now, o.Log)
	if err != nil {
		return nil, fmt.Errorf("ingress: %w", err)
	}
	proxies, err := address.Parse(cfg.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("ingress: TRUSTED_PROXIES: %w", err)
	}
	var pair *service.KeyPair
	if cfg.Secure() {
		if pair, err = service.OpenKeyPair("WEBHOOK_TLS_CERT_FILE", cfg.TLSCertFile, "WEBHOOK_TLS_KEY_FILE", cfg.TLSKeyFile, o.Log); err != nil {
			return nil, fmt.Errorf("ingress: %w", err)
		}
	}
	client, err := rpc.NewTrustingHTTPClient(cfg.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ingress: %w", err)
	}
	agent := agentv1connect.NewAgentServiceClient(client, cfg.AgentURL, options...)
	newID := uuid.NewString //nolint:forbidigo // where ids come from: whoever embeds the service has none to choose
	return &Server{
		cfg:       cfg,
		log:       o.Log,
		now:       o.Now,
		version:   o.Version,
		sites:     sites,
		proxies:   proxies,
		strangers: bucket.New(o.Now),
		bodies:    body.NewBudget(),
		agent:     forward.New(agent, keys, cfg.MaxInFlight),
		reports:   report.New(agent, o.Log, o.Now, newID),
		client:    client,
		shown:     shown,
		pair:      pair,
	}, nil
}

// Handler serves the webhooks, GET /, GET /runs/{id}, /livez and /readyz.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/webhooks/{source}", s.webhook)
	mux.HandleFunc("/webhooks/{source}/{instance}", s.webhook)
	mux.Handle("/runs/{id}", readOnly(http.HandlerFunc(s.run)))
	mux.Handle("/livez", readOnly(service.Livez()))
	mux.Handle("/readyz", readOnly(service.Readyz(s.ready)))
	mux.Handle("/{$}", readOnly(http.HandlerFunc(s.index)))
	mux.HandleFunc("/", s.nowhere)
	return s.guarded(s.recovered(s.canonical(mux)))
}

// Run serves on the listener until ctx is done, lets deliveries in flight
// finish, and reports the last of them: for at most 22 s. Meanwhile it follows
// the files of secrets.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	beside, stop := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	sets := s.shown.Secrets()
	for _, p := range s.sites {
		sets = append(sets, p.secrets, p.tokens)
	}
	background.Go(func() { credential.Watch(beside, sets) })
	background.Go(func() { s.reports.Run(beside) })
	options := []service.Option{service.Strangers(s.cfg.Deadline + answerTime)}
	if s.pair != nil {
		options = append(options, service.TLS(s.pair))
	}
	return service.Serve(ctx, ln, s.Handler(), s.log, options...)
}

// canonical refuses paths such as //webhooks/github: the mux would redirect
// them, and no provider follows with its body.
func (s *Server) canonical(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if clean := path.Clean(r.URL.Path); r.URL.Path != clean && r.URL.Path != clean+"/" {
			s.nowhere(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// nowhere refuses a path that is none of ours. Under /webhooks/ it is a delivery
// that somebody will look for: a slash too much is the commonest slip.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(path.Clean(r.URL.Path)+"/", "/webhooks/") {
		s.webhook(w, r)
		return
	}
	answer.Refuse(w, answer.NotFound)
}

func readOnly(h http.Handler) http.Handler {
	methods := []string{http.MethodGet, http.MethodHead}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			answer.RefuseMethod(w, methods...)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// recovered answers 503 where a handler panics: a provider that sees a broken
// connection can't tell it from a network's, and GitHub never tries again.
func (s *Server) recovered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				s.log.ErrorContext(r.Context(), "panic in a handler", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				answer.Refuse(w, answer.Unavailable)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

package service

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/authn"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"

	"github.com/switchyard-dev/switchyard/internal/fault"
)

// Options describe a service's handler.
type Options struct {
	Log *slog.Logger
	// Token that RPC callers must bear; "" for none, which Listen allows on loopback only.
	Token  string
	Mounts []Mount
	// Full names of the RPC services, for reflection and health.
	Services []string
	// Ready names the state of each dependency. It may be called often.
	Ready func(context.Context) []Dependency
}

// Mount is what a generated New…ServiceHandler returns.
type Mount struct {
	Path    string
	Handler http.Handler
}

// Dependency is something that a service needs to do its work.
type Dependency struct {
	Name string `json:"name"`
	// "ok", or a word for what is wrong.
	State  string `json:"state"`
	Detail string `json:"detail,omitempty"`
}

// New returns the handler: the mounts and reflection behind the token; gRPC
// health, /livez (touches no dependency) and /readyz (503 when one is not ok) in the open.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	guard := func(h http.Handler) http.Handler { return h }
	if o.Token != "" {
		guard = authn.NewMiddleware(bearer(o.Token)).Wrap
	}
	for _, m := range o.Mounts {
		mux.Handle(m.Path, guard(m.Handler))
	}
	reflector := grpcreflect.NewStaticReflector(o.Services...)
	path, h := grpcreflect.NewHandlerV1(reflector)
	mux.Handle(path, guard(h))
	path, h = grpcreflect.NewHandlerV1Alpha(reflector)
	mux.Handle(path, guard(h))
	path, h = grpchealth.NewHandler(grpchealth.NewStaticChecker(o.Services...))
	mux.Handle(path, h)
	mux.Handle("GET /livez", Livez())
	mux.Handle("GET /readyz", Readyz(o.Ready))
	return mux
}

func bearer(token string) authn.AuthFunc {
	return func(_ context.Context, r *http.Request) (any, error) {
		got, ok := authn.BearerToken(r)
		switch {
		case !ok:
			err, _ := fault.ToConnect(fault.New(fault.TokenMissing, "send `Authorization: Bearer …` with this service's SERVICE_TOKEN"))
			return nil, err
		case subtle.ConstantTimeCompare([]byte(got), []byte(token)) != 1:
			err, _ := fault.ToConnect(fault.New(fault.TokenMissing, "the bearer token is not this service's SERVICE_TOKEN: set both sides to the same"))
			return nil, err
		}
		return nil, nil //nolint:nilnil // authn's word for a caller without a name
	}
}

// Livez answers that the process runs.
func Livez() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"status": "ok"})
	})
}

// Readyz answers with each dependency's state, within 2 s.
func Readyz(ready func(context.Context) []Dependency) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		deps := ready(ctx)
		code, status := http.StatusOK, "ok"
		for _, d := range deps {
			if d.State != "ok" {
				code, status = http.StatusServiceUnavailable, "not_ready"
			}
		}
		writeJSON(w, code, map[string]any{"status": status, "dependencies": deps})
	})
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// The status is sent: a client that went away is nobody's error.
	_ = json.NewEncoder(w).Encode(v)
}

// Peer asks another service's /livez, for Ready.
func Peer(ctx context.Context, client *http.Client, name, baseURL string) Dependency {
	d := Dependency{Name: name, State: "ok"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/livez", nil)
	if err != nil {
		return Dependency{Name: name, State: "misconfigured", Detail: err.Error()}
	}
	resp, err := client.Do(req)
	if err != nil {
		return Dependency{Name: name, State: "unreachable", Detail: unwrapURL(err)}
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		d.State, d.Detail = "failing", resp.Status
	}
	return d
}

// unwrapURL drops the URL from a client's error: the dependency is named anyway.
func unwrapURL(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}

package service

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"

	"github.com/switchyard-dev/switchyard/internal/reach"
	"github.com/switchyard-dev/switchyard/internal/scope"
)

// Options describe a service's handler.
type Options struct {
	Log *slog.Logger
	// Guard lets callers in. One without tokens is open, which Listen allows on
	// loopback only; without a guard nobody is let in.
	Guard  *scope.Guard
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
	// Procedure that every request to it is, as internal/scope names it; "" for
	// RPCs, whose paths tell.
	Procedure string
}

// Dependency is something that a service needs to do its work.
type Dependency struct {
	Name string `json:"name"`
	// "ok", or a word for what is wrong.
	State  string `json:"state"`
	Detail string `json:"detail,omitempty"`
	// Optional: the service is ready without it.
	Optional bool `json:"optional,omitempty"`
}

// New returns the handler: the mounts and reflection behind the guard; gRPC
// health, /livez (touches no dependency) and /readyz (503 when one is not ok that isn't optional) in the open.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	for _, m := range o.Mounts {
		mux.Handle(m.Path, o.Guard.Wrap(m.Procedure, m.Handler))
	}
	reflector := grpcreflect.NewStaticReflector(o.Services...)
	path, h := grpcreflect.NewHandlerV1(reflector)
	mux.Handle(path, o.Guard.Wrap(scope.Reflection, h))
	path, h = grpcreflect.NewHandlerV1Alpha(reflector)
	mux.Handle(path, o.Guard.Wrap(scope.Reflection, h))
	path, h = grpchealth.NewHandler(grpchealth.NewStaticChecker(o.Services...))
	mux.Handle(path, h)
	mux.Handle("GET /livez", Livez())
	mux.Handle("GET /readyz", Readyz(o.Ready))
	return mux
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
			if d.State != "ok" && !d.Optional {
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

// Peer asks another service's /livez, for Ready. The setting is what names its URL.
func Peer(ctx context.Context, client *http.Client, name, setting, baseURL string) Dependency {
	d := Dependency{Name: name, State: "ok"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/livez", nil)
	if err != nil {
		return Dependency{Name: name, State: "misconfigured", Detail: err.Error()}
	}
	resp, err := client.Do(req)
	if err != nil {
		return Dependency{Name: name, State: "unreachable", Detail: reach.Explain(setting, baseURL, err).String()}
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		d.State, d.Detail = "failing", resp.Status
	}
	return d
}

package ingress

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/forward"
)

type index struct {
	Name      string     `json:"name"`
	Version   string     `json:"version"`
	Status    string     `json:"status"`
	Endpoints []endpoint `json:"endpoints"`
}

type endpoint struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status string `json:"status"`
}

// index handles GET /: what is here, and which sources are configured.
func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	out := index{Name: "switchyard", Version: s.version, Status: "ok"}
	for _, p := range s.sites {
		status := "ready"
		if !p.configured() {
			status = string(answer.SourceNotConfigured)
		}
		out.Endpoints = append(out.Endpoints, endpoint{http.MethodPost, p.path(), status})
	}
	for _, path := range []string{"/runs/{id}", "/livez", "/readyz"} {
		out.Endpoints = append(out.Endpoints, endpoint{http.MethodGet, path, "ready"})
	}
	answer.JSON(w, http.StatusOK, out)
}

// ready names the agent's state. A source without a secret is a choice, not a fault.
func (s *Server) ready(ctx context.Context) []service.Dependency {
	deps := []service.Dependency{service.Peer(ctx, s.client, "agent", "AGENT_URL", s.cfg.AgentURL)}
	for _, p := range s.sites {
		d := service.Dependency{Name: strings.TrimPrefix(p.path(), "/webhooks/"), State: "ok", Detail: "configured"}
		if !p.configured() {
			d.Detail = "not configured: " + p.secrets.Name() + " is not set"
		}
		deps = append(deps, d)
	}
	return deps
}

// runView is the public part of a run: whoever has a run's id may see it, so it
// holds no text, target, summary or argument.
type runView struct {
	RunID        string       `json:"run_id"`
	Status       string       `json:"status"`
	ActionsTaken []actionView `json:"actions_taken"`
	Pending      uint32       `json:"pending"`
	Held         uint32       `json:"held"`
	Refused      uint32       `json:"refused"`
	Skipped      uint32       `json:"skipped"`
}

type actionView struct {
	Tool   string `json:"tool"`
	State  string `json:"state"`
	Reason string `json:"reason"`
}

// run handles GET /runs/{id}.
func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
		answer.NoRun(w)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Deadline)
	defer cancel()
	a, err := s.agent.Run(ctx, id)
	switch {
	case err == nil:
		answer.JSON(w, http.StatusOK, viewOf(a))
	case fault.ReasonOf(err) == fault.RunUnknown:
		answer.NoRun(w)
	default:
		s.log.WarnContext(ctx, "run not looked up", "run_id", id, "error", err)
		answer.Refuse(w, forward.Reason(err))
	}
}

func viewOf(a *agentv1.Answer) runView {
	out := runView{
		RunID: a.GetRunId(), Status: a.GetStatus(), ActionsTaken: []actionView{},
		Pending: a.GetPending(), Held: a.GetHeld(), Refused: a.GetRefused(), Skipped: a.GetSkipped(),
	}
	for _, action := range a.GetActionsTaken() {
		out.ActionsTaken = append(out.ActionsTaken, actionView{action.GetTool(), action.GetState(), action.GetReason()})
	}
	return out
}

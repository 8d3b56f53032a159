package doctor_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/doctor"
)

// fake is one service over real HTTP, with a state that tests change.
type fake struct {
	*httptest.Server
	deps  []service.Dependency
	skew  time.Duration
	webhk http.HandlerFunc
	agent agentv1connect.AgentServiceHandler
	token string
}

func (f *fake) addr() string { return strings.TrimPrefix(f.URL, "http://") }

func ready(t *testing.T, name string, needs ...string) *fake {
	t.Helper()
	f := &fake{agent: agentv1connect.UnimplementedAgentServiceHandler{}}
	for _, n := range needs {
		f.deps = append(f.deps, service.Dependency{Name: n, State: "ok"})
	}
	options, err := rpc.HandlerOptions(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(f.skew).UTC().Format(http.TimeFormat))
		if strings.HasPrefix(r.URL.Path, "/webhooks/") {
			f.webhk(w, r)
			return
		}
		path, h := agentv1connect.NewAgentServiceHandler(f.agent, options...)
		service.New(service.Options{
			Log: slog.New(slog.DiscardHandler), Services: []string{name}, Guard: testkit.Guard(t, f.token),
			Mounts: []service.Mount{{Path: path, Handler: h}},
			Ready:  func(context.Context) []service.Dependency { return f.deps },
		}).ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// stack is the four services, whose ingress has the good secret of GitHub.
type stack struct{ ingress, agent, tools, executor *fake }

func start(t *testing.T) stack {
	t.Helper()
	s := stack{ready(t, "ingress", "agent", "github"), ready(t, "agent", "tools", "rules"), ready(t, "tools", "ledger"), ready(t, "executor")}
	s.agent.agent = runs{}
	s.ingress.deps = append(s.ingress.deps, service.Dependency{Name: "jira", State: "ok", Detail: "not configured: JIRA_WEBHOOK_SECRET is not set"})
	s.ingress.webhk = verified("ping")
	return s
}

func (s stack) examine(t *testing.T, changed map[string]string) doctor.Report {
	t.Helper()
	env := settings(map[string]string{
		"WEBHOOK_SERVER_PORT": s.ingress.addr()[strings.LastIndexByte(s.ingress.addr(), ':')+1:],
		"AGENT_LISTEN":        s.agent.addr(), "TOOLS_LISTEN": s.tools.addr(), "EXECUTOR_LISTEN": s.executor.addr(),
		"AGENT_URL": s.agent.URL, "TOOLS_URL": s.tools.URL, "EXECUTOR_ENDPOINT": s.executor.URL,
	})
	maps.Copy(env, changed)
	return examine(t, env, nil, "")
}

// runs is an agent's ledger with at most one run.
type runs struct {
	agentv1connect.UnimplementedAgentServiceHandler
	event *toolsv1.EventHead
}

func (r runs) ListRuns(context.Context, *agentv1.ListRunsRequest) (*agentv1.ListRunsResponse, error) {
	if r.event == nil {
		return &agentv1.ListRunsResponse{}, nil
	}
	return &agentv1.ListRunsResponse{Runs: []*agentv1.RunSummary{{RunId: "6b0c6f5e-0d0f-4f3e-9d43-3a4f4d1f2a10"}}}, nil
}

func (r runs) GetRun(context.Context, *agentv1.GetRunRequest) (*agentv1.GetRunResponse, error) {
	return &agentv1.GetRunResponse{Run: &toolsv1.Run{Event: r.event}}, nil
}

// verified answers as ingress does to a signature, and fails what is not the named event.
func verified(event string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		err := github.Verify([][]byte{[]byte(good)}, r.Header.Get(github.HeaderSignature), body)
		switch {
		case err != nil:
			reply(w, http.StatusUnauthorized, map[string]string{"status": "rejected", "reason": "signature_mismatch"})
		case r.Header.Get(github.HeaderEvent) != event:
			reply(w, http.StatusBadRequest, map[string]string{"status": "rejected", "reason": "event_mismatch"})
		default:
			reply(w, http.StatusOK, map[string]string{"status": "ignored", "run_id": "the-run"})
		}
	}
}

// always answers everything alike.
func always(code int, reason string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		reply(w, code, map[string]string{"status": "rejected", "reason": reason})
	}
}

// signed refuses wrong signatures, and answers right ones with a refusal.
func signed(code int, reason string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if github.Verify([][]byte{[]byte(good)}, r.Header.Get(github.HeaderSignature), body) != nil {
			code, reason := http.StatusUnauthorized, "signature_mismatch"
			reply(w, code, map[string]string{"reason": reason})
			return
		}
		reply(w, code, map[string]string{"reason": reason})
	}
}

func reply(w http.ResponseWriter, code int, v any) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}

func TestRunning(t *testing.T) {
	r := start(t).examine(t, nil)
	if r.Problems != 0 || r.Warnings != 0 {
		t.Errorf("%d problems, %d warnings", r.Problems, r.Warnings)
		show(t, r)
	}
	demand(t, r, doctor.OK, "WEBHOOK_SERVER_PORT", "ingress listens there", "")
	demand(t, r, doctor.OK, "", "this machine and ingress, agent, tools, executor agree", "")
	demand(t, r, doctor.OK, "", "it has no runs yet", "")
	demand(t, r, doctor.OK, "", "agent ok, github ok, jira not configured", "")
	demand(t, r, doctor.OK, "GITHUB_WEBHOOK_SECRET", "a wrong signature is refused, one with GITHUB_WEBHOOK_SECRET answered 200 ignored", "")
	demand(t, r, doctor.OK, "", "it left 1 run in the ledger, without calls, and a refused delivery of each source: the-run", "")
}

func TestBrokenStack(t *testing.T) {
	const problem, warning = doctor.Problem, doctor.Warning
	early := &toolsv1.EventHead{Source: "jira", ReceivedAt: timestamppb.New(time.Unix(1000, 0)), OccurredAt: timestamppb.New(time.Unix(1100, 0))}
	for _, tc := range []struct {
		name            string
		breaks          func(*stack)
		env             map[string]string
		level           doctor.Level
		setting         string
		message, remedy string
	}{
		{"ledger away", func(s *stack) { s.tools.deps[0].State, s.tools.deps[0].Detail = "unavailable", "disk full" }, nil, problem, "", "needs ledger unavailable (disk full)", "log"},
		{"store behind", func(s *stack) {
			s.tools.deps = append(s.tools.deps, service.Dependency{Name: "neo4j", State: "behind", Detail: "12 entries behind", Optional: true})
		}, nil, warning, "NEO4J_URI", "neo4j behind (12 entries behind)", "switchyard memory status"},
		{"rules not loaded", func(s *stack) { s.agent.deps[1].Detail = "3 rules; the file is not loaded: line 4" }, nil, warning, "RULES_FILE", "line 4", "mend the rules file; it is read again by itself"},
		{"policy not loaded", func(s *stack) {
			s.tools.deps = append(s.tools.deps, service.Dependency{Name: "policy", State: "ok", Detail: "1 pair; the file is not loaded: line 2"})
		}, nil, warning, "POLICY_FILE", "line 2", "mend the policy file; it is read again by itself"},
		{"agent away", func(s *stack) { s.agent.Close() }, nil, problem, "AGENT_URL", "agent does not answer at http://", "start agent"},
		{"wrong service", func(s *stack) { s.tools, s.agent = s.agent, s.tools }, nil, problem, "TOOLS_URL", "agent answers there", "correct TOOLS_URL"},
		{"no executor", nil, map[string]string{"EXECUTOR_ENDPOINT": ""}, warning, "EXECUTOR_ENDPOINT", "calls stay queued", "set EXECUTOR_ENDPOINT"},
		{"other token", func(s *stack) { s.agent.token = "another-token-of-the-agent" }, nil, problem, "SERVICE_TOKEN", "does not know this SERVICE_TOKEN", "the same for the services"},
		{"runs can't be listed", func(s *stack) { s.agent.agent = agentv1connect.UnimplementedAgentServiceHandler{} }, nil, problem, "", "can't list runs", "tools"},
		{"clock behind", func(s *stack) { s.ingress.skew = -time.Minute }, nil, problem, "", "ingress's clock is 1m0s behind this machine's", "timedatectl"},
		{"clock ahead", func(s *stack) { s.tools.skew = time.Hour }, nil, problem, "", "tools's clock is 1h0m0s ahead of this machine's", "timedatectl"},
		{"event before its time", func(s *stack) { s.agent.agent = runs{event: early} }, nil, problem, "", "of jira, happened 1m40s after it was received", "timedatectl"},

		{"nothing is checked", func(s *stack) { s.ingress.webhk = always(200, "") }, nil, problem, "GITHUB_WEBHOOK_SECRET", "signatures are not checked", "off the network"},
		{"not allowed from here", func(s *stack) { s.ingress.webhk = always(403, "address_not_allowed") }, nil, warning, "GITHUB_WEBHOOK_SECRET", "403 address_not_allowed", "from an address"},
		{"busy", func(s *stack) { s.ingress.webhk = signed(503, "overloaded") }, nil, warning, "GITHUB_WEBHOOK_SECRET", "503 overloaded", "try again"},
		{"not configured", func(s *stack) { s.ingress.webhk = always(503, "source_not_configured") }, nil, problem, "GITHUB_WEBHOOK_SECRET", "503 source_not_configured", "restart it with GITHUB_WEBHOOK_SECRET"},
		{"another server", func(s *stack) { s.ingress.webhk = always(404, "") }, nil, problem, "GITHUB_WEBHOOK_SECRET", "404", "--url"},
		{"other secret", nil, map[string]string{"GITHUB_WEBHOOK_SECRET": another + "x"}, problem, "GITHUB_WEBHOOK_SECRET", "answered 401 signature_mismatch", "the running ingress has another secret"},
		{"one of two secrets", nil, map[string]string{"GITHUB_WEBHOOK_SECRET": good + "," + another + "x"}, problem, "GITHUB_WEBHOOK_SECRET", "GITHUB_WEBHOOK_SECRET, secret 2 of 2 (in the environment) and answered 401", "another secret"},
		{"agent away behind ingress", func(s *stack) { s.ingress.webhk = signed(503, "unavailable") }, nil, problem, "GITHUB_WEBHOOK_SECRET", "503 unavailable", "SEAL_KEY"},
		{"slow", func(s *stack) { s.ingress.webhk = signed(202, "") }, nil, warning, "GITHUB_WEBHOOK_SECRET", "not decided in time", "slow"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t)
			if tc.breaks != nil {
				tc.breaks(&s)
			}
			r := s.examine(t, tc.env)
			demand(t, r, tc.level, tc.setting, tc.message, tc.remedy)
			if tc.level == problem && r.Problems == 0 || r.Problems+r.Warnings == 0 {
				t.Errorf("not counted: %d problems, %d warnings", r.Problems, r.Warnings)
			}
		})
	}
}

// A certificate that this machine does not believe is told from no answer.
// Beside containers, this machine's ports and files are nobody's.
func TestApart(t *testing.T) {
	s := start(t)
	there := map[string]string{"INGRESS_URL": s.ingress.URL + "/", "WEBHOOK_SERVER_PORT": "", "AGENT_LISTEN": "", "TOOLS_LISTEN": "", "EXECUTOR_LISTEN": ""}
	report := s.examine(t, there)
	if report.Problems > 0 {
		t.Errorf("%+v", report)
	}
	for _, f := range report.Findings {
		if f.Area == "ports" || f.Area == "stores" {
			t.Errorf("examined %+v", f)
		}
	}
	for _, f := range []*fake{s.ingress, s.agent, s.tools, s.executor} {
		f.Close()
	}
	report = s.examine(t, there)
	var away []string
	for _, f := range report.Findings {
		if f.Area == "services" && f.Level == doctor.Problem {
			away = append(away, f.Setting)
		}
	}
	if got := strings.Join(away, " "); got != "INGRESS_URL AGENT_URL TOOLS_URL EXECUTOR_ENDPOINT" {
		t.Errorf("away: %s", got)
	}
}

func TestCertificate(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	addr := srv.Listener.Addr().String()
	port := addr[strings.LastIndexByte(addr, ':')+1:]
	r := examine(t, settings(map[string]string{"WEBHOOK_SERVER_PORT": port, "WEBHOOK_TLS_CERT_FILE": "c", "WEBHOOK_TLS_KEY_FILE": "k"}), nil, srv.URL)
	demand(t, r, doctor.Problem, "WEBHOOK_SERVER_PORT", "certificate", "the name that the certificate is for")
	demand(t, r, doctor.OK, "WEBHOOK_SERVER_PORT", "has a certificate for another name", "")
	demand(t, r, doctor.Problem, "WEBHOOK_TLS_CERT_FILE", "c: ", "")
}

// A further site has a path and a secret of its own.
func TestInstance(t *testing.T) {
	s := start(t)
	paths := map[string]bool{}
	next := s.ingress.webhk
	s.ingress.webhk = func(w http.ResponseWriter, r *http.Request) {
		paths[r.URL.Path] = true
		next(w, r)
	}
	r := s.examine(t, map[string]string{"WEBHOOK_INSTANCES": "github@ghe=ghe.example.com", "GITHUB_GHE_WEBHOOK_SECRET": another + "yet"})
	if !paths["/webhooks/github"] || !paths["/webhooks/github/ghe"] {
		t.Errorf("sent to %v", paths)
	}
	demand(t, r, doctor.Problem, "GITHUB_GHE_WEBHOOK_SECRET", "GitHub@ghe: signed with GITHUB_GHE_WEBHOOK_SECRET", "another secret")
}

// Of another machine's ingress only what it shows is judged: not this
// machine's ports, stores and services.
func TestRemote(t *testing.T) {
	s := start(t)
	proxy := &http.Client{Transport: rewrite{s.ingress.addr()}}
	t.Chdir(t.TempDir())
	r := doctor.Examine(t.Context(), doctor.Options{
		Data: ".switchyard", Lookup: func(name string) (string, bool) { return good, name == "GITHUB_WEBHOOK_SECRET" },
		URL: "http://hooks.example.com", Send: true, Client: proxy, Now: time.Now, Random: strings.NewReader(strings.Repeat("0123456789abcdef", 9)),
	})
	if r.Problems != 0 || r.Warnings != 0 {
		t.Errorf("%d problems, %d warnings", r.Problems, r.Warnings)
		show(t, r)
	}
	demand(t, r, doctor.OK, "JIRA_WEBHOOK_SECRET", "nothing is sent as Jira", "")
	demand(t, r, doctor.OK, "", "ingress answers at http://hooks.example.com", "")
	for _, f := range r.Findings {
		if f.Area == "ports" || f.Area == "stores" {
			t.Errorf("examined: %+v", f)
		}
	}
}

// rewrite sends all requests to one address.
type rewrite struct{ addr string }

func (r rewrite) RoundTrip(req *http.Request) (*http.Response, error) {
	req.URL.Host = r.addr
	return http.DefaultTransport.RoundTrip(req)
}

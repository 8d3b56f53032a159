package agent_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/services/agent"
)

const (
	token = "test-service-token"
	runID = "3f0f2bb5-6f4e-4a52-9f6b-0d6b7f0d7a11"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func configured(t *testing.T, toolsURL string) agent.Config {
	t.Helper()
	var cfg agent.Config
	settings := map[string]string{"TOOLS_URL": toolsURL, "SERVICE_TOKEN": token}
	if err := config.Parse(&cfg, "agent", "", nil, func(name string) (string, bool) { v, ok := settings[name]; return v, ok }); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// start runs an agent until the test ends, and returns its address.
func start(t *testing.T, cfg agent.Config) string {
	t.Helper()
	svc, err := agent.New(cfg, discard(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- svc.Run(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return "http://" + ln.Addr().String()
}

func client(t *testing.T, url string) agentv1connect.AgentServiceClient {
	t.Helper()
	opts, err := rpc.ClientOptions(token)
	if err != nil {
		t.Fatal(err)
	}
	return agentv1connect.NewAgentServiceClient(rpc.NewHTTPClient(), url, opts...)
}

func merged() *eventv1.WebhookEvent {
	return &eventv1.WebhookEvent{
		Id: "5c6f7a10-0000-5000-8000-000000000001", Source: "github", Kind: "change.merged", Type: "pull_request", Action: "closed",
		Ref: "github:pr:acme/api#42", Place: "github:repo:acme/api", Visibility: "private", Occurrence: "9f8e7d",
		Fields: &structpb.Struct{Fields: map[string]*structpb.Value{"base": structpb.NewStringValue("main")}},
		Text:   &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Value: "ACME-7"}}},
	}
}

func sealed(t *testing.T) *eventv1.SealedEvent {
	t.Helper()
	b, err := proto.Marshal(merged())
	if err != nil {
		t.Fatal(err)
	}
	return &eventv1.SealedEvent{Event: b, Authn: "signature", Mac: make([]byte, 32)}
}

func TestHandleEvent(t *testing.T) {
	s, url := newTools(t)
	c := client(t, start(t, configured(t, url)))
	for _, replayed := range []bool{false, true} {
		resp, err := c.HandleEvent(t.Context(), &agentv1.HandleEventRequest{Input: &agentv1.HandleEventRequest_Sealed{Sealed: sealed(t)}})
		if err != nil {
			t.Fatal(err)
		}
		want := &agentv1.Answer{
			RunId: runID, EventId: "5c6f7a10-0000-5000-8000-000000000001", Status: "success",
			Summary: "Pull request acme/api#42 was merged: 2 actions as a dry run.",
			Class:   "change.merged", DecidedBy: "metadata",
			ActionsTaken: []*agentv1.Action{
				{Tool: "records.upsert", Store: "sqlite", State: "done"},
				{Tool: "jira.add_comment", Target: "jira:issue:ACME-7", State: "dry_run", Reason: "no_token", Rule: "merged-change", Step: "comment"},
				{Tool: "jira.transition", Target: "jira:issue:ACME-7", State: "dry_run", Reason: "no_token", Rule: "merged-change", Step: "transition"},
			},
			Replayed: replayed, Url: "/runs/" + runID,
		}
		if got := resp.GetAnswer(); !proto.Equal(got, want) {
			t.Errorf("answer %s\nwant %s", protojson.Format(got), protojson.Format(want))
		}
	}
	plans := s.plans()
	if len(plans) != 1 {
		t.Fatalf("%d plans, want 1", len(plans))
	}
	if got := plans[0].GetCalls()[0].GetArguments()["body"].GetText(); got != "Merged into main: github:pr:acme/api#42 (9f8e7d)" {
		t.Errorf("comment %q", got)
	}
}

func TestHandleEventAnswersBeforeItsDeadline(t *testing.T) {
	s, url := newTools(t)
	release := make(chan struct{})
	s.execute = func(context.Context) error { <-release; return nil }
	c := client(t, start(t, configured(t, url)))
	ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
	defer cancel()
	resp, err := c.HandleEvent(ctx, &agentv1.HandleEventRequest{Input: &agentv1.HandleEventRequest_Sealed{Sealed: sealed(t)}})
	close(release)
	if err != nil || resp.GetAnswer().GetStatus() != "processing" || resp.GetAnswer().GetUrl() != "/runs/"+runID {
		t.Errorf("answer %v, error %v", resp, err)
	}
}

func TestHandleEventFaults(t *testing.T) {
	forged := sealed(t)
	forged.Mac = []byte(strings.Repeat("x", 32))
	_, url := newTools(t)
	there, away := start(t, configured(t, url)), start(t, configured(t, "http://127.0.0.1:1"))
	tests := []struct {
		name, agent string
		req         *agentv1.HandleEventRequest
		code        connect.Code
		reason      fault.Reason
	}{
		{"forged", there, &agentv1.HandleEventRequest{Input: &agentv1.HandleEventRequest_Sealed{Sealed: forged}}, connect.CodePermissionDenied, fault.SealInvalid},
		{"tools is away", away, &agentv1.HandleEventRequest{Input: &agentv1.HandleEventRequest_Sealed{Sealed: sealed(t)}}, connect.CodeUnavailable, fault.Unavailable},
		{"no event", there, &agentv1.HandleEventRequest{}, connect.CodeInvalidArgument, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client(t, tt.agent).HandleEvent(t.Context(), tt.req)
			if connect.CodeOf(err) != tt.code || fault.ReasonOf(err) != tt.reason {
				t.Errorf("error %v", err)
			}
			if tt.agent == away && !strings.Contains(fault.Detail(err), "TOOLS_URL=http://127.0.0.1:1 ") {
				t.Errorf("the error does not name TOOLS_URL: %v", err)
			}
		})
	}
}

func TestPlanEvent(t *testing.T) {
	s, url := newTools(t)
	c := client(t, start(t, configured(t, url)))
	resp, err := c.PlanEvent(t.Context(), &agentv1.PlanEventRequest{Input: &agentv1.PlanEventRequest_Unsealed{Unsealed: merged()}})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.GetPlan().GetCalls()) != 2 || len(resp.GetCalls()) != 2 || len(resp.GetLinks()) != 1 {
		t.Errorf("plan %s", protojson.Format(resp))
	}
	if len(s.runs) > 0 || len(s.plans()) > 0 {
		t.Error("a preview left something behind")
	}
}

func TestGetRun(t *testing.T) {
	s, url := newTools(t)
	s.runs["x"] = s.open(merged())
	c := client(t, start(t, configured(t, url)))
	resp, err := c.GetRun(t.Context(), &agentv1.GetRunRequest{RunId: runID})
	if err != nil || resp.GetAnswer().GetStatus() != "processing" || resp.GetRun().GetRunId() != runID {
		t.Errorf("run %v, error %v", resp, err)
	}
	_, err = c.GetRun(t.Context(), &agentv1.GetRunRequest{RunId: "00000000-0000-4000-8000-000000000000"})
	if connect.CodeOf(err) != connect.CodeNotFound || fault.ReasonOf(err) != fault.RunUnknown {
		t.Errorf("error %v", err)
	}
}

func TestListRuns(t *testing.T) {
	_, url := newTools(t)
	c := client(t, start(t, configured(t, url)))
	resp, err := c.ListRuns(t.Context(), &agentv1.ListRunsRequest{PageSize: 7, Source: "github", CallState: "held"})
	if err != nil || len(resp.GetRuns()) != 1 || resp.GetRuns()[0].GetKind() != "change.merged" || resp.GetNextPageToken() != "next" {
		t.Errorf("runs %v, error %v", resp, err)
	}
	_, err = c.ListRuns(t.Context(), &agentv1.ListRunsRequest{PageToken: "?"})
	if connect.CodeOf(err) != connect.CodeInvalidArgument || !strings.Contains(err.Error(), "no such page") {
		t.Errorf("error %v", err)
	}
}

func TestDeliveriesArePassedOn(t *testing.T) {
	s, url := newTools(t)
	c := client(t, start(t, configured(t, url)))
	told := &agentv1.ReportDeliveriesRequest{
		Deliveries: []*toolsv1.DeliveryRecord{{Id: runID, Source: "github", Code: 401, Status: "rejected", Reason: "signature_missing"}},
		Dropped:    map[string]uint64{"github": 3},
		Reporter:   runID,
	}
	if _, err := c.ReportDeliveries(t.Context(), told); err != nil {
		t.Fatal(err)
	}
	if got := s.deliveries[0]; got.GetReporter() != runID || got.GetDropped()["github"] != 3 || !proto.Equal(got.GetDeliveries()[0], told.GetDeliveries()[0]) {
		t.Errorf("tools was told %v", got)
	}
	list, err := c.ListDeliveries(t.Context(), &agentv1.ListDeliveriesRequest{PageSize: 7, PageToken: "8", Source: "github", Answer: "401"})
	if err != nil || len(list.GetDeliveries()) != 1 || list.GetNextPageToken() != "next" || list.GetDropped()["github"] != 3 {
		t.Errorf("list %v, error %v", list, err)
	}
	one, err := c.GetDelivery(t.Context(), &agentv1.GetDeliveryRequest{Id: runID[:8]})
	if err != nil || one.GetDelivery().GetId() != runID {
		t.Errorf("delivery %v, error %v", one, err)
	}
	if _, err = c.GetDelivery(t.Context(), &agentv1.GetDeliveryRequest{Id: "ffff"}); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("error %v, want not_found", err)
	}
	told.Deliveries[0].Id = "no id"
	if _, err = c.ReportDeliveries(t.Context(), told); connect.CodeOf(err) != connect.CodeInvalidArgument || len(s.deliveries) != 1 {
		t.Errorf("error %v, want invalid_argument from the agent itself", err)
	}
}

func TestWatchRuns(t *testing.T) {
	s, url := newTools(t)
	c := client(t, start(t, configured(t, url)))
	stream, err := c.WatchRuns(t.Context(), &agentv1.WatchRunsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	go func() { s.watched <- s.open(merged()) }()
	if !stream.Receive() {
		t.Fatalf("stream ended: %v", stream.Err())
	}
	if got := stream.Msg().GetRun(); got.GetRunId() != runID || got.GetStatus() != "processing" {
		t.Errorf("run %s", protojson.Format(got))
	}
}

func TestWatchRunsEndsWithTheService(t *testing.T) {
	_, url := newTools(t)
	svc, err := agent.New(configured(t, url), discard(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- svc.Run(ctx, ln) }()
	stream, err := client(t, "http://"+ln.Addr().String()).WatchRuns(t.Context(), &agentv1.WatchRunsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if stream.Receive() || stream.Err() != nil {
		t.Errorf("the stream ended with %v", stream.Err())
	}
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestCallsAreRetriedAndDecided(t *testing.T) {
	_, url := newTools(t)
	c := client(t, start(t, configured(t, url)))
	retried, err := c.RetryCall(t.Context(), &agentv1.RetryCallRequest{RunId: runID, CallId: "c1", Force: true, By: "ana"})
	if err != nil || retried.GetAnswer().GetActionsTaken()[0].GetReason() != "c1 true ana" {
		t.Errorf("answer %v, error %v", retried, err)
	}
	call := "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f"
	decided, err := c.DecideCall(t.Context(), &agentv1.DecideCallRequest{RunId: runID, CallId: call, Approve: true, By: "ana", Why: "yes", Digest: "d"})
	if err != nil || decided.GetAnswer().GetActionsTaken()[0].GetReason() != call+" true ana yes d" {
		t.Errorf("answer %v, error %v", decided, err)
	}
	_, err = c.RetryCall(t.Context(), &agentv1.RetryCallRequest{RunId: runID, CallId: "done"})
	if connect.CodeOf(err) != connect.CodeFailedPrecondition || !strings.Contains(err.Error(), "nothing is to be tried again") {
		t.Errorf("what tools refused: %v", err)
	}
}

func TestRunTakesOverRunsLeftBehind(t *testing.T) {
	s, url := newTools(t)
	s.claims = []*toolsv1.ClaimedRun{{Run: s.open(merged()), Event: merged(), Links: s.open(merged()).GetLinks()}}
	executed := make(chan struct{})
	s.execute = func(context.Context) error { close(executed); return nil }
	start(t, configured(t, url))
	<-executed
}

func TestReadyz(t *testing.T) {
	_, url := newTools(t)
	check := agent.CheckRules(agent.DefaultRules())
	builtIn := fmt.Sprintf("%d rules, %s", check.Rules, check.Hash)
	tests := []struct {
		name, tools string
		code        int
		want        []string
	}{
		{"ready", url, http.StatusOK, []string{`"status":"ok"`, `"name":"tools","state":"ok"`, `"name":"rules","state":"ok","detail":"` + builtIn}},
		{"tools is away", "http://127.0.0.1:1", http.StatusServiceUnavailable, []string{`"name":"tools","state":"unreachable"`, `"name":"rules","state":"ok"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			svc, err := agent.New(configured(t, tt.tools), discard(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			code, body := get(t, svc.Handler(), "/readyz")
			if code != tt.code {
				t.Errorf("code %d, want %d", code, tt.code)
			}
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("body %s lacks %s", body, want)
				}
			}
		})
	}
}

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*agent.Config)
		want   string
	}{
		{"a URL without a scheme", func(c *agent.Config) { c.ToolsURL = "tools:8002" }, "TOOLS_URL=tools:8002"},
		{"no work at all", func(c *agent.Config) { c.MaxInFlight = 0 }, "AGENT_MAX_IN_FLIGHT=0"},
		{"no such file", func(c *agent.Config) { c.RulesFile = "testdata/none.yaml" }, "RULES_FILE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := configured(t, "http://127.0.0.1:8002")
			tt.change(&cfg)
			if _, err := agent.New(cfg, discard(), time.Now); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

package ingress_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

const (
	runID = "6b0c6f5e-0d0f-4f3e-9d43-3a4f4d1f2a10"
	token = "the token between services"
	key   = "the key that seals events"
)

// agent is a fake AgentService over real HTTP. It checks each seal.
type agent struct {
	agentv1connect.UnimplementedAgentServiceHandler
	t   testing.TB
	url string

	mu     sync.Mutex
	handle func(ctx context.Context) (*agentv1.Answer, error)
	seen   []delivered
	told   []*toolsv1.DeliveryRecord
	// Totals of what was counted and not told.
	dropped map[string]uint64
}

type delivered struct {
	event    *eventv1.WebhookEvent
	delivery *eventv1.Delivery
	body     []byte
	authn    string
}

func startAgent(t testing.TB) *agent {
	t.Helper()
	a := &agent{t: t}
	a.answer(&agentv1.Answer{RunId: runID, EventId: "e", Status: "success", Summary: "did it", Url: "/runs/" + runID})
	options, err := rpc.HandlerOptions(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	path, handler := agentv1connect.NewAgentServiceHandler(a, options...)
	srv := httptest.NewServer(service.New(service.Options{
		Log: slog.New(slog.DiscardHandler), Guard: testkit.Guard(t, token),
		Mounts: []service.Mount{{Path: path, Handler: handler}},
		Ready:  func(context.Context) []service.Dependency { return nil },
	}))
	t.Cleanup(srv.Close)
	a.url = srv.URL
	return a
}

// answer and fail set what the next deliveries get.
func (a *agent) answer(answer *agentv1.Answer) {
	a.do(func(context.Context) (*agentv1.Answer, error) { return proto.CloneOf(answer), nil })
}

func (a *agent) fail(err error) {
	a.do(func(context.Context) (*agentv1.Answer, error) { return nil, err })
}

func (a *agent) do(handle func(context.Context) (*agentv1.Answer, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.handle = handle
}

func (a *agent) deliveries() []delivered {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

func (a *agent) HandleEvent(ctx context.Context, req *agentv1.HandleEventRequest) (*agentv1.HandleEventResponse, error) {
	sealed := req.GetSealed()
	keys, err := seal.ParseKeys(key)
	if err != nil {
		return nil, err
	}
	if err := keys.Verify(sealed); err != nil {
		a.t.Errorf("the seal: %v", err)
	}
	var e eventv1.WebhookEvent
	if err := proto.Unmarshal(sealed.GetEvent(), &e); err != nil {
		a.t.Error(err)
	}
	body, err := s2.Decode(nil, sealed.GetBody())
	if err != nil {
		a.t.Error(err)
	}
	a.mu.Lock()
	a.seen = append(a.seen, delivered{&e, req.GetDelivery(), body, sealed.GetAuthn()})
	handle := a.handle
	a.mu.Unlock()
	answer, err := handle(ctx)
	if err != nil {
		return nil, err
	}
	return &agentv1.HandleEventResponse{Answer: answer}, nil
}

func (a *agent) ReportDeliveries(_ context.Context, req *agentv1.ReportDeliveriesRequest) (*agentv1.ReportDeliveriesResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told, a.dropped = append(a.told, req.GetDeliveries()...), req.GetDropped()
	return &agentv1.ReportDeliveriesResponse{}, nil
}

func (a *agent) GetRun(_ context.Context, req *agentv1.GetRunRequest) (*agentv1.GetRunResponse, error) {
	if req.GetRunId() != runID {
		return nil, fault.New(fault.RunUnknown, "no run %s", req.GetRunId())
	}
	return &agentv1.GetRunResponse{Answer: &agentv1.Answer{
		RunId: runID, Status: "partial_success", Summary: "SECRET summary", Refused: 1,
		ActionsTaken: []*agentv1.Action{
			{Tool: "records.upsert", Store: "sqlite", State: "done"},
			{Tool: "jira.add_comment", Target: "jira:issue:SECRET-1", State: "refused", Reason: "target", Url: "https://secret.example.com"},
		},
		NotActedOn: []*agentv1.Unused{{Ref: "jira:issue:SECRET-2", Reason: "no_pair"}},
	}}, nil
}

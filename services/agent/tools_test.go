package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/authn"
	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
)

// tools is a RunService that remembers runs by what their event is called.
type tools struct {
	toolsv1connect.UnimplementedRunServiceHandler

	t *testing.T

	mu      sync.Mutex
	runs    map[string]*toolsv1.Run
	planned []*toolsv1.Plan
	claims  []*toolsv1.ClaimedRun
	// What was reported, in order.
	deliveries []*toolsv1.RecordDeliveriesRequest
	// execute answers instead of carrying plans out, if set.
	execute func(context.Context) error
	watched chan *toolsv1.Run
}

func (s *tools) open(event *eventv1.WebhookEvent) *toolsv1.Run {
	return &toolsv1.Run{
		RunId: runID, EventId: event.GetId(),
		Event:  &toolsv1.EventHead{Source: event.GetSource(), Kind: event.GetKind(), Ref: event.GetRef()},
		Links:  []*toolsv1.Link{{Kind: "issue", Ref: "jira:issue:ACME-7", Where: "title", Target: true}},
		Writes: []*toolsv1.MemoryWrite{{Tool: "records.upsert", Store: "sqlite", State: "done"}},
	}
}

func carryOut(run *toolsv1.Run, plan *toolsv1.Plan) {
	run.Plan = plan
	for _, c := range plan.GetCalls() {
		run.Calls = append(run.Calls, &toolsv1.Call{Rule: c.GetRule(), Step: c.GetStep(), Tool: c.GetTool(), Target: "jira:issue:ACME-7", State: "dry_run", Reason: "no_token"})
	}
}

func (s *tools) RetryCall(_ context.Context, req *toolsv1.RetryCallRequest) (*toolsv1.RetryCallResponse, error) {
	if req.GetCallId() == "done" {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("nothing is to be tried again"))
	}
	return &toolsv1.RetryCallResponse{Run: said(req.GetCallId(), req.GetForce(), req.GetBy())}, nil
}

func (s *tools) DecideCall(_ context.Context, req *toolsv1.DecideCallRequest) (*toolsv1.DecideCallResponse, error) {
	return &toolsv1.DecideCallResponse{Run: said(req.GetCallId(), req.GetApprove(), req.GetBy(), req.GetWhy(), req.GetDigest())}, nil
}

// said is a run that tells what was asked for.
func said(asked ...any) *toolsv1.Run {
	reason := strings.TrimSuffix(fmt.Sprintln(asked...), "\n")
	return &toolsv1.Run{RunId: runID, Plan: &toolsv1.Plan{}, Calls: []*toolsv1.Call{{Tool: "jira.transition", State: "queued", Reason: reason}}}
}

func (s *tools) OpenRun(_ context.Context, req *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) {
	if string(req.GetSealed().GetMac()) == strings.Repeat("x", 32) {
		return nil, fault.New(fault.SealInvalid, "forged")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(req.GetSealed().GetEvent())
	if known, ok := s.runs[key]; ok {
		return &toolsv1.OpenRunResponse{Run: known, Links: known.GetLinks()}, nil
	}
	event := req.GetUnsealed()
	if event == nil {
		event = &eventv1.WebhookEvent{}
		if err := proto.Unmarshal(req.GetSealed().GetEvent(), event); err != nil {
			return nil, err
		}
	}
	run := s.open(event)
	s.runs[key] = run
	return &toolsv1.OpenRunResponse{Run: run, Links: run.GetLinks(), Created: true, Leased: true}, nil
}

func (s *tools) ExecuteRun(ctx context.Context, req *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
	if s.execute != nil {
		if err := s.execute(ctx); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.planned = append(s.planned, req.GetPlan())
	for _, run := range s.runs {
		if run.GetRunId() == req.GetRunId() {
			carryOut(run, req.GetPlan())
			return &toolsv1.ExecuteRunResponse{Run: run}, nil
		}
	}
	return &toolsv1.ExecuteRunResponse{Run: &toolsv1.Run{RunId: req.GetRunId(), Plan: req.GetPlan()}}, nil
}

func (s *tools) PreviewRun(_ context.Context, req *toolsv1.PreviewRunRequest) (*toolsv1.PreviewRunResponse, error) {
	run := s.open(req.GetUnsealed())
	carryOut(run, req.GetPlan())
	return &toolsv1.PreviewRunResponse{Run: run, Links: run.GetLinks()}, nil
}

func (s *tools) ClaimRuns(context.Context, *toolsv1.ClaimRunsRequest) (*toolsv1.ClaimRunsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	claims := s.claims
	s.claims = nil
	return &toolsv1.ClaimRunsResponse{Runs: claims}, nil
}

func (s *tools) GetRun(_ context.Context, req *toolsv1.GetRunRequest) (*toolsv1.GetRunResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range s.runs {
		if run.GetRunId() == req.GetRunId() {
			return &toolsv1.GetRunResponse{Run: run}, nil
		}
	}
	return nil, fault.New(fault.RunUnknown, "no run has this id")
}

func (s *tools) ListRuns(_ context.Context, req *toolsv1.ListRunsRequest) (*toolsv1.ListRunsResponse, error) {
	if req.GetPageToken() != "" {
		return nil, connect.NewError(connect.CodeInvalidArgument, errors.New("no such page"))
	}
	if req.GetPageSize() != 7 || req.GetSource() != "github" || req.GetCallState() != "held" {
		s.t.Errorf("ListRuns got %s", protojson.Format(req))
	}
	return &toolsv1.ListRunsResponse{Runs: []*toolsv1.Run{s.open(merged())}, NextPageToken: "next"}, nil
}

func (s *tools) RecordDeliveries(_ context.Context, req *toolsv1.RecordDeliveriesRequest) (*toolsv1.RecordDeliveriesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, req)
	return &toolsv1.RecordDeliveriesResponse{}, nil
}

func (s *tools) GetDelivery(_ context.Context, req *toolsv1.GetDeliveryRequest) (*toolsv1.GetDeliveryResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.deliveries[0].GetDeliveries() {
		if strings.HasPrefix(d.GetId(), req.GetId()) {
			return &toolsv1.GetDeliveryResponse{Delivery: d}, nil
		}
	}
	return nil, connect.NewError(connect.CodeNotFound, errors.New("no delivery has this id"))
}

func (s *tools) ListDeliveries(_ context.Context, req *toolsv1.ListDeliveriesRequest) (*toolsv1.ListDeliveriesResponse, error) {
	if req.GetPageSize() != 7 || req.GetPageToken() != "8" || req.GetSource() != "github" || req.GetAnswer() != "401" {
		s.t.Errorf("ListDeliveries got %s", protojson.Format(req))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.deliveries[0]
	return &toolsv1.ListDeliveriesResponse{Deliveries: told.GetDeliveries(), NextPageToken: "next", Dropped: told.GetDropped()}, nil
}

func (s *tools) WatchRuns(ctx context.Context, _ *toolsv1.WatchRunsRequest, out *connect.ServerStream[toolsv1.WatchRunsResponse]) error {
	for {
		select {
		case run := <-s.watched:
			if err := out.Send(&toolsv1.WatchRunsResponse{Run: run}); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *tools) plans() []*toolsv1.Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.planned
}

func newTools(t *testing.T) (*tools, string) {
	t.Helper()
	s := &tools{t: t, runs: map[string]*toolsv1.Run{}, watched: make(chan *toolsv1.Run)}
	opts, err := rpc.HandlerOptions(discard())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	path, h := toolsv1connect.NewRunServiceHandler(s, opts...)
	mux.Handle(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got, _ := authn.BearerToken(r); got != token {
			http.Error(w, "token", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	}))
	mux.HandleFunc("/livez", func(http.ResponseWriter, *http.Request) {})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return s, srv.URL
}

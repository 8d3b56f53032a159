package run_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
	"github.com/switchyard-dev/switchyard/services/agent/internal/run"
)

const rules = `
rules:
  - name: done
    on: {source: github, kind: change.merged}
    do: [{step: move, tool: jira.transition, with: {target: "link.issue[*]", status: Done}}]
  - name: triage
    on: {source: github, kind: issue.created}
    classify: {classes: [bug, feature], default: feature}
    do: [{step: move, for: [bug], tool: jira.transition, with: {target: "link.issue[*]", status: Triage}}]
`

// ledger answers as its functions do, and keeps what it was asked.
type ledger struct {
	open    func(context.Context, *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error)
	execute func(context.Context, *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error)
	preview func(*toolsv1.PreviewRunRequest) (*toolsv1.PreviewRunResponse, error)
	claim   func(*toolsv1.ClaimRunsRequest) (*toolsv1.ClaimRunsResponse, error)

	mu       sync.Mutex
	executed []*toolsv1.ExecuteRunRequest
	limits   []uint32
}

func (l *ledger) OpenRun(ctx context.Context, req *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) {
	return l.open(ctx, req)
}

func (l *ledger) ExecuteRun(ctx context.Context, req *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
	l.mu.Lock()
	l.executed = append(l.executed, req)
	l.mu.Unlock()
	return l.execute(ctx, req)
}

func (l *ledger) PreviewRun(_ context.Context, req *toolsv1.PreviewRunRequest) (*toolsv1.PreviewRunResponse, error) {
	return l.preview(req)
}

func (l *ledger) ClaimRuns(_ context.Context, req *toolsv1.ClaimRunsRequest) (*toolsv1.ClaimRunsResponse, error) {
	l.mu.Lock()
	l.limits = append(l.limits, req.GetLimit())
	l.mu.Unlock()
	return l.claim(req)
}

func (l *ledger) claims() []uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limits
}

func (l *ledger) executions() []*toolsv1.ExecuteRunRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.executed
}

const runID = "3f0f2bb5-6f4e-4a52-9f6b-0d6b7f0d7a11"

func fresh() *toolsv1.Run {
	return &toolsv1.Run{RunId: runID, Links: issues(), Writes: []*toolsv1.MemoryWrite{{Tool: "facts.record", Store: "sqlite", State: "done"}}}
}

func issues() []*toolsv1.Link {
	return []*toolsv1.Link{{Kind: "issue", Ref: "jira:issue:ACME-7", Target: true}}
}

// executed returns the run as it is with the plan carried out.
func executed(plan *toolsv1.Plan, state string) *toolsv1.Run {
	r := fresh()
	r.Plan = plan
	for _, c := range plan.GetCalls() {
		r.Calls = append(r.Calls, &toolsv1.Call{Rule: c.GetRule(), Step: c.GetStep(), Tool: c.GetTool(), Target: "jira:issue:ACME-7", State: state})
	}
	return r
}

// created is a ledger to which every event is new and every call succeeds.
func created() *ledger {
	return &ledger{
		open: func(context.Context, *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) {
			return &toolsv1.OpenRunResponse{Run: fresh(), Links: issues(), Created: true, Leased: true}, nil
		},
		execute: func(_ context.Context, req *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
			return &toolsv1.ExecuteRunResponse{Run: executed(req.GetPlan(), "done")}, nil
		},
	}
}

func event() *eventv1.WebhookEvent {
	return &eventv1.WebhookEvent{Source: "github", Kind: "change.merged", Ref: "github:pr:acme/api#42"}
}

func sealed(t *testing.T) *agentv1.HandleEventRequest {
	t.Helper()
	b, err := proto.Marshal(event())
	if err != nil {
		t.Fatal(err)
	}
	return &agentv1.HandleEventRequest{
		Input:    &agentv1.HandleEventRequest_Sealed{Sealed: &eventv1.SealedEvent{Event: b, Authn: "signature", Mac: make([]byte, 32)}},
		Delivery: &eventv1.Delivery{DeliveryId: "d1"},
	}
}

func runner(t *testing.T, l *ledger, maxInFlight int) (*run.Runner, *bytes.Buffer) {
	t.Helper()
	set, err := rule.Parse([]byte(rules), registry.Tools())
	if err != nil {
		t.Fatal(err)
	}
	logged := &bytes.Buffer{}
	return run.New(l, func() *rule.Set { return set }, maxInFlight, slog.New(slog.NewTextHandler(logged, nil))), logged
}

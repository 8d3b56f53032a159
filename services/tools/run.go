package tools

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/memory"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// inlineSpare is what inline effects leave of the caller's deadline: none starts later.
const inlineSpare = time.Second

// runs implements RunService.
type runs struct {
	toolsv1connect.UnimplementedRunServiceHandler

	ledger ledger.Ledger
	memory *memory.Memory
	keys   seal.Keys
	// The policy of now: it may be another at the next look.
	policy func() *policy.Policy
	tools  []*toolsv1.Tool
	calls  *call.Performer
	owner  ledger.Owner
	newID  func() string
	now    func() time.Time
	log    *slog.Logger
}

// ExecuteRun implements RunService.
func (r *runs) ExecuteRun(ctx context.Context, req *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error) {
	id := ledger.RunID(req.GetRunId())
	if req.GetPlan() == nil {
		return r.restart(ctx, id)
	}
	stored, err := r.ledger.Run(ctx, id)
	if err != nil {
		return nil, unavailable(err)
	}
	until := r.inlineUntil(ctx)
	decisions, err := r.decide(ctx, stored.Event, stored.Run, req.GetPlan())
	if err != nil {
		return nil, err
	}
	faultpoint.Reached("execute.before_commit")
	pinned, err := r.ledger.Pin(ctx, ledger.Pinning{
		Run:   id,
		Authn: stored.Run.GetAuthn(),
		Plan:  req.GetPlan(),
		Calls: r.intents(stored.Event, decisions, until),
		Delta: memoryWrites(stored.Event, decisions),
	})
	if err != nil {
		return nil, unavailable(err)
	}
	faultpoint.Reached("execute.after_commit")
	if !pinned.Accepted {
		resp := &toolsv1.ExecuteRunResponse{Run: r.memory.Show(ctx, pinned.Stored)}
		if !pinned.Same {
			resp.PlanRejected = "plan_fixed"
		}
		return resp, nil
	}
	if len(pinned.Leased) == 0 {
		return &toolsv1.ExecuteRunResponse{Run: r.memory.Show(ctx, pinned.Stored)}, nil
	}
	done, err := r.calls.Perform(ctx, id, pinned.Leased, until)
	if err == nil {
		done, err = r.calls.Follow(ctx, r.owner, done, until)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return &toolsv1.ExecuteRunResponse{Run: r.memory.Show(ctx, done)}, nil
}

// inlineUntil is when the last effect of this request may start.
func (r *runs) inlineUntil(ctx context.Context) time.Time {
	until := r.now().Add(call.AttemptTime)
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-inlineSpare).Before(until) {
		return deadline.Add(-inlineSpare)
	}
	return until
}

func (r *runs) decide(ctx context.Context, e *eventv1.WebhookEvent, run *toolsv1.Run, plan *toolsv1.Plan) ([]policy.Decision, error) {
	var told map[string]string
	var own string
	if len(plan.GetCalls()) > 0 {
		var err error
		if own, err = r.own(ctx, e); err != nil {
			return nil, unavailable(err)
		}
		if told, err = r.told(ctx, e, run.GetLinks(), policy.Chosen(plan, r.tools)); err != nil {
			return nil, unavailable(err)
		}
	}
	decisions, err := r.policy().Decide(policy.Case{
		Event: e, Authn: run.GetAuthn(), Links: run.GetLinks(), Told: told, Plan: plan, Tools: r.tools,
		Own: own, Results: results(run),
	})
	if bad, ok := errors.AsType[*policy.PlanError](err); ok {
		return nil, fault.New(fault.PlanInvalid, "%s", bad.Detail)
	}
	for i, d := range decisions {
		if run.GetAuthn() == ledger.Operator && d.Class == "memory" && d.State == "done" {
			decisions[i].State, decisions[i].Reason = "dry_run", "operator_event"
		}
	}
	return decisions, err
}

// intents turns decisions into what the ledger writes before anything happens.
func (r *runs) intents(e *eventv1.WebhookEvent, decisions []policy.Decision, until time.Time) []ledger.Call {
	now := r.now()
	calls := make([]ledger.Call, 0, len(decisions))
	for i, d := range decisions {
		c := ledger.Call{
			Shown:      shown(e, d),
			EventID:    e.GetId(),
			Mode:       d.Mode,
			Occurrence: e.GetOccurrence(),
			Version:    e.GetOccurredAt().AsTime(),
			ValidUntil: now.Add(call.ValidFor),
			Actor:      project.Person(project.Origin(e), e.GetActor()),
			Place:      e.GetPlace(),
			Budgets:    budgets(d),
		}
		c.Payload = payload(d)
		if d.State == "held" {
			c.Shown.Request = c.Payload
		}
		c.Sets = setBy(d)
		switch {
		case waits(d), d.State == "refused" && d.Class != "memory": // That may wait once it is tried again.
			c.Needs = needs(e.GetId(), decisions, i)
		case invoked(d):
			r.lease(&c, now, until)
		}
		calls = append(calls, c)
	}
	return calls
}

// invoked tells whether the executor is asked: also for a dry run, whose
// request only it can render.
func invoked(d policy.Decision) bool {
	return d.Class != "memory" && (d.State == "queued" || d.State == "dry_run")
}

// lease gives the call to this request, or, where the time is too short, to the resumer.
// The intent is that an attempt begins with it, but for what is begun later.
func (r *runs) lease(c *ledger.Call, now, until time.Time) {
	c.NotAfter, c.LookAt = until, call.LookAt(until)
	if !now.Before(until) {
		c.Shown.State = "queued"
		if c.Shown.Reason == "" {
			c.Shown.Reason = "deadline"
		}
		// No attempt was begun.
		c.NotAfter, c.LookAt = time.Time{}, time.Time{}
		return
	}
	c.Owner, c.Lease = r.owner, c.LookAt.Sub(now)
	if call.BegunLater(*c) {
		c.Shown.State, c.NotAfter, c.LookAt = "queued", time.Time{}, time.Time{}
		return
	}
	c.Shown.State = "running"
}

func shown(e *eventv1.WebhookEvent, d policy.Decision) *toolsv1.Call {
	c := &toolsv1.Call{
		CallId:   string(callID(e.GetId(), d)),
		Rule:     d.Call.GetRule(),
		Step:     d.Call.GetStep(),
		Tool:     d.Call.GetTool(),
		Class:    d.Class,
		Target:   d.Target,
		State:    d.State,
		Reason:   d.Reason,
		Evidence: d.Evidence,
	}
	if d.Target != "" {
		c.EffectKey = string(effectKey(e, d))
	}
	return c
}

func payload(d policy.Decision) *structpb.Struct {
	s, err := structpb.NewStruct(d.Payload)
	if err != nil {
		// Policy resolves strings and lists of strings only.
		panic(fmt.Sprintf("tools: payload of %s: %v", d.Call.GetTool(), err))
	}
	return s
}

// memoryWrites is what the plan's own memory calls write, in the commit that fixes the plan.
func memoryWrites(e *eventv1.WebhookEvent, decisions []policy.Decision) project.Delta {
	var delta project.Delta
	for _, d := range decisions {
		if d.Class != "memory" || d.State != "done" {
			continue
		}
		text := func(field string) string { s, _ := d.Payload[field].(string); return s }
		switch d.Call.GetTool() {
		case "facts.observe":
			delta.Observations = append(delta.Observations, project.Observation{
				Subject: d.Target, Name: text("name"), SubKey: d.Call.GetRule() + "/" + e.GetId(), At: at(e), Value: text("value"),
				Place: e.GetPlace(), Actor: project.Person(project.Origin(e), e.GetActor()),
			})
		case "records.set":
			delta.Entities = append(delta.Entities, project.Entity{
				Ref: d.Target, Stub: true,
				Attributes: []project.Attribute{{Name: text("name"), Value: text("value"), Version: project.Version{At: at(e), EventID: e.GetId()}}},
			})
		case "graph.link":
			delta.Links = append(delta.Links, project.Link{
				From: e.GetRef(), To: d.Target, Kind: text("kind"), Rule: "rule:" + d.Call.GetRule(), Confidence: "certain", At: at(e),
			})
		}
	}
	return delta
}

// at is the provider's time, or else when the event came.
func at(e *eventv1.WebhookEvent) time.Time {
	if e.GetOccurredAt() != nil {
		return e.GetOccurredAt().AsTime()
	}
	return e.GetReceivedAt().AsTime()
}

// PreviewRun implements RunService.
func (r *runs) PreviewRun(ctx context.Context, req *toolsv1.PreviewRunRequest) (*toolsv1.PreviewRunResponse, error) {
	in, err := r.admit(req)
	if err != nil {
		return nil, err
	}
	_, links, err := r.read(ctx, in.event)
	if err != nil {
		return nil, err
	}
	run := &toolsv1.Run{EventId: in.event.GetId(), Authn: in.authn, Event: ledger.Head(in.event), Links: links, Plan: req.GetPlan(), OpenedAt: timestamppb.New(r.now())}
	if req.GetPlan() != nil {
		decisions, err := r.decide(ctx, in.event, run, req.GetPlan())
		if err != nil {
			return nil, err
		}
		if err := r.foresee(ctx, decisions); err != nil {
			return nil, err
		}
		for _, d := range decisions {
			c := shown(in.event, d)
			if d.State != "refused" && d.State != "skipped" { // of those the payload is not complete
				c.Request = payload(d)
			}
			run.Calls = append(run.Calls, c)
		}
	}
	return &toolsv1.PreviewRunResponse{Run: run, Links: links}, nil
}

// ClaimRuns implements RunService.
func (r *runs) ClaimRuns(ctx context.Context, req *toolsv1.ClaimRunsRequest) (*toolsv1.ClaimRunsResponse, error) {
	limit := int(req.GetLimit())
	if limit == 0 {
		limit = 10
	}
	claimed, err := r.ledger.Claim(ctx, r.owner, limit, runLease)
	if err != nil {
		return nil, unavailable(err)
	}
	resp := &toolsv1.ClaimRunsResponse{}
	for _, c := range claimed {
		resp.Runs = append(resp.Runs, &toolsv1.ClaimedRun{Run: r.memory.Show(ctx, c), Event: c.Event, Links: c.Run.GetLinks()})
	}
	return resp, nil
}

// GetRun implements RunService.
func (r *runs) GetRun(ctx context.Context, req *toolsv1.GetRunRequest) (*toolsv1.GetRunResponse, error) {
	stored, err := r.ledger.Run(ctx, ledger.RunID(req.GetRunId()))
	if err != nil {
		return nil, unavailable(err)
	}
	return &toolsv1.GetRunResponse{Run: r.memory.Show(ctx, stored)}, nil
}

// ListRuns implements RunService.
func (r *runs) ListRuns(ctx context.Context, req *toolsv1.ListRunsRequest) (*toolsv1.ListRunsResponse, error) {
	limit := int(req.GetPageSize())
	if limit == 0 {
		limit = 50
	}
	list, next, err := r.ledger.List(ctx, ledger.Query{
		Limit: limit, Token: req.GetPageToken(), Source: req.GetSource(), CallState: req.GetCallState(), Call: ledger.CallID(req.GetCallId()),
	})
	if err != nil {
		return nil, unavailable(err)
	}
	resp := &toolsv1.ListRunsResponse{NextPageToken: next}
	for _, s := range list {
		resp.Runs = append(resp.Runs, r.memory.Show(ctx, s))
	}
	return resp, nil
}

// watchEvery is how often changes made by other processes are looked for.
const watchEvery = time.Second

// WatchRuns implements RunService.
func (r *runs) WatchRuns(ctx context.Context, _ *toolsv1.WatchRunsRequest, stream *connect.ServerStream[toolsv1.WatchRunsResponse]) error {
	wake, stop := r.ledger.Subscribe()
	defer stop()
	_, cursor, err := r.ledger.Changed(ctx, -1, 1)
	if err != nil {
		return unavailable(err)
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		list, next, err := r.ledger.Changed(ctx, cursor, 100)
		if err != nil {
			return unavailable(err)
		}
		for _, s := range list {
			if err := stream.Send(&toolsv1.WatchRunsResponse{Run: r.memory.Show(ctx, s)}); err != nil {
				return err
			}
		}
		if cursor = next; len(list) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-service.Draining(ctx):
			return nil
		case <-wake:
		case <-tick.C:
		}
	}
}

package agent

import (
	"context"
	"errors"

	"connectrpc.com/connect"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent/internal/respond"
	"github.com/switchyard-dev/switchyard/services/agent/internal/run"
)

// api implements AgentService.
type api struct {
	agentv1connect.UnimplementedAgentServiceHandler

	runner *run.Runner
	tools  toolsv1connect.RunServiceClient
}

// HandleEvent implements AgentService.
func (a *api) HandleEvent(ctx context.Context, req *agentv1.HandleEventRequest) (*agentv1.HandleEventResponse, error) {
	answer, err := a.runner.Handle(ctx, req)
	if err != nil {
		return nil, err
	}
	return &agentv1.HandleEventResponse{Answer: answer}, nil
}

// PlanEvent implements AgentService.
func (a *api) PlanEvent(ctx context.Context, req *agentv1.PlanEventRequest) (*agentv1.PlanEventResponse, error) {
	return a.runner.Preview(ctx, req)
}

// GetRun implements AgentService.
func (a *api) GetRun(ctx context.Context, req *agentv1.GetRunRequest) (*agentv1.GetRunResponse, error) {
	resp, err := a.tools.GetRun(ctx, &toolsv1.GetRunRequest{RunId: req.GetRunId()})
	if err != nil {
		return nil, fault.FromPeer(err)
	}
	return &agentv1.GetRunResponse{Answer: respond.Answer(resp.GetRun(), false), Run: resp.GetRun()}, nil
}

// ListRuns implements AgentService.
func (a *api) ListRuns(ctx context.Context, req *agentv1.ListRunsRequest) (*agentv1.ListRunsResponse, error) {
	resp, err := a.tools.ListRuns(ctx, &toolsv1.ListRunsRequest{
		PageSize:  req.GetPageSize(),
		PageToken: req.GetPageToken(),
		Source:    req.GetSource(),
		CallState: req.GetCallState(),
		CallId:    req.GetCallId(),
	})
	if err != nil {
		return nil, fromTools(err)
	}
	out := &agentv1.ListRunsResponse{NextPageToken: resp.GetNextPageToken()}
	for _, r := range resp.GetRuns() {
		out.Runs = append(out.Runs, respond.Summary(r))
	}
	return out, nil
}

// WatchRuns implements AgentService. It ends when its client goes, when tools
// ends it, and, without an error, when this service is told to go.
func (a *api) WatchRuns(ctx context.Context, _ *agentv1.WatchRunsRequest, out *connect.ServerStream[agentv1.WatchRunsResponse]) error {
	// Only the header: the client knows that it watches before anything happens.
	if err := out.Send(nil); err != nil {
		return err
	}
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-service.Draining(ctx):
			cancel()
		case <-watch.Done():
		}
	}()
	err := a.passOn(watch, out)
	if ctx.Err() == nil && watch.Err() != nil {
		return nil
	}
	return fault.FromPeer(err)
}

// passOn sends what tools sends, a line for each run.
func (a *api) passOn(ctx context.Context, out *connect.ServerStream[agentv1.WatchRunsResponse]) error {
	in, err := a.tools.WatchRuns(ctx, &toolsv1.WatchRunsRequest{})
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // what the stream ended with is in.Err
	for in.Receive() {
		if err := out.Send(&agentv1.WatchRunsResponse{Run: respond.Summary(in.Msg().GetRun())}); err != nil {
			return err
		}
	}
	return in.Err()
}

// ReportDeliveries implements AgentService.
func (a *api) ReportDeliveries(ctx context.Context, req *agentv1.ReportDeliveriesRequest) (*agentv1.ReportDeliveriesResponse, error) {
	_, err := a.tools.RecordDeliveries(ctx, &toolsv1.RecordDeliveriesRequest{
		Deliveries: req.GetDeliveries(), Dropped: req.GetDropped(), Reporter: req.GetReporter(),
	})
	if err != nil {
		return nil, fromTools(err)
	}
	return &agentv1.ReportDeliveriesResponse{}, nil
}

// GetDelivery implements AgentService.
func (a *api) GetDelivery(ctx context.Context, req *agentv1.GetDeliveryRequest) (*agentv1.GetDeliveryResponse, error) {
	resp, err := a.tools.GetDelivery(ctx, &toolsv1.GetDeliveryRequest{Id: req.GetId()})
	if err != nil {
		return nil, fromTools(err)
	}
	return &agentv1.GetDeliveryResponse{Delivery: resp.GetDelivery()}, nil
}

// ListDeliveries implements AgentService.
func (a *api) ListDeliveries(ctx context.Context, req *agentv1.ListDeliveriesRequest) (*agentv1.ListDeliveriesResponse, error) {
	resp, err := a.tools.ListDeliveries(ctx, &toolsv1.ListDeliveriesRequest{
		PageSize: req.GetPageSize(), PageToken: req.GetPageToken(), Source: req.GetSource(), Answer: req.GetAnswer(),
	})
	if err != nil {
		return nil, fromTools(err)
	}
	return &agentv1.ListDeliveriesResponse{
		Deliveries: resp.GetDeliveries(), NextPageToken: resp.GetNextPageToken(), Dropped: resp.GetDropped(),
	}, nil
}

// fromTools passes on what tools found wrong with a request that only it can
// judge, such as a page token or a delivery's id.
func fromTools(err error) error {
	var ce *connect.Error
	if errors.As(err, &ce) && fault.ReasonOf(err) == "" {
		if code := ce.Code(); code == connect.CodeInvalidArgument || code == connect.CodeNotFound || code == connect.CodeFailedPrecondition {
			return connect.NewError(code, errors.New(ce.Message()))
		}
	}
	return fault.FromPeer(err)
}

package run

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/services/agent/internal/classify"
	"github.com/switchyard-dev/switchyard/services/agent/internal/respond"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

const (
	// answerSpare is what is left of the caller's deadline when an undecided
	// run is answered with processing.
	answerSpare = 500 * time.Millisecond
	// workTime bounds what goes on after the answer. It is shorter than the
	// run's lease (20 s): no other agent begins while this one works.
	workTime = 15 * time.Second
)

// Ledger is what a run needs of RunService.
type Ledger interface {
	OpenRun(ctx context.Context, req *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error)
	ExecuteRun(ctx context.Context, req *toolsv1.ExecuteRunRequest) (*toolsv1.ExecuteRunResponse, error)
	PreviewRun(ctx context.Context, req *toolsv1.PreviewRunRequest) (*toolsv1.PreviewRunResponse, error)
	ClaimRuns(ctx context.Context, req *toolsv1.ClaimRunsRequest) (*toolsv1.ClaimRunsResponse, error)
}

// Runner handles events. It keeps nothing of them: it may be killed at any moment.
type Runner struct {
	ledger   Ledger
	rules    func() *rule.Set
	classify *classify.Classifier
	slots    slots
	// waits are the requests that may be held until another one's run is
	// decided: each is in a slot, and the other slots are for new events.
	waits slots
	log   *slog.Logger
}

// New makes a runner that works on at most maxInFlight events at a time, by
// the rules that are current when each is classified. At most half of them are
// duplicates that wait.
func New(ledger Ledger, rules func() *rule.Set, maxInFlight int, log *slog.Logger) *Runner {
	return &Runner{ledger: ledger, rules: rules, classify: classify.New(), slots: make(slots, maxInFlight), waits: make(slots, (maxInFlight+1)/2), log: log}
}

// Handle takes one event down the line: open, classify, select, execute,
// respond. It answers within ctx's deadline: with status processing 500 ms
// before it, if the run is not decided by then. The work goes on without the
// caller, for at most 15 s. Faults are those of RunService, and overloaded.
func (r *Runner) Handle(ctx context.Context, req *agentv1.HandleEventRequest) (*agentv1.Answer, error) {
	if !r.slots.take() {
		return nil, fault.New(fault.Overloaded, "%d events are in flight (AGENT_MAX_IN_FLIGHT)", cap(r.slots))
	}
	opened, err := r.open(ctx, req)
	if err != nil {
		r.slots.give()
		return nil, fault.FromPeer(err)
	}
	faultpoint.Reached("agent.after_open")
	replayed := !opened.GetCreated()
	if !opened.GetLeased() && !restartable(opened.GetRun()) {
		r.slots.give()
		return respond.Answer(opened.GetRun(), replayed), nil
	}
	finished := r.detach(ctx, func(ctx context.Context) (*toolsv1.Run, error) {
		if !opened.GetLeased() {
			return r.execute(ctx, opened.GetRun().GetRunId(), nil)
		}
		event, err := decode(req.GetSealed(), req.GetUnsealed())
		if err != nil {
			return nil, err
		}
		return r.decide(ctx, opened.GetRun(), event, opened.GetLinks())
	})
	return r.await(ctx, finished, opened.GetRun(), replayed)
}

// open makes the event durable. From here on it is not lost, whoever dies. A
// duplicate waits for its run to be decided, unless too many do so already.
func (r *Runner) open(ctx context.Context, req *agentv1.HandleEventRequest) (*toolsv1.OpenRunResponse, error) {
	in := &toolsv1.OpenRunRequest{Delivery: req.GetDelivery(), Wait: r.waits.take()}
	if in.GetWait() {
		defer r.waits.give()
	}
	switch input := req.GetInput().(type) {
	case *agentv1.HandleEventRequest_Sealed:
		in.Input = &toolsv1.OpenRunRequest_Sealed{Sealed: input.Sealed}
	case *agentv1.HandleEventRequest_Unsealed:
		in.Input = &toolsv1.OpenRunRequest_Unsealed{Unsealed: input.Unsealed}
	}
	return r.ledger.OpenRun(ctx, in)
}

// decide takes an opened run, leased to this agent, through the steps that lie
// between open and respond.
func (r *Runner) decide(ctx context.Context, run *toolsv1.Run, event *eventv1.WebhookEvent, links []*toolsv1.Link) (*toolsv1.Run, error) {
	rules := r.rules()
	class := r.classify.Event(event, links, rules)
	plan := r.selectTools(ctx, run.GetRunId(), rules, class, event, links)
	decided, err := r.execute(ctx, run.GetRunId(), plan)
	if !refused(err) {
		return decided, err
	}
	r.log.ErrorContext(ctx, "tools refused the plan", "run", run.GetRunId(), "event", event.GetId(), "error", err)
	return r.execute(ctx, run.GetRunId(), without(plan, err))
}

// selectTools plans, and logs what the rules could not say of this event.
func (r *Runner) selectTools(ctx context.Context, run string, rules *rule.Set, class rule.Class, event *eventv1.WebhookEvent, links []*toolsv1.Link) *toolsv1.Plan {
	plan, errs := rules.Select(class, event, links)
	for _, err := range errs {
		r.log.WarnContext(ctx, "a rule could not be applied", "run", run, "event", event.GetId(), "error", err)
	}
	return plan
}

// execute has tools fix the plan and carry it out; without a plan, start again
// what is failed. Where another plan was first, the run returned is that one's.
func (r *Runner) execute(ctx context.Context, run string, plan *toolsv1.Plan) (*toolsv1.Run, error) {
	faultpoint.Reached("agent.before_execute")
	resp, err := r.ledger.ExecuteRun(ctx, &toolsv1.ExecuteRunRequest{RunId: run, Plan: plan})
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", run, err)
	}
	faultpoint.Reached("agent.after_execute")
	if rejected := resp.GetPlanRejected(); rejected != "" {
		r.log.InfoContext(ctx, "another plan was first", "run", run, "reason", rejected)
	}
	return resp.GetRun(), nil
}

// decode reads the event that is handled. Its seal is for tools to check, which
// did so when it opened the run.
func decode(sealed *eventv1.SealedEvent, unsealed *eventv1.WebhookEvent) (*eventv1.WebhookEvent, error) {
	if sealed == nil {
		return unsealed, nil
	}
	event := &eventv1.WebhookEvent{}
	if err := proto.Unmarshal(sealed.GetEvent(), event); err != nil {
		return nil, fault.New(fault.EventInvalid, "the sealed bytes are no event: %v", err)
	}
	return event, nil
}

// restartable says whether a redelivery has something to start again.
func restartable(run *toolsv1.Run) bool {
	return run.GetPlan() != nil && slices.ContainsFunc(run.GetCalls(), func(c *toolsv1.Call) bool { return c.GetState() == "failed" })
}

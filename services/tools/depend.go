package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// dependency is the reason of a call that waits for earlier ones.
const dependency = "dependency"

// waits tells whether a decision is to be made again once results are there.
func waits(d policy.Decision) bool { return d.State == "queued" && d.Reason == dependency }

// needs are the calls before the i-th one whose results its paths name: where a step
// has several calls, all of them.
func needs(event string, decisions []policy.Decision, i int) (ids []ledger.CallID) {
	for _, argument := range decisions[i].Call.GetArguments() {
		step, ok := strings.CutPrefix(argument.GetPath(), "$")
		if !ok {
			continue
		}
		step, _, _ = strings.Cut(step, ".")
		for _, before := range decisions[:i] {
			id := callID(event, before)
			if before.Call.GetRule() == decisions[i].Call.GetRule() && before.Call.GetStep() == step && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// resolve asks policy again, as it is now, about a call whose needs are met.
func (r *runs) resolve(ctx context.Context, c ledger.Call) (ledger.Resolution, error) {
	stored, err := r.ledger.Run(ctx, c.Run)
	if err != nil {
		return ledger.Resolution{}, err
	}
	decisions, err := r.decide(ctx, stored.Event, stored.Run, stored.Run.GetPlan())
	if err != nil {
		return ledger.Resolution{}, fmt.Errorf("tools: decide on call %s again: %w", c.Shown.GetCallId(), err)
	}
	id := ledger.CallID(c.Shown.GetCallId())
	for _, d := range decisions {
		if callID(c.EventID, d) == id {
			return resolution(stored.Event, d), nil
		}
	}
	return ledger.Resolution{}, fmt.Errorf("tools: call %s is not in its run's plan", id)
}

// resolution is what policy makes of a call that was planned before.
func resolution(e *eventv1.WebhookEvent, d policy.Decision) ledger.Resolution {
	if waits(d) { // What it needs is done, and had no such result.
		d.State = "skipped"
	}
	resolved := shown(e, d)
	if invoked(d) {
		resolved.State = "queued"
	}
	if d.State == "held" {
		resolved.Request = payload(d)
	}
	return ledger.Resolution{Call: callID(e.GetId(), d), Shown: resolved, Payload: payload(d), Mode: d.Mode, Budgets: budgets(d)}
}

// results are what the calls of a run that are done made, by step.
func results(run *toolsv1.Run) map[string]policy.Result {
	made := make(map[string]policy.Result)
	for _, c := range run.GetCalls() {
		name := policy.StepName(c.GetRule(), c.GetStep())
		if _, ok := made[name]; !ok && c.GetState() == "done" && c.GetResultRef()+c.GetUrl() != "" {
			made[name] = policy.Result{Ref: c.GetResultRef(), URL: c.GetUrl()}
		}
	}
	return made
}

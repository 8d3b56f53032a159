package command

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/structpb"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

const (
	// dependency is the reason of a call that waits for a step before it.
	dependency = "dependency"
	// rejected is the reason of a refused call that a person decided on.
	rejected = "rejected"
)

// planned is what the run's plan has for a call; nil where it does not tell several
// calls of a step apart.
func planned(r *toolsv1.Run, c *toolsv1.Call) *toolsv1.PlannedCall {
	var calls []*toolsv1.Call
	for _, other := range r.GetCalls() {
		if other.GetRule() == c.GetRule() && other.GetStep() == c.GetStep() {
			calls = append(calls, other)
		}
	}
	var plans []*toolsv1.PlannedCall
	for _, p := range r.GetPlan().GetCalls() {
		if p.GetRule() == c.GetRule() && p.GetStep() == c.GetStep() {
			plans = append(plans, p)
		}
	}
	if i := slices.Index(calls, c); i >= 0 && len(plans) == len(calls) {
		return plans[i]
	}
	return nil
}

// waitsFor names the steps that a call waits for, with what became of them so far; ""
// for a call that waits for none.
func waitsFor(r *toolsv1.Run, c *toolsv1.Call) string {
	if c.GetReason() != dependency || c.GetState() != "held" && c.GetState() != "queued" {
		return ""
	}
	var steps []string
	for _, argument := range planned(r, c).GetArguments() {
		if step, ok := strings.CutPrefix(argument.GetPath(), "$"); ok {
			step, _, _ = strings.Cut(step, ".")
			steps = append(steps, step)
		}
	}
	var words []string
	for _, other := range r.GetCalls() {
		if other.GetRule() == c.GetRule() && slices.Contains(steps, other.GetStep()) && other.GetState() != "done" {
			words = append(words, fmt.Sprintf("step %s (%s: %s%s)", other.GetStep(), other.GetTool(), other.GetState(), prefixed(", ", other.GetReason())))
		}
	}
	return strings.Join(words, " and ")
}

// explainWait shows what a call waits for, and with what it is planned: it has no
// request before that is there.
func explainWait(b *strings.Builder, r *toolsv1.Run, c *toolsv1.Call) {
	what := waitsFor(r, c)
	if what == "" {
		return
	}
	fmt.Fprintf(b, "    waits for %s\n", what)
	arguments := planned(r, c).GetArguments()
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		if c.GetRequest().GetFields()[name] == nil {
			fmt.Fprintf(b, "    planned with %s %s\n", name, argumentOf(arguments[name]))
		}
	}
}

func argumentOf(a *toolsv1.Argument) string {
	switch {
	case a.GetPath() != "":
		return a.GetPath()
	case a.GetChoice() != nil:
		return strings.Join(a.GetChoice().GetValues(), ", ")
	}
	return compact(structpb.NewStringValue(a.GetText()))
}

// decidedBy is what the evidence of a call has of the person who rejected it; "" where
// nobody did.
func decidedBy(c *toolsv1.Call) string {
	if c.GetState() != "refused" || c.GetReason() != rejected {
		return ""
	}
	for _, e := range slices.Backward(c.GetEvidence()) {
		if e.GetKind() == "decision" {
			return e.GetDetail()
		}
	}
	return "a person decided so"
}

// refusal explains why nothing is made of a call now: the service's words are about
// any call in its state. callID is "" for all calls of the run.
func (a asked) refusal(ctx context.Context, runID, callID string, err error) error {
	told := a.about(cmp.Or(prefixed(runID+", call ", callID), runID), err)
	if connect.CodeOf(err) != connect.CodeFailedPrecondition || callID == "" {
		return told
	}
	resp, lost := a.client.GetRun(ctx, &agentv1.GetRunRequest{RunId: runID})
	if lost != nil {
		return told
	}
	for _, c := range resp.GetRun().GetCalls() {
		if c.GetCallId() != callID {
			continue
		}
		if by := decidedBy(c); by != "" {
			return fmt.Errorf("run %s, call %s: it was rejected, and that is for good: %s", runID, callID, by)
		}
		if what := waitsFor(resp.GetRun(), c); what != "" {
			return fmt.Errorf("%w; it waits for %s", told, what)
		}
	}
	return told
}

package respond

import (
	"slices"
	"strings"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Answer is what the provider's request is answered with. replayed says that
// the event was known before this delivery.
func Answer(run *toolsv1.Run, replayed bool) *agentv1.Answer {
	n := count(run.GetCalls())
	return &agentv1.Answer{
		RunId:        run.GetRunId(),
		EventId:      run.GetEventId(),
		Status:       Status(run),
		Summary:      Sentence(run),
		Class:        run.GetPlan().GetClass(),
		DecidedBy:    run.GetPlan().GetDecidedBy(),
		ActionsTaken: actions(run),
		NotActedOn:   unused(run),
		Gaps:         slices.Concat(run.GetGaps(), run.GetPlan().GetGaps()),
		Replayed:     replayed,
		Degraded:     run.GetPlan().GetDegraded(),
		Pending:      n["queued"] + n["running"],
		Held:         n["held"],
		Refused:      n["refused"],
		Skipped:      n["skipped"],
		Url:          "/runs/" + run.GetRunId(),
	}
}

// Summary is a run's line in a list.
func Summary(run *toolsv1.Run) *agentv1.RunSummary {
	n := count(run.GetCalls())
	return &agentv1.RunSummary{
		RunId:     run.GetRunId(),
		Status:    Status(run),
		Source:    run.GetEvent().GetSource(),
		Kind:      run.GetEvent().GetKind(),
		Ref:       run.GetEvent().GetRef(),
		Class:     run.GetPlan().GetClass(),
		Summary:   Sentence(run),
		Pending:   n["queued"] + n["running"],
		Held:      n["held"],
		OpenedAt:  run.GetOpenedAt(),
		DecidedAt: run.GetDecidedAt(),
	}
}

// actions are the automatic memory writes, then the plan's calls in their order.
func actions(run *toolsv1.Run) []*agentv1.Action {
	out := make([]*agentv1.Action, 0, len(run.GetWrites())+len(run.GetCalls()))
	for _, w := range run.GetWrites() {
		out = append(out, &agentv1.Action{Tool: w.GetTool(), Store: w.GetStore(), State: w.GetState(), Reason: w.GetReason()})
	}
	for _, c := range run.GetCalls() {
		out = append(out, &agentv1.Action{
			Tool: c.GetTool(), Target: c.GetTarget(), State: c.GetState(), Reason: c.GetReason(), Url: c.GetUrl(),
			Rule: c.GetRule(), Step: c.GetStep(), CallId: c.GetCallId(),
		})
	}
	return out
}

// unused are the links that somebody wrote and that led to nothing: policy
// made them no target, or no rule used them. What rules use is known with the
// plan. Links that the event itself implies (its repository) nobody wrote.
func unused(run *toolsv1.Run) []*agentv1.Unused {
	used := usedRefs(run)
	var out []*agentv1.Unused
	for _, l := range run.GetLinks() {
		reason := l.GetReason()
		if l.GetTarget() {
			reason = "no_rule"
		}
		switch {
		case l.GetRule() == "native":
		case l.GetTarget() && (run.GetPlan() == nil || used[l.GetRef()]):
		default:
			out = append(out, &agentv1.Unused{Ref: l.GetRef(), Where: l.GetWhere(), Reason: reason})
		}
	}
	return out
}

// usedRefs are the refs that the plan's calls act on, or take a value from.
func usedRefs(run *toolsv1.Run) map[string]bool {
	used := map[string]bool{}
	paths := map[string]bool{}
	for _, c := range run.GetCalls() {
		used[c.GetTarget()] = true
	}
	for _, c := range run.GetPlan().GetCalls() {
		for _, a := range c.GetArguments() {
			if strings.HasPrefix(a.GetPath(), "link.") {
				paths[a.GetPath()] = true
			}
		}
	}
	for _, l := range run.GetLinks() {
		if paths[linkPath(l)] {
			used[l.GetRef()] = true
		}
	}
	return used
}

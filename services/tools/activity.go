package tools

import (
	"context"
	"slices"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func (a *asker) activity(ctx context.Context, in *toolsv1.ActivityInput, missing *gap.Collector) (*answer, error) {
	from, to, err := a.span(in.GetWindow(), "7d")
	if err != nil {
		return nil, err
	}
	ref := in.GetRef()
	q, err := activityQuery(ref)
	if err != nil {
		return nil, err
	}
	earliest, err := a.first(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &toolsv1.ActivityOutput{Ref: ref, From: when(from), To: when(to)}
	found := &answer{}
	if earliest == nil {
		if err := a.unknown(ctx, ref, missing); err != nil {
			return nil, err
		}
		return found.is(out)
	}
	q.Names, q.From, q.To = project.Kinds(), from, to
	rows, err := a.choose(ctx, q, shorterWindow, missing)
	if err != nil {
		return nil, err
	}
	days, events := fact.Activity(rows)
	found.n, out.Events = events, count(events)
	for _, d := range days {
		out.Rows = append(out.Rows, &toolsv1.ActivityRow{Day: d.Day, Kind: d.Kind, Events: count(d.Events), Subjects: count(d.Subjects)})
	}
	for _, row := range slices.Backward(rows) {
		found.rest(row.EventID)
	}
	missing.Add(shorter(ref, from, earliest.At)...)
	if len(rows) == 0 {
		missing.Add(&toolsv1.Gap{Code: "none_in_window", Detail: "nothing of " + ref + " happened since " + day(from), Setting: "--window"})
	}
	return found.is(out)
}

// activityQuery selects what a person did, or what happened in a place.
func activityQuery(ref string) (fact.Query, error) {
	switch r, ok := project.ParseRef(ref); {
	case !ok:
		// Whoever left a part out is told which refs there are.
		return fact.Query{Subjects: []string{ref}}, nil
	case r.Type == "user":
		return fact.Query{Actors: []string{ref}}, nil
	case slices.Contains([]string{"repo", "org", "project", "workspace"}, r.Type):
		return fact.Query{Places: []string{ref}}, nil
	default:
		return fact.Query{}, fault.New(fault.PlanInvalid, "input: activity is of a person, a repository or a project, and %s is of type %s: ask timeline", ref, r.Type)
	}
}

// shorter says that the memory begins within a window.
func shorter(what string, from, begins time.Time) []*toolsv1.Gap {
	if !begins.After(from) {
		return nil
	}
	return []*toolsv1.Gap{{
		Code: "window_before_memory", Setting: "--window",
		Detail: "the first event of " + what + " that came is of " + day(begins) + ": what was before is not counted",
	}}
}

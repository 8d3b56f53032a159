package tools

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// outcome is what must be the same whatever the order was.
type outcome struct {
	Events   []string
	Effects  map[string]int
	Comments map[string]string
	Memory   remembrance
}

// remembrance is all that the memory says of the story.
type remembrance struct {
	Timelines [][]fact.Observed
	Linked    []graph.Related
	Entities  []project.Entity
	All       []fact.Observed
}

func (s *schedule) outcome() (o outcome) {
	s.t.Helper()
	for _, r := range s.runs() {
		o.Events = append(o.Events, r.GetEventId())
		for i, c := range r.GetCalls() {
			switch c.GetState() + " " + c.GetReason() {
			case "done ", "skipped same_as", "skipped superseded":
			case "skipped dependency": // Of the same merge's other run, whose task it is.
				if needed := r.GetCalls()[i-1]; needed.GetState() != "skipped" || needed.GetReason() != "same_as" {
					s.t.Errorf("schedule %d: a call was skipped although what it needs is %s %s", s.seed, needed.GetState(), needed.GetReason())
				}
			default:
				s.t.Errorf("schedule %d: a call of %s ended as %s %s: %s", s.seed, r.GetEvent().GetKind(), c.GetState(), c.GetReason(), protojson.Format(c))
			}
		}
	}
	o.Effects, o.Comments = maps.Clone(s.provider.made), maps.Clone(s.provider.content)
	o.Memory = remember(s.t, s.store)
	return o
}

func remember(t *testing.T, m questioned) (r remembrance) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var errs [4]error
	r.All, errs[0] = m.Select(ctx, fact.Query{Limit: 10_000})
	refs := map[string]bool{}
	for _, o := range r.All {
		refs[o.Subject], refs[o.Place], refs[o.Actor] = true, true, true
	}
	r.Linked, errs[1] = m.Linked(ctx, slices.Sorted(maps.Keys(refs)), 10_000)
	for _, l := range r.Linked {
		refs[l.From], refs[l.To] = true, true
	}
	all := slices.Sorted(maps.Keys(refs))
	r.Entities, errs[2] = m.Entities(ctx, all)
	for _, ref := range all {
		timeline, err := m.Timeline(ctx, ref, 1000)
		errs[3] = errors.Join(errs[3], err)
		r.Timelines = append(r.Timelines, timeline)
	}
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return r
}

package tools

import (
	"context"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
)

func (a *asker) timeline(ctx context.Context, in *toolsv1.TimelineInput, missing *gap.Collector) (*answer, error) {
	limit := rows(in.GetLimit())
	seen, err := a.facts.Timeline(ctx, in.GetRef(), limit)
	if err != nil {
		return nil, unavailable(err)
	}
	found := &answer{n: len(seen)}
	list := make([]any, 0, len(seen))
	for _, o := range seen {
		found.rest(o.EventID)
		list = append(list, map[string]any{
			"at": stamp(o.At), "name": o.Name, "sub_key": o.SubKey, "value": o.Value, "actor": o.Actor, "event_id": o.EventID,
		})
	}
	missing.Add(unvouched(seen)...)
	switch {
	case len(seen) == 0:
		err = a.untold(ctx, in.GetRef(), missing)
	case len(seen) == limit:
		missing.Add(truncated(limit, "the newest", "--limit"))
	}
	if err != nil {
		return nil, err
	}
	found.output, err = tableOf(in.GetRef(), list)
	return found, err
}

// untold says why nothing is told of a ref: what only acts, or holds others, is known by
// its activity.
func (a *asker) untold(ctx context.Context, ref string, missing *gap.Collector) error {
	if q, err := activityQuery(ref); err == nil {
		one, err := a.first(ctx, q)
		if err != nil {
			return err
		}
		if one != nil {
			missing.Add(&toolsv1.Gap{Code: "no_data", Setting: "activity " + ref, Detail: "no event tells of " + ref + " itself, but of what was done by it or in it"})
			return nil
		}
	}
	return a.unknown(ctx, ref, missing)
}

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
		err = a.unknown(ctx, in.GetRef(), missing)
	case len(seen) == limit:
		missing.Add(truncated(limit, "the newest", "--limit"))
	}
	if err != nil {
		return nil, err
	}
	found.output, err = tableOf(in.GetRef(), list)
	return found, err
}

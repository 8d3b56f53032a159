package tools

import (
	"context"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
)

func (a *asker) linked(ctx context.Context, in *toolsv1.LinkedInput, missing *gap.Collector) (*answer, error) {
	limit := rows(in.GetLimit())
	links, err := a.graph.Linked(ctx, []string{in.GetRef()}, limit)
	if err != nil {
		return nil, unavailable(err)
	}
	found := &answer{n: len(links)}
	list := make([]any, 0, len(links))
	for _, l := range links {
		found.rest(l.EventID)
		list = append(list, map[string]any{
			"from": l.From, "to": l.To, "kind": l.Kind, "rule": l.Rule, "confidence": l.Confidence, "where": l.Where,
			"first": stamp(l.First), "last": stamp(l.Last), "gone": l.Gone, "event_id": l.EventID, "authn": l.Authn,
		})
	}
	missing.Add(unvouchedLinks(links)...)
	switch {
	case len(links) == 0:
		err = a.unlinked(ctx, in.GetRef(), missing)
	case len(links) == limit:
		missing.Add(truncated(limit, "the newest", "--limit"))
	}
	if err != nil {
		return nil, err
	}
	found.output, err = tableOf(in.GetRef(), list)
	return found, err
}

// unlinked says why a ref has no links.
func (a *asker) unlinked(ctx context.Context, ref string, missing *gap.Collector) error {
	known, err := a.known(ctx, ref)
	if err != nil {
		return err
	}
	if known == nil || known.Stub {
		return a.unknown(ctx, ref, missing)
	}
	missing.Add(&toolsv1.Gap{Code: "no_links", Detail: ref + " is known, and nothing that came names it or is named in its texts"})
	return nil
}

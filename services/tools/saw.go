package tools

import (
	"context"
	"maps"
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// saw remembers what a run's read saw of its target, dated when it was seen.
func (r *runs) saw(ctx context.Context, c ledger.Call, observed map[string]string) error {
	place := ""
	if ref, ok := project.ParseRef(c.Shown.GetTarget()); ok {
		place = ref.Place()
	}
	at := r.now()
	var d project.Delta
	for _, name := range slices.Sorted(maps.Keys(observed)) {
		d.Observations = append(d.Observations, project.Observation{
			Subject: c.Shown.GetTarget(), Name: name, SubKey: c.Shown.GetCallId(), At: at, Value: observed[name], Place: place,
		})
	}
	return r.ledger.Remember(ctx, c.Run, d)
}

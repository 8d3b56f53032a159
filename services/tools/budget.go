package tools

import (
	"context"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// budgets are what policy has a call draw on: the ledger counts, where it lets the call through.
func budgets(d policy.Decision) (list []ledger.Budget) {
	for _, b := range d.Budgets {
		list = append(list, ledger.Budget{Actor: b.Actor, Place: b.Place, Most: b.Most, Refusal: b.Refusal})
	}
	return list
}

// foresee shows in a preview what the ledger would refuse now.
func (r *runs) foresee(ctx context.Context, decisions []policy.Decision) error {
	caused := make(map[policy.Purse]uint32)
	for _, d := range decisions {
		for _, b := range budgets(d) {
			whose := policy.Purse{Actor: b.Actor, Place: b.Place}
			if _, known := caused[whose]; known {
				continue
			}
			n, err := r.ledger.Spent(ctx, b)
			if err != nil {
				return unavailable(err)
			}
			caused[whose] = n
		}
	}
	policy.Foresee(decisions, caused)
	return nil
}

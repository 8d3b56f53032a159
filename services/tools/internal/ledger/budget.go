package ledger

import (
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// BudgetWindow is how long a call counts against budgets, from when it was last let
// through: by its plan, somebody's approval, a retry, or once what it waited for was there.
const BudgetWindow = time.Hour

// Budget bounds how many calls may be let through within BudgetWindow. Whoever lets one
// through counts in the same commit, whatever else is in flight, and refuses it where
// there are Most already.
type Budget struct {
	// Whose calls count: all that events of one actor caused, or those of one place. Just
	// one is set; without any nothing counts.
	Actor, Place string
	Most         uint32
	// Refusal is the evidence of what is refused.
	Refusal *toolsv1.Evidence
}

package sqlite

import (
	"context"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// Spent implements ledger.Effects.
func (s *Store) Spent(ctx context.Context, given ledger.Budget) (uint32, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return 0, err
	}
	return spent(q, given, ledger.Micros(s.now()), "")
}

// spent counts without one call. What the same commit let through before is there already.
func spent(q querier, b ledger.Budget, now int64, except string) (uint32, error) {
	statement, whose := selectSpentByActor, b.Actor
	if b.Actor == "" {
		statement, whose = selectSpentInPlace, b.Place
	}
	found, err := collect(q, scanNumber, statement, whose, now-ledger.BudgetWindow.Microseconds(), except, b.Most)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return uint32(found[0]), nil
}

// draw refuses a call that is to be let through and whose budgets are spent.
func (b *batch) draw(c *record.Call, now int64) error {
	return c.Draw(func(budget ledger.Budget) (uint32, error) { return spent(b, budget, now, c.ID) })
}

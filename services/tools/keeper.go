package tools

import (
	"context"
	"errors"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// errKeepsAll is said where a ledger is asked to remove what it can't.
var errKeepsAll = errors.New("this ledger removes nothing yet: RETAIN_BODIES and forgetting need a ledger in SQLite in this version")

// keeperOf returns the store's keeper, or one that says that it has none.
func keeperOf(s store) ledger.Keeper {
	if k, ok := s.(ledger.Keeper); ok {
		return k
	}
	return keepsAll{}
}

// keepsAll implements ledger.Keeper for a store that can't yet.
type keepsAll struct{}

func (keepsAll) PruneBodies(context.Context, time.Time, int) (int, error) { return 0, errKeepsAll }

func (keepsAll) Forget(context.Context, string, bool) (ledger.Forgotten, error) {
	return ledger.Forgotten{}, errKeepsAll
}

func (keepsAll) Tidy(context.Context) error { return nil }

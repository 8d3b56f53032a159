package record

import (
	"google.golang.org/protobuf/proto"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Spends tells whether the call counts against budgets while it is let through.
func (c *Call) Spends() bool {
	switch c.Shown.GetClass() {
	case "create", "set", "upsert":
		return c.Mode == "act"
	default:
		return false
	}
}

// Draw refuses the call where one of its budgets is spent: caused counts the others that
// have drawn on it. Not one of them counts what it refuses. What may have been made before
// stays unknown, and counts as it did.
func (c *Call) Draw(caused func(ledger.Budget) (uint32, error)) error {
	if !c.Spends() || !IsOpen(c.Shown.GetState()) {
		return nil
	}
	for _, b := range c.Budgets {
		n, err := caused(b)
		if err != nil {
			return err
		}
		if n >= b.Most {
			if !c.stay() {
				c.rest("refused", "budget")
			}
			c.Shown.Evidence = append(c.Shown.Evidence, proto.CloneOf(b.Refusal))
			return nil
		}
	}
	return nil
}

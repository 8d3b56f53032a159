package sink

import (
	"context"
	"slices"
)

// repair writes the rows as they are now under the number of the last batch that
// was confirmed. Whatever a later batch writes has a higher one, and a row that changed
// since its batch was fixed is in a later batch.
func (c *check) repair(ctx context.Context) error {
	for chunk := range slices.Chunk(c.suspects, repairRows) {
		keys := keysOf(chunk)
		if err := c.ask(ctx, func(ctx context.Context) error {
			lag, err := c.Outbox.Lag(ctx, c.Target.Sink())
			if err != nil {
				return err
			}
			rows, err := c.Outbox.Rows(ctx, keys)
			if err != nil {
				return err
			}
			mark := Mark{Ledger: c.id, Number: lag.Cursor.Confirmed}
			return c.Target.Write(ctx, Writing{Mark: mark, Rows: rows, Gone: keys.Without(rows)})
		}); err != nil {
			return err
		}
	}
	now, err := c.again(ctx)
	if err != nil {
		return err
	}
	for _, s := range now {
		if same(s.ledgers, s.store) {
			c.Repaired++
		}
	}
	return nil
}

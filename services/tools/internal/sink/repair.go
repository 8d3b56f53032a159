package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// errOther: a repair would record that the store has all that was confirmed, and
// nobody would notice any more that it has not.
var errOther = errors.New("it was emptied or put back, or the ledger was, and is filled again by itself: nothing was repaired")

// ours returns where the sink stands and what the store says of itself: ErrForeign
// where that is another ledger's, or becomes it before rows are written.
func (c *check) ours(ctx context.Context) (cursor ledger.Cursor, mark Mark, err error) {
	if cursor, err = c.cursor(ctx); err != nil {
		return cursor, mark, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime) // A schema may have to be made.
	defer cancel()
	if mark, err = c.Target.Prepare(ctx); err == nil && mark.Ledger != "" && mark.Ledger != c.id {
		err = c.foreign()
	}
	return cursor, mark, err
}

// cursor is where the sink stands.
func (c *check) cursor(ctx context.Context) (cursor ledger.Cursor, err error) {
	err = c.ask(ctx, func(ctx context.Context) error {
		lag, err := c.Outbox.Lag(ctx, c.Target.Sink())
		cursor = lag.Cursor
		return err
	})
	return cursor, err
}

// repair writes the rows as they are now under the number of the last batch that
// was confirmed. Whatever a later batch writes has a higher one, and a row that changed
// since its batch was fixed is in a later batch.
func (c *check) repair(ctx context.Context) error {
	c.name = fmt.Sprintf("%s/%d", c.Owner, c.Now().UnixNano())
	for chunk := range slices.Chunk(c.suspects, repairRows) {
		if err := c.write(ctx, keysOf(chunk)); err != nil {
			return err
		}
	}
	now, err := c.again(ctx)
	if err != nil {
		return err
	}
	c.left(now)
	return nil
}

// left counts what is repaired, by what both sides have now, and says why the rest is not.
func (c *check) left(now []suspect) {
	changed, unshown := 0, -len(c.refused)
	for i, s := range now {
		switch {
		case same(s.ledgers, s.store):
			c.Repaired++
		case !same(s.ledgers, c.suspects[i].ledgers):
			changed++
		default:
			unshown++
		}
	}
	if len(c.refused) > 0 {
		c.NotRepaired = append(c.NotRepaired, fmt.Sprintf("rows that it does not take: %d (%v)", len(c.refused), c.refused[0].err))
	}
	if unshown > 0 {
		c.NotRepaired = append(c.NotRepaired, fmt.Sprintf("rows that it said it has, and does not show so: %d; `switchyard memory rebuild %s` writes all anew", unshown, c.Target.Sink()))
	}
	if changed > 0 {
		c.NotRepaired = append(c.NotRepaired, fmt.Sprintf("rows that changed meanwhile, and come with what is on its way: %d", changed))
	}
}

// write writes rows to a store that is, just before, this ledger's and what the
// ledger takes it for: it was asked of by an operator, and minutes ago.
func (c *check) write(ctx context.Context, keys ledger.Keys) error {
	before, mark, err := c.ours(ctx)
	if err != nil {
		return err
	}
	// The store's mark rises before the cursor does, and after a batch's number was fixed.
	cursor, err := c.cursor(ctx)
	switch {
	case err != nil:
		return err
	case mark.Number < before.Confirmed, mark.Number > cursor.Number:
		return errOther
	}
	err = c.ask(ctx, func(ctx context.Context) error {
		rows, err := c.Outbox.Rows(ctx, keys)
		if err != nil {
			return err
		}
		mark := Mark{Ledger: c.id, Number: cursor.Confirmed}
		return c.Target.Write(ctx, Writing{Mark: mark, Rows: rows, Gone: keys.Without(rows), Repair: c.name})
	})
	if errors.Is(err, ErrRow) || errors.Is(err, ErrTooMuch) && keys.Len() > 1 {
		return c.halve(ctx, keys, err)
	}
	return err
}

// halve finds the rows that the store refuses, so that the others are written.
func (c *check) halve(ctx context.Context, keys ledger.Keys, refused error) error {
	if keys.Len() <= 1 {
		if c.refused = append(c.refused, refusal{keys, refused}); len(c.refused) > mostParked {
			return fmt.Errorf("it refuses more than %d rows: %s", mostParked, refused.Error())
		}
		return nil
	}
	for _, half := range keys.Halves() {
		if err := c.write(ctx, half); err != nil {
			return err
		}
	}
	return nil
}

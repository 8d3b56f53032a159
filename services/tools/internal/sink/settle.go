package sink

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// settle looks at suspects again once the store has taken what was on its way:
// only those that both sides still have as they had them are differences.
func (c *check) settle(ctx context.Context, repair bool) error {
	if len(c.suspects) == 0 {
		return nil
	}
	var err error
	if c.Unsettled, err = c.unsettled(ctx); err != nil {
		return err
	}
	now, err := c.again(ctx)
	if err != nil {
		return err
	}
	var wrong []suspect
	for i, s := range c.suspects {
		if same(s.ledgers, now[i].ledgers) && same(s.store, now[i].store) {
			wrong = append(wrong, s)
		}
	}
	c.suspects = wrong
	c.judge()
	if !repair || len(wrong) == 0 {
		return nil
	}
	return c.repair(ctx)
}

// unsettled waits for the store to take all that is committed by now, and
// reports whether it did not.
func (c *check) unsettled(ctx context.Context) (bool, error) {
	over := time.NewTimer(settleTime)
	defer over.Stop()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var end ledger.Position
	for first := true; ; first = false {
		var lag ledger.Lag
		if err := c.ask(ctx, func(ctx context.Context) (err error) {
			lag, err = c.Outbox.Lag(ctx, c.Target.Sink())
			return err
		}); err != nil {
			return true, err
		}
		if first {
			end = lag.End
		}
		if lag.Cursor.At.Compare(end) >= 0 {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case <-over.C:
			return true, nil
		case <-tick.C:
		}
	}
}

// again reads the suspects once more, from both sides.
func (c *check) again(ctx context.Context) ([]suspect, error) {
	now, place := make([]suspect, len(c.suspects)), make(map[string]int, len(c.suspects))
	tables := make(map[ledger.Table]bool)
	for i, s := range c.suspects {
		place[string(s.table)+" "+s.row.key] = i
		tables[s.table] = true
	}
	for chunk := range slices.Chunk(c.suspects, repairRows) {
		var rows ledger.Rows
		if err := c.ask(ctx, func(ctx context.Context) (err error) {
			rows, err = c.Outbox.Rows(ctx, keysOf(chunk))
			return err
		}); err != nil {
			return nil, err
		}
		list, err := digestRows(rows)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if i, known := place[tableOf(d.keys)+" "+d.key]; known {
				now[i].ledgers = &d.sum
			}
		}
	}
	for _, t := range slices.Sorted(maps.Keys(tables)) {
		if err := c.scan(ctx, c.Target.Scan, t, func(d digested) {
			if i, known := place[string(t)+" "+d.key]; known {
				now[i].store = &d.sum
			}
		}); err != nil {
			return nil, err
		}
	}
	return now, nil
}

func tableOf(k ledger.Keys) string {
	switch {
	case len(k.Events) > 0:
		return string(ledger.Events)
	case len(k.Entities) > 0:
		return string(ledger.Entities)
	case len(k.Links) > 0:
		return string(ledger.Links)
	default:
		return string(ledger.Observations)
	}
}

func keysOf(suspects []suspect) (k ledger.Keys) {
	for _, s := range suspects {
		k.Events, k.Entities = append(k.Events, s.row.keys.Events...), append(k.Entities, s.row.keys.Entities...)
		k.Links, k.Observations = append(k.Links, s.row.keys.Links...), append(k.Observations, s.row.keys.Observations...)
	}
	return k
}

// judge counts what the suspects are, and in which hours.
func (c *check) judge() {
	told := make(map[place]bool)
	for _, s := range c.suspects {
		switch {
		case s.store == nil:
			c.Missing++
		case s.ledgers == nil:
			c.Extra++
		default:
			c.Different++
		}
		if p := (place{s.table, s.row.hour}); !told[p] {
			told[p] = true
			c.Hours = append(c.Hours, c.counts[p])
		}
	}
	slices.SortFunc(c.Hours, func(a, b Hour) int { return cmp.Or(cmp.Compare(a.Table, b.Table), a.Hour.Compare(b.Hour)) })
}

package neo4j

import "context"

// sweepPage is how many rows are looked at in one transaction, which the server
// holds in memory.
const sweepPage = 5000

// Sweep implements sink.Target. It looks at every row once, since an index of
// numbers would make each write a third dearer. One that is stopped has removed a part,
// and the next one for the same number goes on there. From its beginning no write up
// to number has any effect.
func (s *Store) Sweep(ctx context.Context, number uint64) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	err := s.server.write(ctx, func(t *transaction) error {
		_, err := t.run(startSweep, record{"number": int64(number)})
		return err
	})
	for more := true; more && err == nil; {
		err = s.server.write(ctx, func(t *transaction) (err error) {
			more, err = sweep(t, int64(number))
			return err
		})
	}
	return err
}

// sweep removes what is old in one page, and reports whether there is another one.
func sweep(t *transaction, upTo int64) (more bool, err error) {
	// Links first: a node that is still named stays, as a placeholder.
	tables := []string{sweepLinks, sweepEntities, sweepBuried}
	at, err := t.run(selectSweep, nil)
	if err != nil {
		return false, err
	}
	if len(at) == 0 || at[0]["number"] != upTo {
		return false, nil // Somebody else ended it, or began another one.
	}
	table, after := number(at[0], "table"), word(at[0], "after")
	if table >= int64(len(tables)) {
		_, err := t.run(endSweep, nil)
		return false, err
	}
	page, err := t.run(tables[table], record{"number": upTo, "after": after, "limit": sweepPage})
	if err != nil {
		return false, err
	}
	var left []string
	for _, r := range page {
		after = word(r, "key")
		if yes(r, "old") && table < 2 {
			left = append(left, word(r, "a"), word(r, "b"))
		}
	}
	if err := t.each(deletePlaceholders, "refs", sorted(left)); err != nil {
		return false, err
	}
	if len(page) < sweepPage {
		table, after = table+1, ""
	}
	_, err = t.run(moveSweep, record{"table": table, "after": after})
	return true, err
}

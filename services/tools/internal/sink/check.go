package sink

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// scanRows is how many rows are read at a time.
	scanRows = 2000
	// mostCompared is how many rows of hours that differ are compared one by one:
	// beyond it a rebuild is the repair.
	mostCompared = 500_000
	// repairRows is how many are written at a time.
	repairRows = 500
	// settleTime is how long the store is waited for, so that what is on its way
	// is no difference.
	settleTime = 30 * time.Second
)

// ErrNothingConfirmed: a store that never was written is no copy to be checked.
var ErrNothingConfirmed = errors.New("sink: the store has not taken anything yet")

// Result is what a check found.
type Result struct {
	// Rows of the ledger.
	Rows int64
	// Rows that the store has not, has differently, and has beyond the ledger's.
	Missing, Different, Extra int64
	Repaired                  int64
	// NotRepaired says of the differences that a repair left why they are there.
	NotRepaired []string
	Hours       []Hour
	// TooMany: single rows were not compared, and the counts are those of hours.
	TooMany bool
	// Unsettled: the store is behind, and what is on its way may be counted.
	Unsettled bool
}

// Hour is an hour in which store and ledger differ.
type Hour struct {
	Table                 ledger.Table
	Hour                  time.Time
	LedgerRows, StoreRows int64
}

// Check compares the store with the ledger: counts and digests of each hour,
// then the rows of hours that differ, then, once the store has taken what was on
// its way, those rows again. With repair it writes what is missing or different and removes
// what the ledger has not. report gets how many rows were read, of how many.
// ErrForeign for a store that another ledger filled: it is none of ours to compare, or to repair.
func (w *Worker) Check(ctx context.Context, repair bool, report func(done, total int64) error) (Result, error) {
	c := &check{Worker: w, report: report, counts: make(map[place]Hour)}
	if err := w.ask(ctx, func(ctx context.Context) (err error) {
		c.id, err = w.Outbox.ID(ctx)
		return err
	}); err != nil {
		return Result{}, err
	}
	cursor, _, err := c.ours(ctx)
	switch {
	case err != nil:
		return Result{}, err
	case cursor.Confirmed == 0:
		return Result{}, ErrNothingConfirmed
	}
	for _, table := range w.Target.Tables() {
		if err := c.table(ctx, table); err != nil {
			return Result{}, err
		}
	}
	err = c.settle(ctx, repair)
	return c.Result, err
}

// check is one Check.
type check struct {
	*Worker
	Result
	report      func(done, total int64) error
	id          string
	done, total int64
	suspects    []suspect
	// The repair's name, which no other one has, and what the store refused of it.
	name    string
	refused []refusal
	// Of the hours that differed at first.
	counts map[place]Hour
}

// place is an hour of a table.
type place struct {
	table ledger.Table
	hour  int64
}

// suspect is a row that differs, as both sides had it; nil for a side without it.
type suspect struct {
	table          ledger.Table
	row            digested
	ledgers, store *digest
}

type scanner func(ctx context.Context, t ledger.Table, after string, limit int) (ledger.Rows, string, error)

func (c *check) scan(ctx context.Context, scan scanner, t ledger.Table, each func(digested)) error {
	for after := ""; ; {
		var rows ledger.Rows
		if err := c.ask(ctx, func(ctx context.Context) (err error) {
			rows, after, err = scan(ctx, t, after, scanRows)
			return err
		}); err != nil {
			return err
		}
		list, err := digestRows(rows)
		if err != nil {
			return err
		}
		for _, d := range list {
			each(d)
		}
		c.done += int64(len(list))
		if err := c.report(c.done, max(c.done, c.total)); err != nil || after == "" {
			return err
		}
	}
}

// hour is what a side has of one.
type hour struct {
	rows int64
	sum  digest
}

func (c *check) hours(ctx context.Context, scan scanner, t ledger.Table) (hours map[int64]hour, rows int64, err error) {
	hours = make(map[int64]hour)
	err = c.scan(ctx, scan, t, func(d digested) {
		h := hours[d.hour]
		h.rows++
		h.sum.add(d.sum)
		hours[d.hour] = h
		rows++
	})
	return hours, rows, err
}

// table compares hours, then the rows of those that differ.
func (c *check) table(ctx context.Context, t ledger.Table) error {
	ours, rows, err := c.hours(ctx, c.Outbox.Scan, t)
	if err != nil {
		return err
	}
	c.Rows += rows
	c.total += 2 * rows
	theirs, _, err := c.hours(ctx, c.Target.Scan, t)
	if err != nil {
		return err
	}
	differing, size := make(map[int64]bool), int64(0)
	for h := range both(ours, theirs) {
		if ours[h] != theirs[h] {
			differing[h] = true
			c.counts[place{t, h}] = Hour{Table: t, Hour: time.Unix(h*3600, 0).UTC(), LedgerRows: ours[h].rows, StoreRows: theirs[h].rows}
			size += max(ours[h].rows, theirs[h].rows)
		}
	}
	switch {
	case len(differing) == 0:
		return nil
	case size > mostCompared:
		c.TooMany = true
		for h := range differing {
			c.count(c.counts[place{t, h}])
		}
		return nil
	}
	return c.compare(ctx, t, differing)
}

func both[V any](a, b map[int64]V) map[int64]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// count takes an hour's difference for as many rows.
func (c *check) count(h Hour) {
	c.Missing += max(0, h.LedgerRows-h.StoreRows)
	c.Extra += max(0, h.StoreRows-h.LedgerRows)
	if h.LedgerRows == h.StoreRows {
		c.Different++
	}
	c.Hours = append(c.Hours, h)
}

func (c *check) compare(ctx context.Context, t ledger.Table, differing map[int64]bool) error {
	rows := make(map[string]*suspect)
	of := func(d digested) *suspect {
		if rows[d.key] == nil {
			rows[d.key] = &suspect{table: t, row: d}
		}
		return rows[d.key]
	}
	if err := c.scan(ctx, c.Outbox.Scan, t, func(d digested) {
		if differing[d.hour] {
			of(d).ledgers = &d.sum
		}
	}); err != nil {
		return err
	}
	if err := c.scan(ctx, c.Target.Scan, t, func(d digested) {
		if differing[d.hour] {
			of(d).store = &d.sum
		}
	}); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if s := rows[key]; !same(s.ledgers, s.store) {
			c.suspects = append(c.suspects, *s)
		}
	}
	return nil
}

func same(a, b *digest) bool { return a == b || a != nil && b != nil && *a == *b }

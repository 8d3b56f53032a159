package erasure

import (
	"context"
	"fmt"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// page is how many rows are read at once, beside the writer.
	page = 200
	// bodyPage is smaller: a body may have some MiB.
	bodyPage = 16
	// caseChunk and rowChunk are how much one commit changes: about two milliseconds
	// that a run may have to wait.
	caseChunk = 8
	rowChunk  = 32
	// tellEvery is after how many rows it is told how far it is.
	tellEvery = 500
)

// erasing is one Forget.
type erasing struct {
	*subject
	store   Store
	dry     bool
	needles []needle
	// The newest event when it began: what later ones tell stays.
	through int64
	found   ledger.Forgotten
	// Rows that are not counted: they only repeat what others say.
	echoes int
	// Hears how far it is, and what it heard last.
	tell func(ledger.Pass)
	told ledger.Pass
}

// Forget is ledger.Keeper's, on any store.
func Forget(ctx context.Context, store Store, ref string, dry bool, tell func(ledger.Pass)) (ledger.Forgotten, error) {
	s, ok := newSubject(ref)
	if !ok {
		return ledger.Forgotten{}, fmt.Errorf("%w: %q is no ref", ledger.ErrUnknownRef, ref)
	}
	e := &erasing{subject: s, store: store, dry: dry, tell: tell}
	// The rows of the subject itself come last: they have its other names, which one
	// who begins again needs.
	for _, step := range []func(context.Context) error{
		e.prepare, e.cases, e.bodies, e.deltas, e.reports, e.reasons, e.observations, e.links, e.entities,
	} {
		if err := step(ctx); err != nil {
			return ledger.Forgotten{}, err
		}
	}
	if e.found.Sum() == 0 && e.echoes == 0 {
		return ledger.Forgotten{}, fmt.Errorf("%w: %s", ledger.ErrUnknownRef, ref)
	}
	return e.found, nil
}

// prepare finds the subject's other names.
func (e *erasing) prepare(ctx context.Context) (err error) {
	if e.through, err = e.store.Newest(ctx); err != nil {
		return err
	}
	for _, look := range []func(ledger.EntityRow){e.learn, e.alias} {
		err := e.scan(ctx, ledger.Entities, func(rows ledger.Rows) error {
			for _, row := range rows.Entities {
				look(row)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	e.needles = e.subject.needles()
	return nil
}

// read tells now and then how far it is: that it goes on, and what is still to come.
func (e *erasing) read(reading string, done, total int64) {
	if e.tell == nil || e.told.Reading == reading && done-e.told.Done < tellEvery {
		return
	}
	e.told = ledger.Pass{Reading: reading, Done: done, Total: total}
	e.tell(e.told)
}

// plural has the words for what is in tables.
func plural(t ledger.Table) string {
	switch t {
	case ledger.Entities:
		return "entities"
	default:
		return string(t) + "s"
	}
}

// scan reads a table page by page.
func (e *erasing) scan(ctx context.Context, table ledger.Table, take func(ledger.Rows) error) error {
	done := int64(0)
	for after := ""; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows, next, err := e.store.Scan(ctx, table, after, page)
		if err != nil {
			return err
		}
		done += int64(rows.Len())
		e.read(plural(table), done, 0)
		if err := take(rows); err != nil || next == "" {
			return err
		}
		after = next
	}
}

// write commits f's work and adds to what was found.
func (e *erasing) write(ctx context.Context, f func(tx Tx, found *ledger.Forgotten) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var found ledger.Forgotten
	err := e.store.Erase(ctx, func(tx Tx) error {
		found = ledger.Forgotten{}
		return f(tx, &found)
	})
	if err != nil {
		return err
	}
	e.found.Events += found.Events
	e.found.Bodies += found.Bodies
	e.found.Entities += found.Entities
	e.found.Links += found.Links
	e.found.Observations += found.Observations
	if found.Through != (ledger.Position{}) {
		e.found.Through = found.Through
	}
	return nil
}

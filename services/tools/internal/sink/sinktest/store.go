package sinktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// Store is a store in memory. Processes reach it by targets of their own.
type Store struct {
	word   ledger.Sink
	tables []ledger.Table

	mu     sync.Mutex
	rows   map[string]stored
	mark   sink.Mark
	swept  uint64
	before func(ctx context.Context, operation string) error
	refuse func(ledger.Rows) bool
	writes int
}

// stored is a row, or what is left of one that is gone.
type stored struct {
	number uint64
	table  ledger.Table
	row    ledger.Rows // of this one row; empty for one that is gone
}

// NewStore makes an empty store that keeps these tables; all four without any.
func NewStore(word ledger.Sink, tables ...ledger.Table) *Store {
	if len(tables) == 0 {
		tables = []ledger.Table{ledger.Events, ledger.Entities, ledger.Links, ledger.Observations}
	}
	return &Store{word: word, tables: tables, rows: make(map[string]stored)}
}

// Open returns a target on the store.
func (s *Store) Open() Target { return &target{Store: s} }

// Before is called with the name of each operation before it has any effect. It
// may wait, and what it returns the operation fails with; nil takes it away.
func (s *Store) Before(do func(ctx context.Context, operation string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = do
}

// Refuse has the store refuse writes by their rows; nil for none.
func (s *Store) Refuse(which func(ledger.Rows) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = which
}

// Image is a store's content at a time.
type Image struct {
	rows  map[string]stored
	mark  sink.Mark
	swept uint64
}

// Image copies the store's content.
func (s *Store) Image() Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Image{maps.Clone(s.rows), s.mark, s.swept}
}

// Restore puts an image in the place of the store's content; the zero Image empties it.
func (s *Store) Restore(i Image) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows, s.mark, s.swept = maps.Clone(i.rows), i.mark, i.swept; s.rows == nil {
		s.rows = make(map[string]stored)
	}
}

// Rows is all that the store has.
func (s *Store) Rows() (all ledger.Rows) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(s.rows)) {
		all = join(all, s.rows[key].row)
	}
	return all
}

// Mark is what the store recorded with its last write.
func (s *Store) Mark() sink.Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mark
}

// Writes counts the writes that were taken.
func (s *Store) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// Lose takes away rows, as a fault of the store's would.
func (s *Store) Lose(rows ledger.Rows) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range keyed(rows.Keys(), rows) {
		delete(s.rows, key)
	}
}

// Plant puts rows into the store that nobody wrote.
func (s *Store) Plant(rows ledger.Rows) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.rows, keyed(rows.Keys(), rows))
}

// target is one process's connection to the store.
type target struct {
	*Store
	closed bool
}

var _ Target = (*target)(nil)

var errClosed = errors.New("sinktest: the store is closed")

// enter begins an operation.
func (t *target) enter(ctx context.Context, operation string) error {
	t.mu.Lock()
	before, closed := t.before, t.closed
	t.mu.Unlock()
	if closed {
		return errClosed
	}
	if before != nil {
		if err := before(ctx, operation); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (t *target) Sink() ledger.Sink { return t.word }

func (t *target) Tables() []ledger.Table { return t.tables }

func (t *target) Prepare(ctx context.Context) (sink.Mark, error) {
	if err := t.enter(ctx, "prepare"); err != nil {
		return sink.Mark{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mark, nil
}

func (t *target) Write(ctx context.Context, w sink.Writing) error {
	if err := t.enter(ctx, "write"); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refuse != nil && t.refuse(w.Rows) {
		return fmt.Errorf("%w: refused", sink.ErrRow)
	}
	t.writes++
	if t.mark.Ledger != w.Ledger {
		t.mark, t.swept = sink.Mark{}, 0
	}
	if w.Number > t.swept {
		t.put(w.Number, keyed(w.Rows.Keys(), w.Rows))
		t.put(w.Number, keyed(w.Gone, ledger.Rows{}))
	}
	t.mark = sink.Mark{Ledger: w.Ledger, Number: max(t.mark.Number, w.Number)}
	return nil
}

func (s *Store) put(number uint64, rows map[string]stored) {
	for key, row := range rows {
		if old, known := s.rows[key]; known && old.number > number || !slices.Contains(s.tables, row.table) {
			continue
		}
		row.number = number
		s.rows[key] = row
	}
}

func (t *target) Sweep(ctx context.Context, number uint64) error {
	if err := t.enter(ctx, "sweep"); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.rows, func(_ string, row stored) bool { return row.number <= number })
	t.swept = max(t.swept, number)
	return nil
}

// Scan's token is the last row's key.
func (t *target) Scan(ctx context.Context, table ledger.Table, after string, limit int) (page ledger.Rows, next string, err error) {
	if err := t.enter(ctx, "scan"); err != nil {
		return page, "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(t.rows)) {
		row := t.rows[key]
		if row.table != table || key <= after || row.row.Len() == 0 {
			continue
		}
		if page = join(page, row.row); page.Len() == limit {
			return page, key, nil
		}
	}
	return page, "", nil
}

// Lose implements Target.
func (t *target) Lose(_ context.Context, k ledger.Keys) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range keyed(k, ledger.Rows{}) {
		delete(t.rows, key)
	}
	return nil
}

func (t *target) Ping(ctx context.Context) error { return t.enter(ctx, "ping") }

func (t *target) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	return nil
}

// keyed has the rows of keys by text; empty ones where rows has none.
func keyed(keys ledger.Keys, rows ledger.Rows) map[string]stored {
	all := make(map[string]stored, keys.Len())
	for i, k := range keys.Events {
		all["event "+strconv.Quote(k)] = stored{table: ledger.Events, row: ledger.Rows{Events: at(rows.Events, i)}}
	}
	for i, k := range keys.Entities {
		all["entity "+strconv.Quote(k)] = stored{table: ledger.Entities, row: ledger.Rows{Entities: at(rows.Entities, i)}}
	}
	for i, k := range keys.Links {
		all[fmt.Sprintf("link %q", k)] = stored{table: ledger.Links, row: ledger.Rows{Links: at(rows.Links, i)}}
	}
	for i, k := range keys.Observations {
		all[fmt.Sprintf("observation %q", k)] = stored{table: ledger.Observations, row: ledger.Rows{Observations: at(rows.Observations, i)}}
	}
	return all
}

func at[T any](rows []T, i int) []T {
	if i >= len(rows) {
		return nil
	}
	return rows[i : i+1 : i+1]
}

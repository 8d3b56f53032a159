package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// writer commits operations in groups: while one commit waits for the disk, the
// next operations gather, so that there is no timer and an idle store answers at once.
type writer struct {
	db       *sql.DB
	prepared [statements]*sql.Stmt
	// Unbuffered: what was not taken has not started, and nothing is left behind by close.
	ops    chan *operation
	limit  int
	wakers *ledger.Wakers
	// What was committed since the store was opened.
	operations, commits atomic.Uint64
	now                 func() time.Time
	log                 *slog.Logger
	closing             chan struct{}
	closed              chan struct{}
}

// operation is one caller's part of a commit.
type operation struct {
	ctx  context.Context
	run  func(*batch) error
	done chan error
	// Who comes first: the writer to start it, or the caller to give it up.
	taken atomic.Bool
}

func newWriter(ctx context.Context, db *sql.DB, opts Options, wakers *ledger.Wakers) (*writer, error) {
	w := &writer{
		db: db, ops: make(chan *operation), limit: opts.GroupLimit, wakers: wakers, now: opts.Now, log: opts.Log,
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
	for s := range statements {
		stmt, err := db.PrepareContext(ctx, s.text())
		if err != nil {
			return nil, fmt.Errorf("sqlite: prepare %q: %w", s.text(), err)
		}
		w.prepared[s] = stmt
	}
	go w.loop()
	return w, nil
}

// do runs an operation in the next commit and returns when it is durable, or
// failed. The operation runs on the writer's goroutine: it must touch nothing
// that its caller still uses, nor return before its rows are closed.
func (w *writer) do(ctx context.Context, run func(*batch) error) error {
	op := &operation{ctx: ctx, run: run, done: make(chan error, 1)}
	if err := ctx.Err(); err != nil {
		return notStarted(err)
	}
	select {
	case w.ops <- op:
	case <-w.closing:
		return errClosed()
	case <-ctx.Done():
		return notStarted(ctx.Err())
	}
	select {
	case err := <-op.done:
		return err
	case <-ctx.Done():
		if op.taken.CompareAndSwap(false, true) {
			return notStarted(ctx.Err())
		}
		return fmt.Errorf("%w: the commit's outcome was not waited for: %w", ledger.ErrUnavailable, ctx.Err())
	}
}

func (w *writer) close() {
	close(w.closing)
	<-w.closed
}

func (w *writer) loop() {
	defer close(w.closed)
	for {
		select {
		case <-w.closing:
			return
		case op := <-w.ops:
			w.flush(w.gather(op))
		}
	}
}

// gather takes what waits already, and waits for nothing.
func (w *writer) gather(first *operation) []*operation {
	group := []*operation{first}
	for len(group) < w.limit {
		select {
		case op := <-w.ops:
			group = append(group, op)
		default:
			return group
		}
	}
	return group
}

// flush commits a group and tells each caller what came of it.
func (w *writer) flush(group []*operation) {
	results := make([]error, len(group))
	changed, err := w.commit(group, results)
	if err != nil {
		w.log.Error("ledger: a commit failed", "operations", len(group), "error", err)
	} else if changed {
		w.wakers.Wake()
	}
	for i, op := range group {
		if err != nil && results[i] == nil {
			results[i] = err
		}
		op.done <- results[i]
	}
}

// commit runs each operation behind a savepoint, so that a failed one takes
// nobody with it. Its error is the whole group's.
func (w *writer) commit(group []*operation, results []error) (changed bool, err error) {
	// Background: with a context that can end, the driver starts a goroutine a
	// statement, and an interrupted one would take the whole group with it.
	tx, err := w.db.BeginTx(context.Background(), nil)
	if err != nil {
		return false, unavailable(err)
	}
	b := &batch{tx: tx, prepared: &w.prepared, now: ledger.Micros(w.now()), entities: newEntities()}
	for i, op := range group {
		if !op.taken.CompareAndSwap(false, true) {
			continue
		}
		if err := op.ctx.Err(); err != nil {
			results[i] = notStarted(err)
			continue
		}
		result, err := b.isolate(op.run)
		if err != nil {
			return false, errors.Join(unavailable(err), tx.Rollback())
		}
		results[i] = result
	}
	if err := b.writeEntities(); err != nil {
		return false, errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return b.changed, unavailable(err)
	}
	w.operations.Add(uint64(len(group)))
	w.commits.Add(1)
	return b.changed, nil
}

// batch is a commit's transaction with its statements.
type batch struct {
	tx       *sql.Tx
	prepared *[statements]*sql.Stmt
	bound    [statements]*sql.Stmt
	// When the commit began, by the store's clock.
	now      int64
	entities entities
	// Some run changed: watchers are woken.
	changed bool
}

// isolate runs f behind a savepoint. The result is f's own; err means that the
// transaction itself is lost.
func (b *batch) isolate(f func(*batch) error) (result, err error) {
	if _, err := b.exec(savepoint); err != nil {
		return nil, err
	}
	changed := b.changed
	result = f(b)
	b.entities.end(result == nil)
	if result != nil {
		b.changed = changed
		if _, err := b.exec(rollbackTo); err != nil {
			return nil, errors.Join(err, result)
		}
	}
	_, err = b.exec(release)
	return result, err
}

func (b *batch) stmt(s statement) *sql.Stmt {
	if b.bound[s] == nil {
		b.bound[s] = b.tx.Stmt(b.prepared[s])
	}
	return b.bound[s]
}

// exec returns the number of rows that changed.
func (b *batch) exec(s statement, args ...any) (int64, error) {
	result, err := b.stmt(s).Exec(args...)
	if err != nil {
		return 0, unavailable(err)
	}
	return result.RowsAffected()
}

// insert returns the row's id; 0 where a conflict left everything as it was.
func (b *batch) insert(s statement, args ...any) (int64, error) {
	result, err := b.stmt(s).Exec(args...)
	if err != nil {
		return 0, unavailable(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return 0, err
	}
	return result.LastInsertId()
}

func (b *batch) query(s statement, args ...any) (*sql.Rows, error) {
	rows, err := b.stmt(s).Query(args...)
	return rows, unavailable(err)
}

func (b *batch) row(s statement, args ...any) *sql.Row { return b.stmt(s).QueryRow(args...) }

func errClosed() error { return fmt.Errorf("%w: the ledger is closed", ledger.ErrUnavailable) }

func notStarted(cause error) error {
	return fmt.Errorf("ledger: dropped before it started: %w", cause)
}

// unavailable turns the driver's errors into ErrUnavailable, but for violated
// constraints: those are wrong data, and the store is well. The rest, and nil, stays.
func unavailable(err error) error {
	if err == nil || errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var e *driver.Error
	if errors.As(err, &e) && e.Code()&0xff == lib.SQLITE_CONSTRAINT {
		return fmt.Errorf("ledger: %w", err)
	}
	return fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
}

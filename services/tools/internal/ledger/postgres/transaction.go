package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// longest is the most that a transaction's statement may take, whatever time its
	// caller has; shortest the least that is worth a try.
	longest, shortest = 5 * time.Second, 20 * time.Millisecond
	// grace is how long after the server's own deadline the connection is given up.
	grace = time.Second

	beginWrite = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`
	beginRead  = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	// The server keeps the deadline: cancelling a context would cost the connection.
	// What it says of the time is the clock that all processes share.
	bound = `SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true),
		set_config('idle_in_transaction_session_timeout', $1, true), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`
)

// transaction is one transaction. Its statements gather until send, which is one
// round trip however many they are; their rows are scanned then.
type transaction struct {
	store *Store
	conn  *pgxpool.Conn
	ctx   context.Context
	batch *pgx.Batch
	// now is the store's time, once the first statements were sent.
	now int64
	// Some run changed: watchers are woken after the commit.
	changed bool
	sent    bool
}

// query scans each row of a statement.
func (t *transaction) query(each func(pgx.Rows) error, sql string, args ...any) {
	t.batch.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := each(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func (t *transaction) exec(sql string, args ...any) { t.batch.Queue(sql, args...) }

// send has the server run what gathered.
func (t *transaction) send() error {
	if t.batch.Len() == 0 {
		return nil
	}
	b := t.batch
	t.batch, t.sent = &pgx.Batch{}, true
	return t.conn.SendBatch(t.ctx, b).Close()
}

// write runs f in a transaction of its own and commits it. Its error is
// translated; an unknown outcome wraps ErrUnavailable.
func (s *Store) write(ctx context.Context, f func(*transaction) error) error {
	return s.translate(s.transact(ctx, beginWrite, f))
}

// read runs f on one state of the database.
func (s *Store) read(ctx context.Context, f func(*transaction) error) error {
	return s.translate(s.transact(ctx, beginRead, f))
}

// transact returns errors as the driver gives them.
func (s *Store) transact(ctx context.Context, begin string, f func(*transaction) error) error {
	if err := ctx.Err(); err != nil {
		return notStarted(err)
	}
	conn, err := s.connection(ctx)
	if err != nil {
		return err
	}
	limit := longest
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, max(shortest, time.Until(deadline)))
	}
	inside, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit+grace)
	defer cancel()
	defer conn.Release() // In the middle of a transaction it is closed, not used again.
	t := &transaction{store: s, conn: conn, ctx: inside, batch: &pgx.Batch{}}
	t.exec(begin)
	t.query(func(rows pgx.Rows) error {
		var ignored string
		if err := rows.Scan(&ignored, &ignored, &ignored, &t.now); err != nil {
			return err
		}
		if s.now != nil {
			t.now = ledger.Micros(s.now())
		}
		return nil
	}, bound, strconv.FormatInt(limit.Milliseconds(), 10))
	if err := f(t); err != nil {
		t.rollback()
		return &undone{err, !conn.Conn().IsClosed()}
	}
	t.exec(`COMMIT`)
	if err := t.send(); err != nil {
		t.rollback()
		return err
	}
	if t.changed {
		s.wakers.Wake()
	}
	return nil
}

// rollback leaves it to Release to close the connection where this fails.
func (t *transaction) rollback() {
	if t.sent && !t.conn.Conn().IsClosed() {
		_, _ = t.conn.Exec(t.ctx, `ROLLBACK`)
	}
}

// undone is an error of a transaction that was never committed.
type undone struct {
	error
	// The connection is well: the same can be tried again.
	well bool
}

func (u *undone) Unwrap() error { return u.error }

func (s *Store) connection(ctx context.Context) (*pgxpool.Conn, error) {
	select {
	case <-s.closing:
		return nil, closedError()
	default:
	}
	if err := s.gate.pass(ctx); err != nil {
		return nil, err
	}
	conn, err := s.pool.Acquire(ctx)
	if err == nil {
		return conn, nil
	}
	if cause := ctx.Err(); cause != nil {
		return nil, notStarted(cause)
	}
	select {
	case <-s.closing:
		return nil, closedError()
	default:
	}
	err = s.translate(err)
	s.gate.away(err)
	return nil, err
}

// errGiven marks what callers are told of their own contexts.
var errGiven = errors.New("dropped before it started")

func notStarted(cause error) error { return fmt.Errorf("ledger: %w: %w", errGiven, cause) }

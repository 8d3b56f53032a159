package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
)

// conn is what is used of the driver's connection, whose own interface gets new
// methods in minor releases. It is a pool, and opens nothing before it is asked.
type conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
	Exec(ctx context.Context, query string, args ...any) error
	PrepareBatch(ctx context.Context, query string, opts ...driver.PrepareBatchOption) (driver.Batch, error)
	Ping(ctx context.Context) error
	Close() error
}

// pool asks the server within bounds.
type pool struct {
	conn  conn
	place connection.Place
	// most is how long an operation takes whose caller set no deadline.
	most time.Duration
}

// bounded gives a context a deadline that has none.
func (p *pool) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, p.most)
}

// ask does something with a connection, which may be done twice. It comes back
// when the context ends, whatever the driver does: of ClickHouse's own protocol,
// connecting doesn't look at the context.
func ask[T any](ctx context.Context, p *pool, do func(context.Context, conn) (T, error)) (T, error) {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		var a answer
		if a.value, a.err = do(ctx, p.conn); stale(a.err) && ctx.Err() == nil {
			a.value, a.err = do(ctx, p.conn)
		}
		answered <- a
	}()
	select {
	case a := <-answered:
		if a.err != nil && ctx.Err() != nil {
			a.err = ctx.Err() // What broke is what the driver broke for it.
		}
		return a.value, p.failed(a.err)
	case <-ctx.Done():
		var none T
		return none, p.failed(ctx.Err())
	}
}

// tell is ask without an answer.
func tell(ctx context.Context, p *pool, do func(context.Context, conn) error) error {
	_, err := ask(ctx, p, func(ctx context.Context, c conn) (struct{}, error) { return struct{}{}, do(ctx, c) })
	return err
}

// exec runs a statement.
func (p *pool) exec(ctx context.Context, statement string, args ...any) error {
	return tell(ctx, p, func(ctx context.Context, c conn) error { return c.Exec(ctx, statement, args...) })
}

// query reads all rows of a statement.
func query[T any](ctx context.Context, p *pool, scan func(driver.Rows) (T, error), statement string, args ...any) ([]T, error) {
	return ask(ctx, p, func(ctx context.Context, c conn) (all []T, err error) {
		rows, err := c.Query(ctx, statement, args...)
		if err != nil {
			return nil, err
		}
		defer func() { _ = rows.Close() }() // What it would say, Err says.
		for rows.Next() {
			row, err := scan(rows)
			if err != nil {
				return nil, err
			}
			all = append(all, row)
		}
		return all, rows.Err()
	})
}

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// reader asks beside the writer, on connections that can't write.
type reader struct {
	db       *sql.DB
	prepared [firstWrite]*sql.Stmt
}

func newReader(ctx context.Context, db *sql.DB) (*reader, error) {
	r := &reader{db: db}
	for s := range firstWrite {
		stmt, err := db.PrepareContext(ctx, s.text())
		if err != nil {
			return nil, unavailable(fmt.Errorf("prepare %q: %w", s.text(), err))
		}
		r.prepared[s] = stmt
	}
	return r, nil
}

// querier is what reads and writes share: a statement's rows.
type querier interface {
	query(s statement, args ...any) (*sql.Rows, error)
}

// at makes the reader a querier. Statements are short, and a context that can
// end would cost each a goroutine: it is looked at before they start.
func (r *reader) at(ctx context.Context) (querier, error) {
	if err := ctx.Err(); err != nil {
		return nil, notStarted(err)
	}
	return r, nil
}

func (r *reader) query(s statement, args ...any) (*sql.Rows, error) {
	rows, err := r.prepared[s].Query(args...)
	return rows, unavailable(err)
}

// collect scans every row of a statement.
func collect[T any](q querier, scan func(*sql.Rows) (T, error), s statement, args ...any) (list []T, err error) {
	rows, err := q.query(s, args...)
	if err != nil {
		return nil, err
	}
	return scanAll(rows, scan)
}

func scanAll[T any](rows *sql.Rows, scan func(*sql.Rows) (T, error)) (list []T, err error) {
	defer func() { _ = rows.Close() }() // Err has what went wrong.
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, unavailable(err)
		}
		list = append(list, row)
	}
	return list, unavailable(rows.Err())
}

func scanNumber(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }

package postgres

import "github.com/jackc/pgx/v5"

// entries are a transaction's lines in the outbox.
type entries struct{ columns }

func (e *entries) add(seq, run int64, kind string, at int64, delta []byte) {
	e.columns.add(seq, run, kind, at, delta)
}

// write tells the transaction's number, and has watchers woken after the commit.
func (e *entries) write(t *transaction, told func(xid uint64)) {
	if e.rows == 0 {
		return
	}
	t.changed = true
	t.query(func(rows pgx.Rows) error {
		var xid uint64
		err := rows.Scan(&xid)
		if err == nil && told != nil {
			told(xid)
			told = nil // All rows say the same.
		}
		return err
	}, `INSERT INTO entry (seq, run, kind, at, delta) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bytea[]) RETURNING xid`, e.lists...)
}

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// Columns as they are copied: who follows the ledger judges by itself what is gone.
const (
	selectEventRow       = `SELECT event.id, run.opened FROM event JOIN run ON run.seq = event.seq`
	selectEntityRow      = `SELECT ` + entityColumns + ` FROM entity`
	selectLinkRow        = `SELECT ` + linkColumns + `, false FROM link`
	selectObservationRow = `SELECT ` + observationColumns + ` FROM observation`
)

// Rows implements ledger.Outbox.
func (s *Store) Rows(ctx context.Context, k ledger.Keys) (rows ledger.Rows, err error) {
	err = s.read(ctx, func(t *transaction) error {
		if len(k.Events) > 0 {
			t.query(eventRows(&rows), selectEventRow+` JOIN unnest($1::text[]) WITH ORDINALITY AS wanted (id, n) ON event.id = wanted.id ORDER BY n`, texts(k.Events))
		}
		if len(k.Entities) > 0 {
			t.query(entityRows(&rows), selectEntityRow+` JOIN unnest($1::text[]) WITH ORDINALITY AS wanted (ref, n) ON entity.ref = wanted.ref ORDER BY n`, texts(k.Entities))
		}
		if len(k.Links) > 0 {
			t.query(related(&rows.Links), selectLinkRow+` JOIN `+linkKeys+` WITH ORDINALITY AS wanted (a, b, c, d, e, n)
				ON (from_ref, stood, to_ref, kind, authn) = (a, b, c, d, e) ORDER BY n`, linkKeyArgs(k.Links)...)
		}
		if len(k.Observations) > 0 {
			t.query(observed(&rows.Observations), selectObservationRow+` JOIN `+observationKeys+` WITH ORDINALITY AS wanted (a, b, c, n)
				ON (subject, name, sub_key) = (a, b, c) ORDER BY n`, observationKeyArgs(k.Observations)...)
		}
		return nil
	})
	return rows, err
}

// Scan implements ledger.Outbox. A token is the key of the page's last row.
func (s *Store) Scan(ctx context.Context, table ledger.Table, after string, limit int) (rows ledger.Rows, next string, err error) {
	key, err := record.ScanKey(table, after)
	if err != nil {
		return rows, "", err
	}
	var args []any
	for _, part := range key {
		args = append(args, text(part))
	}
	args = append(args, limit)
	err = s.read(ctx, func(t *transaction) error {
		switch table {
		case ledger.Events:
			t.query(eventRows(&rows), selectEventRow+` WHERE event.id > $1 ORDER BY event.id LIMIT $2`, args...)
		case ledger.Entities:
			t.query(entityRows(&rows), selectEntityRow+` WHERE ref > $1 ORDER BY ref LIMIT $2`, args...)
		case ledger.Links:
			t.query(related(&rows.Links), selectLinkRow+` WHERE (from_ref, stood, to_ref, kind, authn) > ($1, $2, $3, $4, $5)
				ORDER BY from_ref, stood, to_ref, kind, authn LIMIT $6`, args...)
		case ledger.Observations:
			t.query(observed(&rows.Observations), selectObservationRow+` WHERE (subject, name, sub_key) > ($1, $2, $3) ORDER BY subject, name, sub_key LIMIT $4`, args...)
		default:
			return fmt.Errorf("ledger: no table %q", table)
		}
		return nil
	})
	if err != nil {
		return rows, "", err
	}
	next, err = record.ScanToken(rows, limit)
	return rows, next, err
}

func eventRows(list *ledger.Rows) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var id string
		var opened []byte
		if err := rows.Scan(into{&id}, &opened); err != nil {
			return err
		}
		e, err := record.EventRow(id, opened)
		list.Events = append(list.Events, e)
		return err
	}
}

func entityRows(list *ledger.Rows) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		e, err := scanEntity(rows)
		list.Entities = append(list.Entities, e.Row())
		return err
	}
}

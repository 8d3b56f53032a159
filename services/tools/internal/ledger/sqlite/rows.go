package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// Rows implements ledger.Outbox.
func (s *Store) Rows(ctx context.Context, k ledger.Keys) (rows ledger.Rows, err error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return rows, err
	}
	if rows.Events, err = wanted(q, scanEventRow, selectEventRows, k.Events); err != nil {
		return rows, err
	}
	if rows.Entities, err = wanted(q, scanEntityRow, selectEntityRows, k.Entities); err != nil {
		return rows, err
	}
	links := make([][]string, len(k.Links))
	for i, l := range k.Links {
		links[i] = record.LinkKey(l)
	}
	if rows.Links, err = wanted(q, scanRelated, selectLinkRows, links); err != nil {
		return rows, err
	}
	observations := make([][]string, len(k.Observations))
	for i, o := range k.Observations {
		observations[i] = []string{o.Subject, o.Name, o.SubKey}
	}
	rows.Observations, err = wanted(q, scanObserved, selectObservationRows, observations)
	return rows, err
}

func wanted[K, T any](q querier, scan func(*sql.Rows) (T, error), s statement, keys []K) ([]T, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("sqlite: encode keys: %w", err)
	}
	return collect(q, scan, s, string(b))
}

// Scan implements ledger.Outbox.
func (s *Store) Scan(ctx context.Context, table ledger.Table, after string, limit int) (rows ledger.Rows, next string, err error) {
	key, err := record.ScanKey(table, after)
	if err != nil {
		return rows, "", err
	}
	q, err := s.reader.at(ctx)
	if err != nil {
		return rows, "", err
	}
	var args []any
	for _, part := range key {
		args = append(args, part)
	}
	args = append(args, limit)
	switch table {
	case ledger.Events:
		rows.Events, err = collect(q, scanEventRow, scanEvents, args...)
	case ledger.Entities:
		rows.Entities, err = collect(q, scanEntityRow, scanEntities, args...)
	case ledger.Links:
		rows.Links, err = collect(q, scanRelated, scanLinks, args...)
	case ledger.Observations:
		rows.Observations, err = collect(q, scanObserved, scanObservations, args...)
	}
	if err != nil {
		return rows, "", err
	}
	next, err = record.ScanToken(rows, limit)
	return rows, next, err
}

func scanEventRow(rows *sql.Rows) (ledger.EventRow, error) {
	var id string
	var opened []byte
	if err := rows.Scan(&id, &opened); err != nil {
		return ledger.EventRow{}, err
	}
	return record.EventRow(id, opened)
}

func scanEntityRow(rows *sql.Rows) (ledger.EntityRow, error) {
	e, err := scanEntity(rows)
	return e.Row(), err
}

func scanRelated(rows *sql.Rows) (graph.Related, error) {
	l, err := scanLink(rows)
	if err != nil {
		return graph.Related{}, err
	}
	return l.Shown()
}

package sqlite

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// RecordDeliveries implements ledger.Deliveries.
func (s *Store) RecordDeliveries(ctx context.Context, r ledger.Report) error {
	rows, err := record.NewDeliveries(r.Records)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, record.ReportChunk) {
		if err := s.writer.do(ctx, func(b *batch) error { return b.writeReports(chunk, r.Keep) }); err != nil {
			return err
		}
	}
	if len(r.Dropped) == 0 {
		return nil
	}
	dropped := maps.Clone(r.Dropped)
	return s.writer.do(ctx, func(b *batch) error {
		for source, total := range dropped {
			if _, err := b.exec(upsertDropped, r.Reporter, source, int64(min(total, 1<<50))); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *batch) writeReports(rows []record.Delivery, keep ledger.Keep) error {
	for _, d := range rows {
		if _, err := b.exec(insertReport, d.ID, d.Source, d.Code, d.Status, d.Reason, d.Refused, d.Record); err != nil {
			return err
		}
	}
	if _, err := b.exec(pruneReports, true, keep.Refused); err != nil {
		return err
	}
	_, err := b.exec(pruneReports, false, keep.Accepted)
	return err
}

func scanDelivery(rows *sql.Rows) (d record.Delivery, err error) {
	return d, rows.Scan(&d.Seq, &d.Record)
}

// GetDelivery implements ledger.Deliveries.
func (s *Store) GetDelivery(ctx context.Context, id string) (*toolsv1.DeliveryRecord, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	found, err := collect(q, scanDelivery, selectDelivery, id, record.AfterID(id))
	if err != nil {
		return nil, err
	}
	return record.OneDelivery(found, id)
}

// ListDeliveries implements ledger.Deliveries.
func (s *Store) ListDeliveries(ctx context.Context, query ledger.DeliveryQuery) (page ledger.DeliveryPage, err error) {
	before, err := record.Before(query.Token)
	if err != nil {
		return page, err
	}
	q, err := s.reader.at(ctx)
	if err != nil {
		return page, err
	}
	// One more than asked for tells whether there is a next page.
	found, err := collect(q, scanDelivery, selectDeliveries, before, query.Source, query.Answer, query.Limit+1)
	if err != nil {
		return page, err
	}
	if page, err = record.DeliveryPage(found, query.Limit); err != nil {
		return page, err
	}
	page.Dropped, err = droppedTotals(q)
	return page, err
}

func droppedTotals(q querier) (map[string]uint64, error) {
	type total struct {
		source string
		n      uint64
	}
	totals, err := collect(q, func(rows *sql.Rows) (t total, err error) { return t, rows.Scan(&t.source, &t.n) }, selectDropped)
	if err != nil {
		return nil, err
	}
	dropped := make(map[string]uint64, len(totals))
	for _, t := range totals {
		dropped[t.source] = t.n
	}
	return dropped, nil
}

package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

const (
	// Those that are known stay as they are; of two of one id the first counts.
	insertReports = `INSERT INTO report (id, source, code, status, reason, refused, turn, record)
		SELECT id, source, code, status, reason, refused,
			(SELECT coalesce(max(turn), 0) FROM report WHERE report.refused = fresh.refused) + row_number() OVER (PARTITION BY refused ORDER BY n), record
		FROM (SELECT DISTINCT ON (id) * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bytea[])
			WITH ORDINALITY AS told (id, source, code, status, reason, refused, record, n) ORDER BY id, n) AS fresh
		WHERE NOT EXISTS (SELECT 1 FROM report WHERE report.id = fresh.id) ORDER BY n`
	// Turns have no gaps but at their beginning: no row is counted for this.
	pruneReports  = `DELETE FROM report WHERE refused = $1 AND turn <= (SELECT max(turn) FROM report WHERE refused = $1) - $2::bigint`
	upsertDropped = `INSERT INTO dropped (reporter, source, total) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
		ON CONFLICT (reporter, source) DO UPDATE SET total = excluded.total WHERE excluded.total > dropped.total`
)

// RecordDeliveries implements ledger.Deliveries.
func (s *Store) RecordDeliveries(ctx context.Context, r ledger.Report) error {
	rows, err := record.NewDeliveries(r.Records)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, record.ReportChunk) {
		if err := s.write(ctx, func(t *transaction) error { return t.writeReports(chunk, r.Keep) }); err != nil {
			return err
		}
	}
	if len(r.Dropped) == 0 {
		return nil
	}
	var dropped columns
	for source, total := range r.Dropped {
		dropped.add(text(r.Reporter), text(source), int64(min(total, 1<<50)))
	}
	return s.write(ctx, func(t *transaction) error {
		t.lockOne(lockReports)
		dropped.exec(t, upsertDropped)
		return nil
	})
}

func (t *transaction) writeReports(rows []record.Delivery, keep ledger.Keep) error {
	var reports columns
	for _, d := range rows {
		reports.add(text(d.ID), text(d.Source), d.Code, text(d.Status), text(d.Reason), d.Refused, d.Record)
	}
	t.lockOne(lockReports) // Turns have no gaps.
	reports.exec(t, insertReports)
	t.exec(pruneReports, true, keep.Refused)
	t.exec(pruneReports, false, keep.Accepted)
	return nil
}

func deliveries(list *[]record.Delivery) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var d record.Delivery
		err := rows.Scan(&d.Seq, &d.Record)
		*list = append(*list, d)
		return err
	}
}

// GetDelivery implements ledger.Deliveries.
func (s *Store) GetDelivery(ctx context.Context, id string) (*toolsv1.DeliveryRecord, error) {
	var found []record.Delivery
	err := s.read(ctx, func(t *transaction) error {
		t.query(deliveries(&found), `SELECT seq, record FROM report WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 2`, text(id), text(record.AfterID(id)))
		return nil
	})
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
	var found []record.Delivery
	dropped := make(map[string]uint64)
	err = s.read(ctx, func(t *transaction) error {
		// One more than asked for tells whether there is a next page.
		t.query(deliveries(&found), `SELECT seq, record FROM report WHERE seq < $1 AND ($2 = '' OR source = $2)
			AND ($3 = '' OR status = $3 OR reason = $3 OR code = $3) ORDER BY seq DESC LIMIT $4`,
			before, text(query.Source), text(query.Answer), query.Limit+1)
		t.query(func(rows pgx.Rows) error {
			var source string
			var total int64
			err := rows.Scan(into{&source}, &total)
			dropped[source] = uint64(total)
			return err
		}, `SELECT source, sum(total)::bigint FROM dropped GROUP BY source`)
		return nil
	})
	if err != nil {
		return page, err
	}
	page, err = record.DeliveryPage(found, query.Limit)
	page.Dropped = dropped
	return page, err
}

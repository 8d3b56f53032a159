package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// reportChunk is how many deliveries one operation writes: a run that waits for
// the same commit waits a millisecond or two for them, however long the batch.
const reportChunk = 100

// RecordDeliveries implements ledger.Deliveries.
func (s *Store) RecordDeliveries(ctx context.Context, r ledger.Report) error {
	rows := make([][]any, len(r.Records))
	for i, d := range r.Records {
		record, err := proto.Marshal(d)
		if err != nil {
			return fmt.Errorf("sqlite: encode a delivery: %w", err)
		}
		rows[i] = []any{d.GetId(), d.GetSource(), strconv.Itoa(int(d.GetCode())), d.GetStatus(), d.GetReason(), d.GetStatus() == ledger.Rejected, record}
	}
	for chunk := range slices.Chunk(rows, reportChunk) {
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

func (b *batch) writeReports(rows [][]any, keep ledger.Keep) error {
	for _, row := range rows {
		if _, err := b.exec(insertReport, row...); err != nil {
			return err
		}
	}
	if _, err := b.exec(pruneReports, true, keep.Refused); err != nil {
		return err
	}
	_, err := b.exec(pruneReports, false, keep.Accepted)
	return err
}

// deliveryRow is a row of report.
type deliveryRow struct {
	seq    int64
	record []byte
}

func scanDelivery(rows *sql.Rows) (d deliveryRow, err error) {
	return d, rows.Scan(&d.seq, &d.record)
}

func (d deliveryRow) decoded() (*toolsv1.DeliveryRecord, error) {
	record := &toolsv1.DeliveryRecord{}
	if err := proto.Unmarshal(d.record, record); err != nil {
		return nil, fmt.Errorf("sqlite: delivery %d: %w", d.seq, err)
	}
	return record, nil
}

// GetDelivery implements ledger.Deliveries.
func (s *Store) GetDelivery(ctx context.Context, id string) (*toolsv1.DeliveryRecord, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	// "g" comes after every digit that an id may go on with.
	found, err := collect(q, scanDelivery, selectDelivery, id, id+"g")
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("%w: %s", ledger.ErrNoDelivery, id)
	case len(found) > 1:
		return nil, fmt.Errorf("%w: %s", ledger.ErrAmbiguous, id)
	}
	return found[0].decoded()
}

// ListDeliveries implements ledger.Deliveries.
func (s *Store) ListDeliveries(ctx context.Context, query ledger.DeliveryQuery) (page ledger.DeliveryPage, err error) {
	before := int64(math.MaxInt64)
	if query.Token != "" {
		if before, err = strconv.ParseInt(query.Token, 10, 64); err != nil {
			return page, fmt.Errorf("%w: %q", ledger.ErrToken, query.Token)
		}
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
	if len(found) > query.Limit && query.Limit > 0 {
		found = found[:query.Limit]
		page.Next = strconv.FormatInt(found[query.Limit-1].seq, 10)
	}
	for _, row := range found {
		record, err := row.decoded()
		if err != nil {
			return page, err
		}
		page.Records = append(page.Records, record)
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

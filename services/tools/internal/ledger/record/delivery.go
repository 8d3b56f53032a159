package record

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// ReportChunk is how many deliveries one operation writes: a run that waits for
// the same commit waits a millisecond or two for them, however long the batch.
const ReportChunk = 100

// Delivery is a row of report.
type Delivery struct {
	Seq                              int64
	ID, Source, Code, Status, Reason string
	Refused                          bool
	Record                           []byte
}

// NewDeliveries encodes records.
func NewDeliveries(records []*toolsv1.DeliveryRecord) ([]Delivery, error) {
	rows := make([]Delivery, len(records))
	for i, d := range records {
		record, err := proto.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("ledger: encode a delivery: %w", err)
		}
		rows[i] = Delivery{
			ID: d.GetId(), Source: d.GetSource(), Code: strconv.Itoa(int(d.GetCode())), Status: d.GetStatus(), Reason: d.GetReason(),
			Refused: d.GetStatus() == ledger.Rejected, Record: record,
		}
	}
	return rows, nil
}

// Decoded returns the record.
func (d *Delivery) Decoded() (*toolsv1.DeliveryRecord, error) {
	record := &toolsv1.DeliveryRecord{}
	if err := proto.Unmarshal(d.Record, record); err != nil {
		return nil, fmt.Errorf("ledger: delivery %d: %w", d.Seq, err)
	}
	return record, nil
}

// AfterID comes after every id that begins so: "g" comes after every digit that
// an id may go on with.
func AfterID(prefix string) string { return prefix + "g" }

// OneDelivery is the answer to who asks for a delivery by the beginning of its
// id, of the first two that were found.
func OneDelivery(found []Delivery, id string) (*toolsv1.DeliveryRecord, error) {
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%w: %s", ledger.ErrNoDelivery, id)
	case 1:
		return found[0].Decoded()
	default:
		return nil, fmt.Errorf("%w: %s", ledger.ErrAmbiguous, id)
	}
}

// DeliveryPage makes a page of what was found, one more than limit at most.
func DeliveryPage(found []Delivery, limit int) (page ledger.DeliveryPage, err error) {
	found, page.Next = Page(found, limit, func(d Delivery) int64 { return d.Seq })
	for i := range found {
		record, err := found[i].Decoded()
		if err != nil {
			return page, err
		}
		page.Records = append(page.Records, record)
	}
	return page, nil
}

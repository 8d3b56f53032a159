package ledger

import (
	"context"
	"errors"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

var (
	// ErrNoDelivery: no delivery has an id that begins so.
	ErrNoDelivery = errors.New("ledger: delivery not found")
	// ErrAmbiguous: several deliveries have ids that begin so.
	ErrAmbiguous = errors.New("ledger: several deliveries have ids that begin so")
)

// Rejected is the status of a delivery that was refused.
const Rejected = "rejected"

// Deliveries is what the ledger knows of the requests to ingress, for people:
// nothing that a run does rests on it. Ingress tells it beside the requests, so
// the newest are a second late and some may be missing.
type Deliveries interface {
	// RecordDeliveries keeps records under their ids; those that are known
	// already stay as they are. It may write a part of them when it fails:
	// send them again.
	RecordDeliveries(ctx context.Context, r Report) error

	// GetDelivery finds a delivery by its id or the beginning of it. It returns
	// ErrNoDelivery, or ErrAmbiguous where several begin so.
	GetDelivery(ctx context.Context, id string) (*toolsv1.DeliveryRecord, error)

	// ListDeliveries returns deliveries in the order in which they were
	// recorded, newest first.
	ListDeliveries(ctx context.Context, q DeliveryQuery) (DeliveryPage, error)
}

// Report is a batch of deliveries that one process of ingress tells.
type Report struct {
	Records []*toolsv1.DeliveryRecord
	// Reporter names the process.
	Reporter string
	// How many deliveries the reporter has counted and told no more of, by
	// source: totals since it started. A smaller one than is known is an old one.
	Dropped map[string]uint64
	Keep    Keep
}

// Keep is how many deliveries stay. Those that were refused are counted apart:
// anybody can make them, and they must not push out what a provider sent.
type Keep struct{ Refused, Accepted int64 }

// DeliveryQuery selects deliveries.
type DeliveryQuery struct {
	Limit  int
	Token  string // from the page before
	Source string
	// Only with this status, reason or HTTP code.
	Answer string
}

// DeliveryPage is a part of the list.
type DeliveryPage struct {
	Records []*toolsv1.DeliveryRecord
	Next    string
	// By source, of all reporters together.
	Dropped map[string]uint64
}

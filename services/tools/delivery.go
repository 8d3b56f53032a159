package tools

import (
	"context"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// keepRefused bounds what strangers can make the ledger hold: a refused
	// delivery takes about half a KiB, with an explanation twice that.
	keepRefused = 100_000
	// keepAccepted is larger, since each comes with an event that is kept whole.
	keepAccepted = 1_000_000
)

// RecordDeliveries implements RunService.
func (r *runs) RecordDeliveries(ctx context.Context, req *toolsv1.RecordDeliveriesRequest) (*toolsv1.RecordDeliveriesResponse, error) {
	err := r.ledger.RecordDeliveries(ctx, ledger.Report{
		Records:  req.GetDeliveries(),
		Reporter: req.GetReporter(),
		Dropped:  req.GetDropped(),
		Keep:     ledger.Keep{Refused: keepRefused, Accepted: keepAccepted},
	})
	if err != nil {
		return nil, unavailable(err)
	}
	return &toolsv1.RecordDeliveriesResponse{}, nil
}

// GetDelivery implements RunService.
func (r *runs) GetDelivery(ctx context.Context, req *toolsv1.GetDeliveryRequest) (*toolsv1.GetDeliveryResponse, error) {
	d, err := r.ledger.GetDelivery(ctx, req.GetId())
	if err != nil {
		return nil, unavailable(err)
	}
	return &toolsv1.GetDeliveryResponse{Delivery: d}, nil
}

// ListDeliveries implements RunService.
func (r *runs) ListDeliveries(ctx context.Context, req *toolsv1.ListDeliveriesRequest) (*toolsv1.ListDeliveriesResponse, error) {
	limit := int(req.GetPageSize())
	if limit == 0 {
		limit = 50
	}
	page, err := r.ledger.ListDeliveries(ctx, ledger.DeliveryQuery{Limit: limit, Token: req.GetPageToken(), Source: req.GetSource(), Answer: req.GetAnswer()})
	if err != nil {
		return nil, unavailable(err)
	}
	return &toolsv1.ListDeliveriesResponse{Deliveries: page.Records, NextPageToken: page.Next, Dropped: page.Dropped}, nil
}

package record

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Opening is an Opening with everything encoded that needs no look into the store.
type Opening struct {
	ledger.Opening
	// Run is the run as it is when this makes it.
	Run *toolsv1.Run
	// Opened is the run as its row keeps it, once At was called.
	Opened []byte
	Memory Memory
	// ReceivedAt is the event's, in microseconds.
	ReceivedAt int64
	now        int64
}

// NewOpening encodes an opening. At gives it its time.
func NewOpening(given ledger.Opening) (*Opening, error) {
	o := &Opening{
		Opening: given, ReceivedAt: receivedAt(given.Event),
		Run: &toolsv1.Run{RunId: string(given.Run), EventId: given.Event.GetId(), Authn: given.Authn, Event: ledger.Head(given.Event), Links: given.Links},
	}
	var err error
	if o.Sealed == nil {
		if o.Sealed, err = proto.Marshal(given.Event); err != nil {
			return nil, fmt.Errorf("ledger: encode an event: %w", err)
		}
	}
	if given.Authn == ledger.Operator {
		return o, nil
	}
	o.Memory, err = newMemory(given.Delta, textsOf(given.Event), given.Authn)
	return o, err
}

// At dates the opening, in microseconds.
func (o *Opening) At(now int64) (err error) {
	o.now, o.Run.OpenedAt = now, stamp(now)
	if o.Opened, err = proto.Marshal(o.Run); err != nil {
		return fmt.Errorf("ledger: encode a run: %w", err)
	}
	return nil
}

// Now is what At was given.
func (o *Opening) Now() int64 { return o.now }

// LeaseUntil is when the opener's lease of the run runs out.
func (o *Opening) LeaseUntil() int64 { return o.now + o.Lease.Microseconds() }

// DeliveredAt is when the delivery came.
func (o *Opening) DeliveredAt() int64 {
	if at := o.Delivery.GetReceivedAt(); at != nil {
		return ledger.Micros(at.AsTime())
	}
	return o.now
}

// Window returns the key that makes the event a duplicate of another, and how far
// apart in microseconds both may be received; ok is false of an event that is one for ever.
func (o *Opening) Window() (key string, micros int64, ok bool) {
	window := o.Event.GetDedupWindow().AsDuration()
	return o.Event.GetDedupKey(), window.Microseconds(), window > 0
}

// Created is the answer to the opening that made the run.
func (o *Opening) Created(row Run, store string) ledger.Opened {
	o.Run.Deliveries, o.Run.Writes = 1, row.Written.Shown(store, o.Authn)
	return ledger.Opened{Stored: ledger.Stored{Run: o.Run, Event: o.Event, Entry: row.Entry}, Created: true, Leased: true}
}

func receivedAt(e *eventv1.WebhookEvent) int64 {
	if e.GetReceivedAt() == nil {
		return 0
	}
	return ledger.Micros(e.GetReceivedAt().AsTime())
}

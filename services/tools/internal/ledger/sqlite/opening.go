package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// opening is an Opening with everything encoded that needs no look into the file.
type opening struct {
	ledger.Opening
	now    int64
	sealed []byte
	opened []byte
	memory memory
}

// Open implements ledger.Ledger.
func (s *Store) Open(ctx context.Context, given ledger.Opening) (ledger.Opened, error) {
	now := s.now()
	run := &toolsv1.Run{
		RunId: string(given.Run), EventId: given.Event.GetId(), Authn: given.Authn, Event: ledger.Head(given.Event),
		Links: given.Links, OpenedAt: timestamppb.New(now),
	}
	o, err := encodeOpening(given, run, ledger.Micros(now))
	if err != nil {
		return ledger.Opened{}, err
	}
	var row runRow
	var created, leased bool
	err = s.writer.do(ctx, func(b *batch) (err error) {
		row, created, leased, err = o.write(b)
		return err
	})
	if err != nil {
		return ledger.Opened{}, err
	}
	if created {
		run.Deliveries, run.Writes = 1, row.written.shown(given.Authn)
		return ledger.Opened{Stored: ledger.Stored{Run: run, Event: given.Event}, Created: true, Leased: true}, nil
	}
	stored, err := row.stored()
	return ledger.Opened{Stored: stored, Leased: leased}, err
}

func encodeOpening(given ledger.Opening, run *toolsv1.Run, now int64) (*opening, error) {
	o := &opening{Opening: given, now: now, sealed: given.Sealed}
	var err error
	if o.sealed == nil {
		if o.sealed, err = proto.Marshal(given.Event); err != nil {
			return nil, fmt.Errorf("sqlite: encode an event: %w", err)
		}
	}
	if o.opened, err = proto.Marshal(run); err != nil {
		return nil, fmt.Errorf("sqlite: encode a run: %w", err)
	}
	if given.Authn == ledger.Operator {
		return o, nil
	}
	o.memory, err = encodeMemory(given.Delta, textsOf(given.Event), given.Authn)
	return o, err
}

func (o *opening) write(b *batch) (row runRow, created, leased bool, err error) {
	seq, err := o.insertEvent(b)
	if err != nil {
		return row, false, false, err
	}
	if seq == 0 {
		row, leased, err = o.repeat(b)
		return row, false, leased, err
	}
	row, err = o.insertRun(b, seq)
	return row, true, true, err
}

// insertEvent returns 0 where the event is known.
func (o *opening) insertEvent(b *batch) (int64, error) {
	e := o.Event
	var window any
	if e.GetDedupWindow().AsDuration() > 0 {
		window = e.GetDedupKey()
		if _, err := o.inWindow(b); err == nil || !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
	}
	seq, err := b.insert(insertEvent, e.GetId(), e.GetSource(), e.GetInstance(), receivedAt(e), window, o.sealed)
	if err != nil || seq == 0 {
		return 0, err
	}
	if o.Body != nil {
		if _, err := b.exec(insertBody, seq, o.Body); err != nil {
			return 0, err
		}
	}
	return seq, o.insertDelivery(b, seq)
}

// inWindow finds the newest event of the same key that came within the window.
func (o *opening) inWindow(b *batch) (seq int64, err error) {
	e, at := o.Event, receivedAt(o.Event)
	window := e.GetDedupWindow().AsDuration().Microseconds()
	err = b.row(selectEventInWindow, e.GetSource(), e.GetInstance(), e.GetDedupKey(), at-window, at+window).Scan(&seq)
	return seq, unavailable(err)
}

func (o *opening) insertDelivery(b *batch, seq int64) error {
	d := o.Delivery
	if d == nil {
		return nil
	}
	at := o.now
	if d.GetReceivedAt() != nil {
		at = ledger.Micros(d.GetReceivedAt().AsTime())
	}
	_, err := b.exec(insertDelivery, seq, d.GetDeliveryId(), d.GetHookId(), d.GetRetry(), at)
	return err
}

func (o *opening) insertRun(b *batch, seq int64) (row runRow, err error) {
	if row.written, err = o.memory.apply(b, o.Event.GetId()); err != nil {
		return row, err
	}
	w := row.written
	if _, err := b.exec(insertRun, seq, string(o.Run), o.Event.GetSource(), string(o.Owner), o.now+o.Lease.Microseconds(), w.records, w.facts, w.links, o.opened); err != nil {
		return row, err
	}
	return row, b.enter(seq, "opened", o.memory.entry)
}

// repeat counts a further delivery. The lease is taken only where nobody has
// planned the run and nobody is about to.
func (o *opening) repeat(b *batch) (row runRow, leased bool, err error) {
	seq, err := o.known(b)
	if err != nil {
		return row, false, err
	}
	if err := o.insertDelivery(b, seq); err != nil {
		return row, false, err
	}
	if _, err := b.exec(countDelivery, seq); err != nil {
		return row, false, err
	}
	taken, err := b.exec(leaseRun, string(o.Owner), o.now+o.Lease.Microseconds(), seq, o.now)
	if err != nil {
		return row, false, err
	}
	if row, err = oneRun(b, selectRunBySeq, seq); err != nil {
		return row, false, err
	}
	if err := row.withCalls(b); err != nil {
		return row, false, err
	}
	return row, taken > 0, row.withEvent(b)
}

func (o *opening) known(b *batch) (seq int64, err error) {
	if o.Event.GetDedupWindow().AsDuration() > 0 {
		if seq, err = o.inWindow(b); !errors.Is(err, sql.ErrNoRows) {
			return seq, err
		}
	}
	err = b.row(selectEventSeq, o.Event.GetId()).Scan(&seq)
	return seq, unavailable(err)
}

func receivedAt(e *eventv1.WebhookEvent) int64 {
	if e.GetReceivedAt() == nil {
		return 0
	}
	return ledger.Micros(e.GetReceivedAt().AsTime())
}

// enter appends to the outbox and has watchers woken after the commit.
func (b *batch) enter(run int64, kind string, delta []byte) error {
	b.changed = true
	_, err := b.exec(insertEntry, run, kind, delta)
	return err
}

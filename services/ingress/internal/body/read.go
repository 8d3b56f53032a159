package body

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
)

// Max is the largest body taken, in bytes. GitHub sends none above 25 MB.
// Source: docs.github.com, "Webhook events and payloads", "Payload cap".
const Max = 25 << 20

// Clock is what a request has of time.
type Clock struct {
	Start time.Time
	// Deadline, from Start on, is when the whole body must be there. At most half
	// of it is spent waiting for room: a body that got none is our fault, and one
	// that came too slowly is its sender's.
	Deadline time.Duration
}

// reservation is what a body holds of the budget.
type reservation struct {
	from  *pool
	share uint64
	bytes int64
}

func (r *reservation) release() { r.from.release(r.share, r.bytes) }

// Read reads the whole body. What it holds of the budget is given back by
// release, to be called when nothing refers to the body any more, and never nil.
// A reason other than "" says why there is no body: BodyTooLarge, Overloaded,
// BodyTimeout, or InvalidPayload for one that was cut off.
func (b *Budget) Read(ctx context.Context, w http.ResponseWriter, r *http.Request, client netip.Addr, clock Clock) (body []byte, release func(), reason answer.Reason) {
	if r.ContentLength > Max {
		return nil, func() {}, answer.BodyTooLarge
	}
	held := reservation{from: &b.small, share: b.share(client), bytes: r.ContentLength}
	switch {
	case r.ContentLength < 0:
		held.bytes = small
	case r.ContentLength > small:
		held.from = &b.large
	}
	if !held.from.try(held.share, held.bytes) && !wait(ctx, held, clock) {
		return nil, func() {}, answer.Overloaded
	}
	// A writer without deadlines is a test's; its body is in memory.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(clock.Start.Add(clock.Deadline))
	var err error
	if r.ContentLength >= 0 {
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = b.readUnsized(&held, http.MaxBytesReader(w, r.Body, Max))
	}
	if err != nil {
		held.release()
		return nil, func() {}, refusal(err)
	}
	_ = control.SetReadDeadline(time.Time{})
	return body, held.release, ""
}

func wait(ctx context.Context, held reservation, clock Clock) bool {
	ctx, cancel := context.WithDeadline(ctx, clock.Start.Add(clock.Deadline/2))
	defer cancel()
	return held.from.wait(ctx, held.share, held.bytes)
}

var errNoRoom = errors.New("no room for a large body")

// readUnsized reads a body whose length nobody said. Beyond the small size it
// takes room for the largest, at once or not at all: one that waits would hold
// its place among the small ones.
func (b *Budget) readUnsized(held *reservation, from io.Reader) ([]byte, error) {
	head, err := io.ReadAll(io.LimitReader(from, small+1))
	if err != nil || len(head) <= small {
		return head, err
	}
	if !b.large.try(held.share, Max) {
		return nil, errNoRoom
	}
	held.release()
	held.from, held.bytes = &b.large, Max
	// One byte more than ever comes, so that there is room until the end is read.
	whole := make([]byte, Max+1)
	n := copy(whole, head)
	for {
		read, err := from.Read(whole[n:])
		n += read
		if errors.Is(err, io.EOF) {
			return whole[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// refusal is the word for a body that could not be read.
func refusal(err error) answer.Reason {
	if errors.Is(err, errNoRoom) {
		return answer.Overloaded
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return answer.BodyTooLarge
	}
	if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() {
		return answer.BodyTimeout
	}
	// Cut off, or broken chunks: nobody may be there to read this.
	return answer.InvalidPayload
}

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

// Read reads the whole body. What it holds of the budget is given back by
// release, to be called when nothing refers to the body any more, and never nil.
// A reason other than "" says why there is no body: BodyTooLarge, Overloaded,
// BodyTimeout, or InvalidPayload for one that was cut off.
func (b *Budget) Read(ctx context.Context, w http.ResponseWriter, r *http.Request, client netip.Addr, clock Clock) (body []byte, release func(), reason answer.Reason) {
	if r.ContentLength > Max {
		return nil, func() {}, answer.BodyTooLarge
	}
	// A writer without deadlines is a test's; its body is in memory.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(clock.Start.Add(clock.Deadline))
	room, cancel := context.WithDeadline(ctx, clock.Start.Add(clock.Deadline/2))
	defer cancel()
	g := growing{budget: b, share: b.share(client), room: room, from: r.Body, length: r.ContentLength}
	if g.length < 0 {
		g.from = http.MaxBytesReader(w, r.Body, Max)
	}
	if err := g.read(); err != nil {
		g.held.release()
		return nil, func() {}, g.refusal(err)
	}
	_ = control.SetReadDeadline(time.Time{})
	return g.body, g.held.release, ""
}

// reservation is what a body holds of the budget; its zero value holds nothing.
type reservation struct {
	from  *pool
	share uint64
	bytes int64
}

func (r *reservation) release() {
	if r.from != nil {
		r.from.release(r.share, r.bytes)
	}
}

// growing is a body while it is read.
type growing struct {
	budget *Budget
	share  uint64
	room   context.Context //nolint:containedctx // bounds the wait for room, apart from the request
	from   io.Reader
	length int64 // -1 where nobody said it
	body   []byte
	held   reservation
	waited bool
}

// sizes are those that a body grows through to n bytes, or to the largest where
// the length is not known. Room is given for what came, not for what is
// announced: who announces much and sends nothing takes little from the others.
func sizes(n int64) []int64 {
	all := []int64{4 << 10, 16 << 10, 64 << 10, small, Max + 1}
	if n < 0 {
		return all
	}
	all = all[:3]
	for i, size := range all {
		if n <= size {
			return append(all[:i], n)
		}
	}
	return append(all, n)
}

var errNoRoom = errors.New("no room for the body")

func (g *growing) read() error {
	for _, size := range sizes(g.length) {
		if err := g.grow(size); err != nil {
			return err
		}
		n, err := io.ReadFull(g.from, g.body[len(g.body):size])
		g.body = g.body[:len(g.body)+n]
		if g.length < 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
			return g.ended()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ended tells the end of a body whose length nobody said from one that was cut
// off, which ReadFull calls the same.
func (g *growing) ended() error {
	var one [1]byte
	if n, err := g.from.Read(one[:]); n > 0 || !errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// grow makes room for n bytes in all. One whose length nobody said takes that of
// the largest at once or not at all: it would keep small ones out while it waits.
func (g *growing) grow(n int64) error {
	next := reservation{from: &g.budget.small, share: g.share, bytes: n}
	if n > small {
		next.from = &g.budget.large
	}
	if !next.from.try(next.share, n) {
		g.waited = true
		if g.length < 0 && n > small || !next.from.wait(g.room, next.share, n) {
			return errNoRoom
		}
	}
	bigger := make([]byte, len(g.body), n)
	copy(bigger, g.body)
	g.held.release()
	g.body, g.held = bigger, next
	return nil
}

// refusal is the word for a body that could not be read.
func (g *growing) refusal(err error) answer.Reason {
	if errors.Is(err, errNoRoom) {
		return answer.Overloaded
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return answer.BodyTooLarge
	}
	if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() {
		if g.waited {
			return answer.Overloaded // it had less time because of us
		}
		return answer.BodyTimeout
	}
	// Cut off, or broken chunks: nobody may be there to read this.
	return answer.InvalidPayload
}

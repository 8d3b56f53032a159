package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// ErrRefused: the database is there and must not be used as it is.
var ErrRefused = errors.New("refused")

// failedFor is how long nobody tries again after a failure: meanwhile whoever
// asks is refused at once, and does not wait for the same.
const failedFor = 500 * time.Millisecond

// gate lets operations through to a database whose schema was looked at. One
// tries to open it, the others wait for the same attempt.
type gate struct {
	open func(context.Context) error
	// Operations pass without a look.
	isOpen atomic.Bool

	mu     sync.Mutex
	trying chan struct{}
	failed error
}

func (g *gate) pass(ctx context.Context) error {
	if g.isOpen.Load() {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.failed
	}
	g.mu.Lock()
	if g.failed != nil {
		defer g.mu.Unlock()
		return g.failed
	}
	if g.trying == nil {
		g.trying = make(chan struct{})
		go g.try(g.trying)
	}
	trying := g.trying
	g.mu.Unlock()
	select {
	case <-trying:
		return g.pass(ctx)
	case <-ctx.Done():
		return fmt.Errorf("%w: the database was not reached: %w", ledger.ErrUnavailable, ctx.Err())
	}
}

// try opens the gate for all, whoever of them leaves meanwhile.
func (g *gate) try(done chan struct{}) {
	err := g.open(context.Background())
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.isOpen.Store(true)
	} else {
		g.fail(err)
	}
	g.trying = nil
	close(done)
}

// away has operations refused for a moment, after a connection could not be made.
func (g *gate) away(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fail(err)
}

func (g *gate) fail(err error) {
	if g.failed != nil {
		return
	}
	g.failed = err
	time.AfterFunc(failedFor, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.failed = nil
	})
}

// shut has the next operation look at the database again.
func (g *gate) shut() { g.isOpen.Store(false) }

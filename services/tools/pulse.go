package tools

import (
	"context"
	"sync"
	"time"
)

const (
	// pulseAge is how long an answer of the ledger holds.
	pulseAge = time.Second
	// pulseTime bounds one question.
	pulseTime = 2 * time.Second
)

// pulse says whether the ledger can be written, and asks it at most once a
// second: /readyz is open to whoever reaches the port, and each question is a
// commit.
type pulse struct {
	ping func(context.Context) error
	now  func() time.Time

	mu  sync.Mutex
	at  time.Time
	err error
}

func (p *pulse) check(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := p.now().Sub(p.at); age >= 0 && age < pulseAge {
		return p.err
	}
	// The answer is for others too: a caller who leaves must not make it one of failure.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pulseTime)
	defer cancel()
	p.err = p.ping(ctx)
	p.at = p.now()
	return p.err
}

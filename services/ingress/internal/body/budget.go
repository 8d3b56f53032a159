package body

import (
	"context"
	"hash/maphash"
	"net/netip"

	"golang.org/x/sync/semaphore"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/address"
)

const (
	// small is the largest body of the pool that nearly all deliveries need: a
	// flood of large ones leaves it alone.
	small = 1 << 20

	smallBudget = 64 << 20
	// largeBudget is five of the largest bodies.
	largeBudget = 128 << 20

	// shares is how many groups clients fall into. Each may hold half of a pool.
	shares = 64
)

// Budget is the memory that bodies may hold at a time: 64 MiB those up to
// 1 MiB, 128 MiB the larger ones. One client gets at most half of each; clients
// are told apart by a hash, so that no list of them grows. Several addresses
// together can still take all of it, for as long as a deadline lets them.
type Budget struct {
	seed         maphash.Seed
	small, large pool
}

// NewBudget makes a budget of which nothing is held.
func NewBudget() *Budget {
	return &Budget{seed: maphash.MakeSeed(), small: newPool(smallBudget), large: newPool(largeBudget)}
}

// share is the group of clients that a client falls into: with all others of
// its network's owner.
func (b *Budget) share(client netip.Addr) uint64 {
	return maphash.Comparable(b.seed, address.Group(client)) % shares
}

type pool struct {
	all    *semaphore.Weighted
	shares [shares]*semaphore.Weighted
}

func newPool(size int64) pool {
	p := pool{all: semaphore.NewWeighted(size)}
	for i := range p.shares {
		p.shares[i] = semaphore.NewWeighted(size / 2)
	}
	return p
}

// try reserves n bytes if nobody has to wait for them.
func (p *pool) try(share uint64, n int64) bool {
	if !p.shares[share].TryAcquire(n) {
		return false
	}
	if !p.all.TryAcquire(n) {
		p.shares[share].Release(n)
		return false
	}
	return true
}

// wait reserves n bytes, and waits its turn until ctx is done. A share comes
// before the pool: who waits for its own holds nothing of the others'.
func (p *pool) wait(ctx context.Context, share uint64, n int64) bool {
	if p.shares[share].Acquire(ctx, n) != nil {
		return false
	}
	if p.all.Acquire(ctx, n) != nil {
		p.shares[share].Release(n)
		return false
	}
	return true
}

func (p *pool) release(share uint64, n int64) {
	p.all.Release(n)
	p.shares[share].Release(n)
}

package bucket

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Burst is how many an address may take at once, and perSecond how many come
	// back. A provider whose secret is wrong sends less; who guesses sends more.
	Burst     = 60
	perSecond = 1
	// Most is how many addresses are known. Beyond it the one that was idle the
	// longest is forgotten and starts anew with a full bucket: who has that many
	// addresses is not held up, and who has one of the others isn't either.
	Most = 10_000
)

// Table is a bucket for each address. It may be used by several at once.
type Table struct {
	now func() time.Time

	mu    sync.Mutex
	known map[netip.Addr]*list.Element
	idle  *list.List // of *entry, the latest first
}

type entry struct {
	addr    netip.Addr
	limiter *rate.Limiter
}

// New makes an empty table. now tells the time by which buckets fill up.
func New(now func() time.Time) *Table {
	return &Table{now: now, known: map[netip.Addr]*list.Element{}, idle: list.New()}
}

// Empty tells whether Take would fail, and takes nothing.
func (t *Table) Empty(addr netip.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.known[addr]
	return ok && e.Value.(*entry).limiter.TokensAt(t.now()) < 1
}

// Take takes one, if the address's bucket has one left.
func (t *Table) Take(addr netip.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.known[addr]
	if !ok {
		if len(t.known) == Most {
			oldest := t.idle.Back()
			delete(t.known, oldest.Value.(*entry).addr)
			t.idle.Remove(oldest)
		}
		e = t.idle.PushFront(&entry{addr, rate.NewLimiter(perSecond, Burst)})
		t.known[addr] = e
	}
	t.idle.MoveToFront(e)
	return e.Value.(*entry).limiter.AllowN(t.now(), 1)
}

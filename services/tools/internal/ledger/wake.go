package ledger

import "sync"

// Wakers tells those who wait that some run changed.
type Wakers struct {
	mu   sync.Mutex
	next int
	wait map[int]chan struct{}
}

// NewWakers has nobody wait.
func NewWakers() *Wakers { return &Wakers{wait: make(map[int]chan struct{})} }

// Wake never blocks: who has not looked since the last time looks once.
func (w *Wakers) Wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.wait {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// Subscribe is Ledger's.
func (w *Wakers) Subscribe() (wake <-chan struct{}, cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id, ch := w.next, make(chan struct{}, 1)
	w.next++
	w.wait[id] = ch
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.wait, id)
	}
}

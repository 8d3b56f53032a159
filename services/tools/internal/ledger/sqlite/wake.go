package sqlite

import "sync"

// wakers tells those who wait that some run changed.
type wakers struct {
	mu   sync.Mutex
	next int
	wait map[int]chan struct{}
}

func newWakers() *wakers { return &wakers{wait: make(map[int]chan struct{})} }

// wake never blocks: who has not looked since the last time looks once.
func (w *wakers) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.wait {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// Subscribe implements ledger.Ledger.
func (s *Store) Subscribe() (wake <-chan struct{}, cancel func()) {
	w := s.wakers
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

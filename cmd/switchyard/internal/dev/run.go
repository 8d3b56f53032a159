package dev

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// part is one service with its listener.
type part struct {
	name string
	ln   net.Listener
	run  func(context.Context, net.Listener) error
	// release frees what a part that never ran holds; nil for nothing.
	release func() error
}

// close ends a part that never ran.
func (p part) close() error {
	var errs []error
	if p.ln != nil {
		errs = append(errs, p.ln.Close())
	}
	if p.release != nil {
		errs = append(errs, p.release())
	}
	return errors.Join(errs...)
}

// run serves all parts until ctx is done or one of them ends. Then the parts
// end one after the other in their order, so that each still finds those that
// it needs. It returns the first error.
func (s *stack) run(ctx context.Context, started func() error) error {
	ended := make(chan struct{}, len(s.parts))
	stops := make([]context.CancelFunc, len(s.parts))
	errs := make([]chan error, len(s.parts))
	for i, p := range s.parts {
		own, stop := context.WithCancel(context.WithoutCancel(ctx))
		stops[i], errs[i] = stop, make(chan error, 1)
		go func() {
			errs[i] <- p.run(own, p.ln)
			ended <- struct{}{}
		}()
	}
	err := started()
	if err == nil {
		select {
		case <-ctx.Done():
		case <-ended:
		}
	}
	for i, p := range s.parts {
		stops[i]()
		if e := <-errs[i]; e != nil && err == nil {
			err = fmt.Errorf("%s: %w", p.name, e)
		}
	}
	return err
}

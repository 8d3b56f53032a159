package sink

import "time"

const (
	// openAfter failures in a row nobody waits for the store any more.
	openAfter = 3
	// The wait after a failure doubles from firstWait to mostWait, less up to a half.
	firstWait = 200 * time.Millisecond
	mostWait  = 2 * time.Second
)

// circuit says whether a store is worth waiting for. The zero value is closed.
type circuit struct{ failures int }

// failed returns the wait before the store is tried again.
func (c *circuit) failed(random float64) time.Duration {
	c.failures++
	wait := mostWait
	if c.failures < 8 {
		wait = min(firstWait<<(c.failures-1), mostWait)
	}
	return wait - time.Duration(random*float64(wait)/2)
}

// succeeded closes it.
func (c *circuit) succeeded() { c.failures = 0 }

func (c *circuit) open() bool { return c.failures >= openAfter }

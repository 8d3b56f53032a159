package sqlite

// expiredBatch bounds how many calls that ran out one LeaseCalls puts to rest.
const expiredBatch = 256

// leasing is one LeaseCalls.
type leasing struct {
	owner      string
	now, until int64
	limit      int
	leased     []callRow
}

func (l *leasing) run(b *batch) error {
	if err := l.expire(b); err != nil {
		return err
	}
	due, err := collect(b, scanCall, selectDue, l.now, l.limit)
	if err != nil {
		return err
	}
	for i := range due {
		if err := l.take(b, &due[i]); err != nil {
			return err
		}
	}
	return nil
}

// expire puts to rest what is no longer wanted. An attempt whose outcome nobody
// recorded may have had its effect: calling it failed would let it happen twice.
func (l *leasing) expire(b *batch) error {
	late, err := collect(b, scanCall, selectExpired, l.now, expiredBatch)
	if err != nil {
		return err
	}
	for i := range late {
		c := &late[i]
		shown, err := c.decoded()
		if err != nil {
			return err
		}
		if shown.GetState() == "running" {
			c.rest("unknown", "")
		} else {
			c.rest("failed", "expired")
		}
		if err := l.put(b, c); err != nil {
			return err
		}
	}
	return nil
}

// take leases a call unless somebody works on its key or a later one replaces it.
func (l *leasing) take(b *batch, c *callRow) error {
	if _, err := c.decoded(); err != nil {
		return err
	}
	if c.mode == "act" && c.shown.GetClass() == "upsert" {
		others, err := b.upserts(c)
		if err != nil {
			return err
		}
		// One that was begun is over by now. Made again it would put back what a
		// later one wrote.
		if others.laterThan(c.version) {
			c.rest("skipped", "superseded")
			return l.put(b, c)
		}
		if others.busy(l.now) || c.lookAt == 0 && others.begun() {
			return nil
		}
	}
	c.owner, c.leaseUntil = l.owner, l.until
	if err := c.save(b); err != nil {
		return err
	}
	l.leased = append(l.leased, *c)
	return nil
}

func (l *leasing) put(b *batch, c *callRow) error {
	if err := c.save(b); err != nil {
		return err
	}
	_, err := b.settle(c.seq, l.now)
	return err
}

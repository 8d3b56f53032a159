package sqlite

import "github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"

// expiredBatch bounds how many calls that ran out one LeaseCalls puts to rest.
const expiredBatch = 256

// leasing is one LeaseCalls.
type leasing struct {
	owner      string
	now, until int64
	limit      int
	except     any
	only       string
	leased     []record.Call
	// How many of the last look's calls wait for their key.
	waiting int
}

func (l *leasing) run(b *batch) error {
	if err := l.expire(b); err != nil {
		return err
	}
	// Those that wait for their key are out of the next look's way.
	for range record.Looks {
		if err := l.look(b); err != nil || l.waiting == 0 || len(l.leased) == l.limit {
			return err
		}
	}
	return nil
}

func (l *leasing) look(b *batch) error {
	l.waiting = 0
	due, err := collect(b, scanCall, selectDue, l.now, l.limit-len(l.leased), l.except, l.only)
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

// expire puts to rest what is no longer wanted.
func (l *leasing) expire(b *batch) error {
	late, err := collect(b, scanCall, selectExpired, l.now, expiredBatch)
	if err != nil {
		return err
	}
	for i := range late {
		if err := late[i].Expire(); err != nil {
			return err
		}
		if err := l.put(b, &late[i]); err != nil {
			return err
		}
	}
	return nil
}

// take leases a call unless somebody works on its key or a later one replaces it.
func (l *leasing) take(b *batch, c *record.Call) error {
	if _, err := c.Decoded(); err != nil {
		return err
	}
	if c.Admission() == record.Shared {
		others, err := b.upserts(c)
		if err != nil {
			return err
		}
		switch others.Turn(c, l.now) {
		case record.Drop:
			return l.put(b, c)
		case record.Wait:
			l.waiting++
			c.Postpone(l.now)
			return b.saveCall(c)
		case record.Take:
		}
	}
	c.Owner, c.LeaseUntil = l.owner, l.until
	if err := b.saveCall(c); err != nil {
		return err
	}
	l.leased = append(l.leased, *c)
	return nil
}

func (l *leasing) put(b *batch, c *record.Call) error {
	if err := b.saveCall(c); err != nil {
		return err
	}
	if err := b.follow(c.Seq, l.now); err != nil {
		return err
	}
	_, err := b.settle(c.Seq, l.now)
	return err
}

package postgres

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// expiredBatch bounds how many calls that ran out one LeaseCalls puts to rest.
const expiredBatch = 256

// leasing is one LeaseCalls.
type leasing struct {
	given   ledger.Leasing
	until   int64
	numbers []int64
	runs    map[string]*runRow
	effects *effects
	changes changes
	leased  []*record.Call
	// How many calls wait for their key.
	waiting int
}

// LeaseCalls implements ledger.Ledger. Each look is a transaction of its own: names
// are locked in one order, and a second look has names of its own.
func (s *Store) LeaseCalls(ctx context.Context, given ledger.Leasing) ([]ledger.Call, error) {
	var leased []*record.Call
	for range record.Looks {
		var l *leasing
		err := s.again(ctx, func(t *transaction) error {
			l = &leasing{given: given, effects: newEffects()}
			return l.run(t, given.Limit-len(leased))
		})
		if err != nil {
			// What was leased before is due again when its lease has run out.
			return nil, err
		}
		leased = append(leased, l.leased...)
		if l.waiting == 0 || len(leased) == given.Limit {
			break
		}
	}
	calls := make([]ledger.Call, 0, len(leased))
	for _, c := range leased {
		call, err := c.Leased()
		if err != nil {
			return nil, err
		}
		call.Lease = given.Lease
		calls = append(calls, call)
	}
	return calls, nil
}

// candidate is a call that may be leased or put to rest.
type candidate struct{ id, run, key string }

const (
	isDue     = ` call.state IN ('queued', 'running') AND call.next_at <= $1 AND call.lease_until <= $1 AND call.look_at <= $1 `
	isExpired = ` call.state IN ('queued', 'running') AND call.valid_until <= $1 AND call.lease_until <= $1 AND call.look_at <= $1 `
	// What was begun and never recorded has no time and comes first: its effect may
	// be half done. What was tried in vain, or waits for its key, waits its turn:
	// else it would keep everybody else's calls from ever being made.
	dueOrder = ` ORDER BY call.next_at, call.run, call.position LIMIT $2 `
)

func (l *leasing) run(t *transaction, limit int) error {
	// One process leases at a time: two would want the same calls.
	t.lockOne(lockLeases)
	if err := t.send(); err != nil {
		return err
	}
	l.until = t.now + l.given.Lease.Microseconds()
	var late, due []candidate
	collect := func(list *[]candidate) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			var c candidate
			err := rows.Scan(into{&c.id}, into{&c.run}, into{&c.key})
			*list = append(*list, c)
			return err
		}
	}
	t.query(collect(&late), `SELECT call.id, run.id, call.effect_key FROM call JOIN run ON run.seq = call.run WHERE`+isExpired+`LIMIT $2`, t.now, expiredBatch)
	t.query(collect(&due), `SELECT call.id, run.id, call.effect_key FROM call JOIN run ON run.seq = call.run WHERE`+isDue+`AND call.valid_until > $1 AND NOT call.provider = ANY($3::text[]) AND ($4 = '' OR run.id = $4)`+dueOrder,
		t.now, limit, texts(l.given.Except), text(string(l.given.Run)))
	if err := t.send(); err != nil || len(late)+len(due) == 0 {
		return err
	}
	if err := l.hold(t, slices.Concat(late, due)); err != nil {
		return err
	}
	for _, c := range late {
		if err := l.expire(t, c); err != nil {
			return err
		}
	}
	for _, c := range due {
		if err := l.take(t, c); err != nil {
			return err
		}
	}
	l.changes.write(t)
	return nil
}

// hold locks what the candidates depend on, and reads it again.
func (l *leasing) hold(t *transaction, candidates []candidate) error {
	ids := make(map[string]bool)
	for _, c := range candidates {
		ids[c.run], l.effects.wanted[c.key] = true, true
	}
	t.lock(l.effects.keys())
	l.runs = t.lockRuns(slices.Collect(maps.Keys(ids)))
	l.effects.read(t)
	t.numbers(&l.numbers, "entry_seq", len(candidates))
	return t.send()
}

// find returns the call as it is now, if it is still open and nobody's.
func (l *leasing) find(c candidate, now int64) (*runRow, *record.Call, error) {
	run := l.runs[c.run]
	if run == nil {
		return nil, nil, nil
	}
	call, err := record.FindCall(run.Calls, ledger.RunID(c.run), ledger.CallID(c.id))
	if err != nil || !record.IsOpen(call.Shown.GetState()) || call.LeaseUntil > now || call.LookAt > now {
		return nil, nil, err
	}
	return run, call, nil
}

// expire puts to rest what is no longer wanted.
func (l *leasing) expire(t *transaction, candidate candidate) error {
	run, c, err := l.find(candidate, t.now)
	if err != nil || c == nil || c.ValidUntil > t.now { // Prolonged meanwhile.
		return err
	}
	if err := c.Expire(); err != nil {
		return err
	}
	return l.put(t, run, c)
}

// take leases a call unless somebody works on its key or a later one replaces it.
func (l *leasing) take(t *transaction, candidate candidate) error {
	run, c, err := l.find(candidate, t.now)
	if err != nil || c == nil || c.NextAt > t.now {
		return err
	}
	if c.Admission() == record.Shared {
		switch l.effects.others(c).Turn(c, t.now) {
		case record.Drop:
			return l.put(t, run, c)
		case record.Wait:
			l.waiting++
			c.Postpone(t.now)
			return l.changes.save(c)
		case record.Take:
		}
	}
	c.Owner, c.LeaseUntil = string(l.given.Owner), l.until
	l.effects.hold(c)
	l.leased = append(l.leased, c)
	return l.changes.save(c)
}

func (l *leasing) put(t *transaction, run *runRow, c *record.Call) error {
	l.effects.hold(c)
	number := l.numbers[0]
	l.numbers = l.numbers[1:]
	return l.changes.changed(t, run, []*record.Call{c}, t.now, number)
}

package postgres

import (
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// changes are what a transaction makes of calls and their runs.
type changes struct {
	inserted, planned columns
	saved             map[string]*record.Call
	settled           map[int64]*runRow
	entries           entries
}

func (c *changes) insert(call *record.Call, position int) {
	s := call.Shown
	c.inserted.add(text(call.ID), call.Seq, int64(position), text(call.Key()), text(s.GetClass()), text(s.GetState()), text(call.Mode), text(call.Occurrence), call.Version,
		call.NotAfter, call.LookAt, call.ValidUntil, call.ValidFor, call.NextAt, text(call.Owner), call.LeaseUntil, call.Encoded, call.Payload,
		text(call.Provider()), text(call.Target), text(call.Actor), text(call.Place), call.PlannedAt, text(call.Needs), text(call.Sets))
}

// save encodes a call that changed; of several changes the last one is written.
func (c *changes) save(call *record.Call) error {
	if c.saved == nil {
		c.saved = make(map[string]*record.Call)
	}
	c.saved[call.ID] = call
	return call.Encode()
}

func (c *changes) plan(r *runRow) { c.planned.add(r.Seq, r.Plan, r.DecidedAt) }

// settle writes the run's decision and a line of the outbox.
func (c *changes) settle(r *runRow, number, now int64) {
	if c.settled == nil {
		c.settled = make(map[int64]*runRow)
	}
	c.settled[r.Seq] = r
	c.entries.add(number, r.Seq, "changed", now, nil)
}

const (
	insertCalls = `INSERT INTO call (id, run, position, effect_key, class, state, mode, occurrence, version, not_after, look_at, valid_until, valid_for, next_at, owner, lease_until, shown, payload,
			provider, target, actor, place, planned_at, needs, sets)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[],
			$12::bigint[], $13::bigint[], $14::bigint[], $15::text[], $16::bigint[], $17::bytea[], $18::bytea[], $19::text[], $20::text[], $21::text[], $22::text[], $23::bigint[], $24::text[], $25::text[])`
	// A read may have been prolonged since it was looked at: see effects.write.
	updateCalls = `UPDATE call SET state = now.state, not_after = now.not_after, look_at = now.look_at,
			valid_until = CASE WHEN call.class = 'read' AND call.needs = '' THEN greatest(call.valid_until, now.valid_until) ELSE now.valid_until END, next_at = now.next_at,
			owner = now.owner, lease_until = now.lease_until, shown = now.shown
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::bytea[])
			AS now (id, state, not_after, look_at, valid_until, next_at, owner, lease_until, shown) WHERE call.id = now.id`
	planRuns      = `UPDATE run SET plan = now.plan, decided_at = now.decided_at FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS now (seq, plan, decided_at) WHERE run.seq = now.seq`
	redecideCalls = `UPDATE call SET state = now.state, not_after = now.not_after, look_at = now.look_at, valid_until = now.valid_until, next_at = now.next_at,
			owner = now.owner, lease_until = now.lease_until, shown = now.shown, effect_key = now.effect_key, mode = now.mode, provider = now.provider,
			target = now.target, payload = now.payload, needs = now.needs, planned_at = now.planned_at
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::bytea[],
				$10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::text[], $16::bigint[])
			AS now (id, state, not_after, look_at, valid_until, next_at, owner, lease_until, shown, effect_key, mode, provider, target, payload, needs, planned_at) WHERE call.id = now.id`
	settleRuns = `UPDATE run SET decided_at = now.decided_at FROM unnest($1::bigint[], $2::bigint[]) AS now (seq, decided_at) WHERE run.seq = now.seq AND run.decided_at <> now.decided_at`
)

func (c *changes) write(t *transaction) {
	var calls, redecided, runs columns
	for _, call := range c.saved {
		now := []any{text(call.ID), text(call.Shown.GetState()), call.NotAfter, call.LookAt, call.ValidUntil, call.NextAt, text(call.Owner), call.LeaseUntil, call.Encoded}
		if call.Redecided {
			redecided.add(append(now, text(call.Key()), text(call.Mode), text(call.Provider()), text(call.Target), call.Payload, text(call.Needs), call.PlannedAt)...)
		} else {
			calls.add(now...)
		}
	}
	for seq, r := range c.settled {
		runs.add(seq, r.DecidedAt)
	}
	c.inserted.exec(t, insertCalls)
	calls.exec(t, updateCalls)
	redecided.exec(t, redecideCalls)
	c.planned.exec(t, planRuns)
	runs.exec(t, settleRuns)
	c.entries.write(t, nil)
}

package postgres

import (
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// effects are who holds which effect, as the database has it and as a
// transaction leaves it. Whoever reads it holds the locks of its keys until it is written.
type effects struct {
	holders map[string]string
	upserts map[string]record.Upserts
	wanted  map[string]bool
	// What calls set, as it is now.
	targets map[string]*record.Entity
	// Until when reads are wanted that others were put behind, by their ids.
	prolonged map[string]int64
}

func newEffects() *effects {
	return &effects{holders: make(map[string]string), upserts: make(map[string]record.Upserts), wanted: make(map[string]bool), targets: make(map[string]*record.Entity), prolonged: make(map[string]int64)}
}

// want says that a call may have to be admitted.
func (e *effects) want(c ledger.Call) {
	if c.Mode == "act" {
		e.wanted[c.Shown.GetEffectKey()] = true
	}
	if c.Sets != "" {
		e.targets[c.Shown.GetTarget()] = record.NewEntity(c.Shown.GetTarget())
	}
}

func (e *effects) keys() []string { return slices.Collect(maps.Keys(e.wanted)) }

const (
	// The conditions of the indexes call_effect, call_read and call_upsert, word for word:
	// PostgreSQL takes a partial index for nothing else.
	holdsEffect = ` mode = 'act' AND class IN ('create', 'set') AND state IN ('queued', 'running', 'done', 'unknown') `
	holdsRead   = ` mode = 'act' AND class = 'read' AND state = 'queued' AND look_at = 0 `
	holdsUpsert = ` mode = 'act' AND class = 'upsert' AND state IN ('queued', 'running', 'done', 'unknown') `
)

func (e *effects) read(t *transaction) {
	if len(e.targets) > 0 {
		t.query(func(rows pgx.Rows) error {
			found, err := scanEntity(rows)
			e.targets[found.Ref] = &found
			return err
		}, `SELECT `+entityColumns+` FROM entity WHERE ref = ANY($1::text[])`, texts(slices.Collect(maps.Keys(e.targets))))
	}
	if len(e.wanted) == 0 {
		return
	}
	keys := texts(e.keys())
	t.query(func(rows pgx.Rows) error {
		var key, id string
		err := rows.Scan(into{&key}, into{&id})
		e.holders[key] = id
		return err
	}, `SELECT effect_key, id FROM call WHERE effect_key = ANY($1::text[]) AND`+holdsEffect+`UNION ALL
		SELECT effect_key, id FROM call WHERE effect_key = ANY($1::text[]) AND`+holdsRead, keys)
	t.query(func(rows pgx.Rows) error {
		var key string
		var u record.Upsert
		err := rows.Scan(into{&key}, into{&u.ID}, into{&u.State}, into{&u.Occurrence}, &u.Version, &u.LeaseUntil, &u.LookAt)
		e.upserts[key] = append(e.upserts[key], u)
		return err
	}, `SELECT effect_key, id, state, occurrence, version, lease_until, look_at FROM call WHERE effect_key = ANY($1::text[]) AND`+holdsUpsert+`ORDER BY call.run, call.position`, keys)
}

// others are the upserts of a call's key but for itself.
func (e *effects) others(c *record.Call) record.Upserts {
	return slices.DeleteFunc(slices.Clone(e.upserts[c.Shown.GetEffectKey()]), func(u record.Upsert) bool { return u.ID == c.ID })
}

// holder is the other call that holds a call's effect, or "".
func (e *effects) holder(c *record.Call) (string, error) {
	if holder := e.holders[c.Shown.GetEffectKey()]; holder != c.ID {
		return holder, nil
	}
	return "", nil
}

// admit lets a call that is to act hold its effect, or puts it behind the one that does.
func (e *effects) admit(c *record.Call, now int64) error {
	switch c.Admission() {
	case record.Free:
		return nil
	case record.Exclusive:
		holder, held := e.holders[c.Shown.GetEffectKey()]
		if !held || holder == c.ID {
			return nil
		}
		c.SkipAs(holder)
		if c.Reads() { // It is wanted for as long as this one was.
			e.prolonged[holder] = max(e.prolonged[holder], c.ValidUntil)
		}
	case record.Shared:
		e.others(c).Admit(c, now)
	}
	return c.Encode()
}

// prolongReads may wait for whoever records something of a read: that one does not hold its key.
const prolongReads = `UPDATE call SET valid_until = greatest(call.valid_until, now.valid_until)
	FROM unnest($1::text[], $2::bigint[]) AS now (id, valid_until) WHERE call.id = now.id`

// write comes after the changes of the same transaction: a read may be among them.
func (e *effects) write(t *transaction) {
	var reads columns
	for _, id := range slices.Sorted(maps.Keys(e.prolonged)) {
		reads.add(text(id), e.prolonged[id])
	}
	reads.exec(t, prolongReads)
}

// hold has those that come later in the transaction see the call as it is now.
func (e *effects) hold(c *record.Call) {
	key := c.Shown.GetEffectKey()
	switch c.Admission() {
	case record.Free:
	case record.Exclusive:
		if c.Holds() {
			e.holders[key] = c.ID
		} else if e.holders[key] == c.ID {
			delete(e.holders, key)
		}
	case record.Shared:
		e.upserts[key] = e.others(c)
		if c.Holds() {
			e.upserts[key] = append(e.upserts[key], c.Upsert())
		}
	}
}

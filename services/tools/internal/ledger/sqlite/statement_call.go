package sqlite

const (
	// A call that acts, or did, or may have: the condition of the indexes call_spent_actor
	// and call_spent_place, word for word.
	spends = ` call.mode = 'act' AND call.class IN ('create', 'set', 'upsert') AND call.state IN ('queued', 'running', 'done', 'unknown', 'failed') `
	// The conditions of the indexes call_effect, call_read and call_upsert, word for word:
	// SQLite takes a partial index for nothing else.
	holdsEffect = ` mode = 'act' AND class IN ('create', 'set') AND state IN ('queued', 'running', 'done', 'unknown') `
	holdsRead   = ` mode = 'act' AND class = 'read' AND state = 'queued' AND look_at = 0 `
	holdsUpsert = ` mode = 'act' AND class = 'upsert' AND state IN ('queued', 'running', 'done', 'unknown') `
)

// callText is of what writes calls and what they depend on, and reads them for that.
func (s statement) callText() string {
	switch s {
	case insertCall:
		return `INSERT INTO call (id, run, position, effect_key, class, state, mode, occurrence, version, not_after, look_at,
			valid_until, valid_for, next_at, owner, lease_until, shown, payload, provider, target, actor, place, planned_at, needs, sets)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	case updateCall:
		return `UPDATE call SET state = ?, not_after = ?, look_at = ?, valid_until = ?, next_at = ?, owner = ?,
			lease_until = ?, shown = ? WHERE id = ?`
	case selectCall:
		return `SELECT ` + callColumns + callTables + `WHERE call.id = ?`
	case selectEffectHolder:
		return `SELECT id FROM call WHERE effect_key = ? AND id <> ? AND ` + holdsEffect + ` LIMIT 1`
	case selectUpserts:
		return `SELECT id, state, occurrence, version, lease_until, look_at FROM call WHERE effect_key = ? AND id <> ? AND ` + holdsUpsert
	case selectDue:
		// What was begun and never recorded has no time and comes first: its effect may
		// be half done. What was tried in vain, or waits for its key, waits its turn:
		// else it would keep everybody else's calls from ever being made. The plus keeps
		// SQLite from the index of what runs out, in which nearly all is still valid.
		return `SELECT ` + callColumns + callTables + `WHERE call.state IN ('queued', 'running')
			AND call.next_at <= ?1 AND call.lease_until <= ?1 AND call.look_at <= ?1 AND +call.valid_until > ?1
			AND call.provider NOT IN (SELECT value FROM json_each(?3)) AND (?4 = '' OR run.id = ?4)
			ORDER BY call.next_at, call.run, call.position LIMIT ?2`
	case selectExpired:
		return `SELECT ` + callColumns + callTables + `WHERE call.state IN ('queued', 'running')
			AND call.valid_until <= ?1 AND call.lease_until <= ?1 AND call.look_at <= ?1 LIMIT ?2`
	case selectReader:
		return `SELECT id FROM call WHERE effect_key = ? AND id <> ? AND ` + holdsRead + ` LIMIT 1`
	case prolongRead:
		return `UPDATE call SET valid_until = max(valid_until, ?) WHERE id = ?`
	case selectEventByID:
		return `SELECT event FROM event WHERE id = ?`
	case selectAccount:
		return `SELECT 1 FROM account WHERE name = ? LIMIT 1`
	case redecideCall:
		return `UPDATE call SET state = ?, not_after = ?, look_at = ?, valid_until = ?, next_at = ?, owner = ?,
			lease_until = ?, shown = ?, effect_key = ?, mode = ?, provider = ?, target = ?, payload = ?, needs = ?, planned_at = ? WHERE id = ?`
	case upsertAccount:
		return `INSERT INTO account (provider, name, seen_at, blocked_until) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (provider, name) DO UPDATE SET seen_at = ?3, blocked_until = max(blocked_until, ?4)`
	case reserveSlot:
		return `INSERT INTO pace (provider, slot) VALUES (?1, ?2 + ?3)
			ON CONFLICT (provider) DO UPDATE SET slot = max(slot, ?2) + ?3 WHERE slot <= ?2 + ?4 RETURNING slot - ?3`
	case selectSlot:
		return `SELECT slot FROM pace WHERE provider = ?`
	default:
		return s.memoryText()
	}
}

package sqlite

// statement names one of the statements that are prepared once a connection.
type statement int

const (
	// Statements that read, for both pools.
	selectRun statement = iota
	selectRunBySeq
	selectEvent
	selectEventID
	selectCalls
	selectKnown
	selectSeen
	selectRuns
	selectRunsByCall
	selectRunOfCall
	selectEntries
	selectLastEntry
	selectTimeline
	selectLinked
	selectEntity
	selectEntities
	selectDelivery
	selectDeliveries
	selectDropped
	selectIdentity
	selectAccounts
	selectSpentByActor
	selectSpentInPlace
	selectMade
	selectSink
	selectBatch
	selectOldestEntry
	selectParked
	selectSetAside
	selectEventRows
	selectEntityRows
	selectLinkRows
	selectObservationRows
	scanEvents
	scanEntities
	scanLinks
	scanObservations

	// Statements of the writer.
	touch
	savepoint
	release
	rollbackTo
	selectEventSeq
	selectEventInWindow
	insertEvent
	insertBody
	insertDelivery
	insertRun
	insertEntry
	countDelivery
	leaseRun
	selectUnplanned
	updatePlan
	settleRun
	insertCall
	updateCall
	selectCall
	selectEffectHolder
	selectUpserts
	selectDue
	selectExpired
	redecideCall
	selectEventByID
	selectReader
	prolongRead
	selectAccount
	upsertAccount
	reserveSlot
	selectSlot
	insertEntity
	updateEntity
	upsertLink
	upsertObservation
	insertReport
	pruneReports
	upsertDropped
	selectBatchEnd
	upsertSink
	insertParked
	deleteParked
	statements

	firstWrite = touch
)

const (
	runColumns  = `run.seq, run.id, run.deliveries, run.decided_at, run.records, run.facts, run.links, run.opened, run.plan IS NOT NULL, run.plan, run.entry`
	callColumns = `call.id, call.run, run.id, event.id, call.mode, call.occurrence, call.version, call.not_after, call.look_at,
		call.valid_until, call.valid_for, call.next_at, call.owner, call.lease_until, call.shown, call.payload, call.needs, call.sets`
	callTables  = ` FROM call JOIN run ON run.seq = call.run JOIN event ON event.seq = call.run `
	linkColumns = `link.from_ref, link.to_ref, link.kind, link.authn, link.rule, link.confidence, link.stood,
		link.author, link.editor, link.first_at, link.last_at, link.event_id`
	entityColumns      = `entity.ref, seen, vouched, kind, native_id, place, at, rank, event_id, texts, attributes`
	observationColumns = `subject, name, sub_key, at, value, place, actor, event_id, authn`
	// Oldest first, and never in doubt.
	linkOrder = `link.first_at, link.from_ref, link.to_ref, link.stood, link.kind, link.authn`
	// The text that a link stood in was seen later than the link. A text that a
	// token told (see unvouchedText) counts for what tokens told only.
	linkGone = `(link.last_at < coalesce(entity.texts ->> nullif(link.stood, ''), 0)
		OR link.authn <> 'signature' AND link.last_at < coalesce(entity.texts ->> ('~' || link.stood), 0))`
)

// text returns the SQL of a statement. Parameters are numbered where one is used twice.
func (s statement) text() string {
	switch s {
	case selectRun:
		return `SELECT ` + runColumns + ` FROM run WHERE id = ?`
	case selectRunBySeq:
		return `SELECT ` + runColumns + ` FROM run WHERE seq = ?`
	case selectEvent:
		return `SELECT event FROM event WHERE seq = ?`
	case selectEventID:
		return `SELECT id FROM event WHERE seq = ?`
	case selectCalls:
		return `SELECT ` + callColumns + callTables + `WHERE call.run = ? ORDER BY call.position`
	case selectKnown:
		return `SELECT ` + linkColumns + `, 0 FROM (
				SELECT link.*, row_number() OVER (PARTITION BY link.authn, link.author, link.editor ORDER BY ` + linkOrder + `) AS turn
				FROM link LEFT JOIN entity ON entity.ref = link.from_ref
				WHERE (link.from_ref = ?1 OR link.to_ref = ?1) AND NOT ` + linkGone + `
				ORDER BY link.authn <> 'signature', turn, ` + linkOrder + ` LIMIT ?2) AS link
			ORDER BY ` + linkOrder
	case selectSeen:
		return `SELECT entity.ref, CASE WHEN entity.attributes ->> '$.visibility.u' IS NULL THEN coalesce(entity.attributes ->> '$.visibility.v', '') ELSE '' END
			FROM json_each(?) AS wanted JOIN entity ON entity.ref = wanted.value WHERE entity.vouched = 1`
	case selectRuns:
		return `SELECT ` + runColumns + ` FROM run WHERE seq < ?1 AND (?2 = '' OR source = ?2) ORDER BY seq DESC LIMIT ?3`
	case selectRunsByCall:
		return `SELECT ` + runColumns + ` FROM run WHERE seq < ?1 AND (?2 = '' OR source = ?2)
			AND EXISTS (SELECT 1 FROM call WHERE call.run = run.seq AND call.state = ?4) ORDER BY seq DESC LIMIT ?3`
	case selectRunOfCall:
		return `SELECT ` + runColumns + ` FROM run WHERE seq < ?1 AND (?2 = '' OR source = ?2) AND seq = (SELECT run FROM call WHERE id = ?5)
			AND (?4 = '' OR EXISTS (SELECT 1 FROM call WHERE call.run = run.seq AND call.state = ?4)) ORDER BY seq DESC LIMIT ?3`
	case selectEntries:
		return `SELECT seq, run FROM entry WHERE seq > ? ORDER BY seq LIMIT ?`
	case selectLastEntry:
		return `SELECT coalesce(max(seq), 0) FROM entry`
	case selectTimeline:
		return `SELECT ` + observationColumns + ` FROM observation
			WHERE subject = ? ORDER BY at DESC, name, sub_key LIMIT ?`
	case selectLinked:
		return `SELECT ` + linkColumns + `, ` + linkGone + ` FROM link LEFT JOIN entity ON entity.ref = link.from_ref
			WHERE link.from_ref IN (SELECT value FROM json_each(?1)) OR link.to_ref IN (SELECT value FROM json_each(?1))
			ORDER BY link.last_at DESC, link.from_ref, link.to_ref, link.stood, link.kind, link.authn LIMIT ?2`
	case selectEntity:
		return `SELECT ` + entityColumns + ` FROM entity WHERE ref = ?`
	case selectEntities:
		return `SELECT ` + entityColumns + ` FROM entity
			WHERE ref IN (SELECT value FROM json_each(?)) ORDER BY ref`
	case selectDelivery:
		return `SELECT seq, record FROM report WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 2`
	case selectDeliveries:
		return `SELECT seq, record FROM report WHERE seq < ?1 AND (?2 = '' OR source = ?2)
			AND (?3 = '' OR status = ?3 OR reason = ?3 OR code = ?3) ORDER BY seq DESC LIMIT ?4`
	case selectSpentByActor:
		return `SELECT count(*) FROM (SELECT 1 FROM call WHERE call.actor = ?1 AND call.actor <> '' AND planned_at >= ?2 AND call.id <> ?3 AND ` + spends + ` LIMIT ?4)`
	case selectSpentInPlace:
		return `SELECT count(*) FROM (SELECT 1 FROM call WHERE call.place = ?1 AND call.place <> '' AND planned_at >= ?2 AND call.id <> ?3 AND ` + spends + ` LIMIT ?4)`
	case selectMade:
		return `SELECT ` + callColumns + `, call.planned_at` + callTables + `WHERE call.id IN (
				SELECT id FROM call WHERE target IN (SELECT value FROM json_each(?1)) AND target <> '' AND max(planned_at, not_after) >= ?2
				UNION SELECT id FROM call WHERE effect_key IN (SELECT value FROM json_each(?3)) AND target <> '')
			AND ` + spends + ` ORDER BY max(call.planned_at, call.not_after) DESC, call.id LIMIT ?4`
	case selectAccounts:
		return `SELECT provider, name, blocked_until FROM account ORDER BY provider, name`
	case selectDropped:
		return `SELECT source, sum(total) FROM dropped GROUP BY source`
	default:
		return s.outboxText()
	}
}

func (s statement) writeText() string {
	switch s {
	case touch:
		return `UPDATE run SET deliveries = deliveries WHERE seq = (SELECT max(seq) FROM run)`
	case savepoint:
		return `SAVEPOINT operation`
	case release:
		return `RELEASE operation`
	case rollbackTo:
		return `ROLLBACK TO operation`
	case selectEventSeq:
		return `SELECT seq FROM event WHERE id = ?`
	case selectEventInWindow:
		return `SELECT seq FROM event WHERE source = ? AND instance = ? AND window_key = ?
			AND window_key IS NOT NULL AND received_at BETWEEN ? AND ? ORDER BY received_at DESC, seq DESC LIMIT 1`
	case insertEvent:
		return `INSERT INTO event (id, source, instance, received_at, window_key, event) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`
	case insertBody:
		return `INSERT INTO event_body (event, body) VALUES (?, ?)`
	case insertDelivery:
		return `INSERT INTO delivery (event, delivery_id, hook_id, retry, received_at) VALUES (?, ?, ?, ?, ?)`
	case insertRun:
		return `INSERT INTO run (seq, id, source, deliveries, lease_owner, lease_until, records, facts, links, opened, entry)
			VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)`
	case insertEntry:
		return `INSERT INTO entry (run, kind, delta, at) VALUES (?, ?, ?, ?)`
	case countDelivery:
		return `UPDATE run SET deliveries = deliveries + 1 WHERE seq = ?`
	case leaseRun:
		return `UPDATE run SET lease_owner = ?1, lease_until = ?2 WHERE seq = ?3 AND plan IS NULL AND lease_until <= ?4`
	case selectUnplanned:
		return `SELECT seq FROM run WHERE plan IS NULL AND lease_until <= ? ORDER BY lease_until, seq LIMIT ?`
	case updatePlan:
		return `UPDATE run SET plan = ? WHERE seq = ? AND plan IS NULL`
	case settleRun:
		return `UPDATE run SET decided_at = CASE
			WHEN EXISTS (SELECT 1 FROM call WHERE call.run = run.seq AND call.state IN ('queued', 'running')) THEN 0
			WHEN decided_at = 0 THEN ?1 ELSE decided_at END
			WHERE seq = ?2 RETURNING decided_at`
	default:
		return s.callText()
	}
}

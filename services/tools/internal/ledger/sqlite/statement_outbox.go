package sqlite

// relatedColumns are linkColumns and a false for gone, which who follows the
// ledger judges by itself.
const relatedColumns = linkColumns + `, 0`

// outboxText has the statements by which stores beside the ledger follow it.
func (s statement) outboxText() string {
	switch s {
	case selectIdentity:
		return `SELECT id FROM identity`
	case selectSink:
		return `SELECT owner, lease_until, at, confirmed, number, through, rebuild, rebuild_to FROM sink WHERE name = ?`
	case selectBatch:
		return `SELECT entry.seq, coalesce(event.id, ''), entry.kind, entry.delta, entry.at
			FROM entry LEFT JOIN event ON event.seq = entry.run WHERE entry.seq > ? AND entry.seq <= ? ORDER BY entry.seq`
	case selectOldestEntry:
		return `SELECT at FROM entry WHERE seq > ? ORDER BY seq LIMIT 1`
	case selectParked:
		return `SELECT entry, event_id, reason, at FROM parked WHERE sink = ? ORDER BY entry DESC LIMIT ?`
	case selectSetAside:
		return `SELECT entry FROM parked WHERE sink = ? AND entry = ?`
	case selectEventRows:
		return `SELECT event.id, run.opened FROM json_each(?) AS wanted
			JOIN event ON event.id = wanted.value JOIN run ON run.seq = event.seq`
	case selectEntityRows:
		return `SELECT ` + entityColumns + ` FROM json_each(?) AS wanted JOIN entity ON entity.ref = wanted.value`
	case selectLinkRows:
		return `SELECT ` + relatedColumns + ` FROM json_each(?) AS wanted JOIN link ON link.from_ref = wanted.value ->> 0
			AND link.stood = wanted.value ->> 1 AND link.to_ref = wanted.value ->> 2 AND link.kind = wanted.value ->> 3 AND link.authn = wanted.value ->> 4`
	case selectObservationRows:
		return `SELECT ` + observationColumns + ` FROM (SELECT value AS wanted FROM json_each(?)) JOIN observation ON subject = wanted ->> 0
			AND name = wanted ->> 1 AND sub_key = wanted ->> 2`
	case scanEvents:
		return `SELECT event.id, run.opened FROM event JOIN run ON run.seq = event.seq
			WHERE event.id > ? ORDER BY event.id LIMIT ?`
	case scanEntities:
		return `SELECT ` + entityColumns + ` FROM entity WHERE ref > ? ORDER BY ref LIMIT ?`
	case scanLinks:
		return `SELECT ` + relatedColumns + ` FROM link WHERE (from_ref, stood, to_ref, kind, authn) > (?, ?, ?, ?, ?)
			ORDER BY from_ref, stood, to_ref, kind, authn LIMIT ?`
	case scanObservations:
		return `SELECT ` + observationColumns + ` FROM observation WHERE (subject, name, sub_key) > (?, ?, ?)
			ORDER BY subject, name, sub_key LIMIT ?`
	default:
		return s.writeText()
	}
}

func (s statement) sinkText() string {
	switch s {
	case selectBatchEnd:
		return `SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM entry WHERE seq > ? ORDER BY seq LIMIT ?)`
	case upsertSink:
		return `INSERT INTO sink (name, owner, lease_until, at, confirmed, number, through, rebuild, rebuild_to)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
			ON CONFLICT (name) DO UPDATE SET owner = ?2, lease_until = ?3, at = ?4, confirmed = ?5, number = ?6, through = ?7,
				rebuild = ?8, rebuild_to = ?9`
	case insertParked:
		return `INSERT INTO parked (sink, entry, event_id, reason, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (sink, entry) DO NOTHING`
	case deleteParked:
		return `DELETE FROM parked WHERE sink = ?`
	default:
		return ""
	}
}

package sqlite

// memoryText is of what writes entities, links and observations.
func (s statement) memoryText() string {
	switch s {
	case insertEntity:
		return `INSERT INTO entity (ref, seen, vouched, kind, native_id, place, at, rank, event_id, texts, attributes)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	case updateEntity:
		return `UPDATE entity SET seen = ?, vouched = ?, kind = ?, native_id = ?, place = ?, at = ?, rank = ?, event_id = ?, texts = ?, attributes = ?
			WHERE ref = ?`
	case upsertLink:
		return `INSERT INTO link (from_ref, stood, to_ref, kind, rule, confidence, author, editor, first_at, last_at, event_id, authn)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11)
			ON CONFLICT (from_ref, stood, to_ref, kind, authn) DO UPDATE SET
				rule = iif((?9, ?10) > (last_at, event_id), ?5, rule),
				confidence = iif((?9, ?10) > (last_at, event_id), ?6, confidence),
				author = iif((?9, ?10) > (last_at, event_id), ?7, author),
				editor = iif((?9, ?10) > (last_at, event_id), ?8, editor),
				first_at = min(first_at, ?9),
				last_at = max(last_at, ?9),
				event_id = iif((?9, ?10) > (last_at, event_id), ?10, event_id)
			WHERE ?9 < first_at OR (?9, ?10) > (last_at, event_id)`
	case upsertObservation:
		// Two events that say the same keep the first one's words, a signed one's before
		// all others', in whatever order they come.
		return `INSERT INTO observation (` + observationColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
			ON CONFLICT (subject, name, sub_key) DO UPDATE SET at = ?4, value = ?5, place = ?6, actor = ?7, event_id = ?8, authn = ?9
			WHERE (?9 <> 'signature', ?4, ?8) < (authn <> 'signature', at, event_id)`
	default:
		return s.deliveryText()
	}
}

func (s statement) deliveryText() string {
	switch s {
	case insertReport:
		return `INSERT INTO report (id, source, code, status, reason, refused, turn, record)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT coalesce(max(turn), 0) + 1 FROM report WHERE refused = ?6), ?7)
			ON CONFLICT (id) DO NOTHING`
	case pruneReports:
		// Turns have no gaps but at their beginning: no row is counted for this.
		return `DELETE FROM report WHERE refused = ?1 AND turn <= (SELECT max(turn) FROM report WHERE refused = ?1) - ?2`
	case upsertDropped:
		return `INSERT INTO dropped (reporter, source, total) VALUES (?1, ?2, ?3)
			ON CONFLICT (reporter, source) DO UPDATE SET total = ?3 WHERE ?3 > total`
	default:
		return s.sinkText()
	}
}

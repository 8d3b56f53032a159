package neo4j

import "strings"

// labels are what nodes are called beside Entity, by kind. The list is closed:
// no text becomes a label. What is of another kind has it in its property only.
func labels() map[string]string {
	return map[string]string{
		"change": "Change", "commit": "Commit", "database": "Database", "issue": "Issue",
		"page": "Page", "person": "Person", "project": "Project", "repository": "Repository",
	}
}

const (
	allLabels = `:Change:Commit:Database:Issue:Page:Person:Project:Repository`

	selectMark = `OPTIONAL MATCH (s:Switchyard {name: 'store'})
		RETURN s.schema AS schema, s.ledger AS ledger, s.number AS number, EXISTS { (:Entity) } AS entities`
	mergeSchema = `MERGE (s:Switchyard {name: 'store'})
		SET s.schema = CASE WHEN s.schema > $version THEN s.schema ELSE $version END`
	// Writers take turns here: none waits for another's rows, which is how deadlocks
	// begin, and what one reads of the store holds until it commits.
	lockMark = `MATCH (s:Switchyard {name: 'store'}) SET s._turn = true
		RETURN s.ledger AS ledger, s.number AS number, s.swept AS swept, s.buried AS buried`
	setMark = `MATCH (s:Switchyard {name: 'store'})
		SET s.ledger = $ledger, s.number = $number, s.swept = $swept, s.buried = $buried REMOVE s._turn`

	selectBuried = `UNWIND $keys AS key MATCH (t:Tombstone {key: key}) WHERE t._batch > $number RETURN key`
	mergeBuried  = `UNWIND $keys AS key MERGE (t:Tombstone {key: key})
		SET t._batch = CASE WHEN t._batch > $number THEN t._batch ELSE $number END`

	mergePlaceholders = `UNWIND $refs AS ref MERGE (n:Entity {ref: ref}) ON CREATE SET n:Placeholder`
	mergeLinks        = `UNWIND $rows AS row MATCH (a:Entity {ref: row.from}) MATCH (b:Entity {ref: row.to})
		MERGE (a)-[l:LINKS {_key: row.key}]->(b)
		WITH l, row WHERE coalesce(l._batch, 0) <= row.properties._batch SET l = row.properties`

	deleteLinks    = `UNWIND $keys AS key MATCH ()-[l:LINKS {_key: key}]->() WHERE l._batch <= $number DELETE l`
	deleteEntities = `UNWIND $refs AS ref MATCH (n:Entity {ref: ref}) WHERE n._batch <= $number
		REMOVE n` + allLabels + ` SET n = {ref: ref} SET n:Placeholder`
	// Nobody names them any more.
	deletePlaceholders = `UNWIND $refs AS ref MATCH (n:Entity {ref: ref}) WHERE n:Placeholder AND NOT EXISTS { (n)--() } DELETE n`

	// Where a sweep is, so that one that was stopped goes on.
	startSweep = `MATCH (s:Switchyard {name: 'store'})
		SET s.swept = CASE WHEN s.swept > $number THEN s.swept ELSE $number END
		WITH s WHERE coalesce(s.sweeping, 0) <> $number SET s.sweeping = $number, s.sweep_table = 0, s.sweep_after = ''`
	selectSweep = `MATCH (s:Switchyard {name: 'store'}) SET s._turn = true REMOVE s._turn
		RETURN s.sweeping AS number, s.sweep_table AS table, s.sweep_after AS after`
	moveSweep = `MATCH (s:Switchyard {name: 'store'}) SET s.sweep_table = $table, s.sweep_after = $after`
	endSweep  = `MATCH (s:Switchyard {name: 'store'}) REMOVE s.sweeping, s.sweep_table, s.sweep_after`

	sweepLinks = `MATCH (a)-[l:LINKS]->(b) WHERE l._key > $after WITH a, l, b ORDER BY l._key LIMIT $limit
		WITH l, l._key AS key, a.ref AS a, b.ref AS b, l._batch <= $number AS old
		FOREACH (_ IN CASE WHEN old THEN [1] ELSE [] END | DELETE l) RETURN key, old, a, b ORDER BY key`
	sweepEntities = `MATCH (n:Entity) WHERE n.ref > $after WITH n ORDER BY n.ref LIMIT $limit
		WITH n, n.ref AS key, coalesce(n._batch, 0) <= $number AS old
		FOREACH (_ IN CASE WHEN old THEN [1] ELSE [] END | REMOVE n` + allLabels + ` SET n = {ref: key} SET n:Placeholder)
		RETURN key, old, key AS a, key AS b ORDER BY key`
	sweepBuried = `MATCH (t:Tombstone) WHERE t.key > $after WITH t ORDER BY t.key LIMIT $limit
		WITH t, t.key AS key, t._batch <= $number AS old
		FOREACH (_ IN CASE WHEN old THEN [1] ELSE [] END | DELETE t) RETURN key, old ORDER BY key`

	entityColumns = `n.ref AS ref, n.kind AS kind, n.native_id AS native_id, n.place AS place, n.seen AS seen, n.vouched AS vouched, n._row AS _row`
	linkColumns   = `a.ref AS from, b.ref AS to, l.kind AS kind, l.rule AS rule, l.confidence AS confidence, l.stood AS stood, l.authn AS authn,
		l.event_id AS event_id, l._first AS _first, l._last AS _last, l._author AS _author, l._editor AS _editor`
	// The text that a link stood in was seen later than the link, by a signed event
	// or, where the link is none's, by any. a is where the link begins.
	linkGone = `l._last < coalesce(a['_text_' + l.stood], 0) OR l.authn <> 'signature' AND l._last < coalesce(a['_text_~' + l.stood], 0)`

	scanEntities = `MATCH (n:Entity) WHERE n.ref > $after AND n._batch IS NOT NULL
		WITH n ORDER BY n.ref LIMIT $limit RETURN ` + entityColumns + ` ORDER BY ref`
	scanLinks = `MATCH (a:Entity)-[l:LINKS]->(b:Entity) WHERE l._key > $after
		WITH a, l, b ORDER BY l._key LIMIT $limit RETURN l._key AS _key, ` + linkColumns + ` ORDER BY _key`
	selectEntities = `MATCH (n:Entity) WHERE n.ref IN $refs AND n._batch IS NOT NULL RETURN ` + entityColumns
	selectLinked   = `MATCH (n:Entity)-[l:LINKS]-() WHERE n.ref IN $refs
		WITH DISTINCT l, startNode(l) AS a, endNode(l) AS b
		ORDER BY l._last DESC, a.ref, b.ref, l.stood, l.kind, l.authn LIMIT $limit
		RETURN ` + linkColumns + `, ` + linkGone + ` AS gone`
)

// mergeEntities writes nodes of one label, one of labels or "".
func mergeEntities(label string) string {
	set := ``
	if label != "" {
		set = ` SET n:` + label
	}
	return strings.Join([]string{
		`UNWIND $rows AS row MERGE (n:Entity {ref: row.ref})`,
		`WITH n, row WHERE coalesce(n._batch, 0) <= row._batch`,
		`REMOVE n:Placeholder` + allLabels + ` SET n = row` + set,
	}, " ")
}

package postgres

const (
	// lockSpace keeps our locks apart from those of others who share the database: "Swyd".
	lockSpace = 0x53777964
	// Names are locked by their hashes' last bits, so that all of a database's locks
	// fit its table of locks however many names a group has.
	//
	// As a statement of its own: what comes after it sees what the holder before
	// committed. In the order of the numbers: two that want the same never wait for
	// each other. Until the commit: behind PgBouncer a session's lock would be lost.
	lockNames = `SELECT pg_advisory_xact_lock($1::integer, slot) FROM (
		SELECT DISTINCT (hashtextextended(name, 0) & 1023)::integer AS slot FROM unnest($2::text[]) AS name ORDER BY slot) AS slots`
	lockOne = `SELECT pg_advisory_xact_lock($1::integer, $2::integer)`
)

// Locks of their own, beside those of names.
const (
	lockSchema = 2000 + iota
	lockLeases
	lockReports
)

// lock waits for whoever holds one of these names, until the transaction's end.
// It comes before the rows that a transaction locks: all take them in this order.
func (t *transaction) lock(names []string) {
	if len(names) > 0 {
		t.exec(lockNames, lockSpace, texts(names))
	}
}

// lockAll waits for all that hold names.
func (t *transaction) lockAll() {
	t.exec(`SELECT pg_advisory_xact_lock($1::integer, slot) FROM generate_series(0, 1023) AS slot`, lockSpace)
}

func (t *transaction) lockOne(lock int) { t.exec(lockOne, lockSpace, lock) }

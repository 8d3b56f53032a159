package postgres

// Expired asks for what ran out, as a look every second does.
const Expired = `SELECT call.id FROM call WHERE` + isExpired + `LIMIT 256`

// MadeOf asks for what was made.
const MadeOf = selectMade

const (
	// Blocker asks for what keeps entries after a position from being read.
	Blocker = selectBlocker
	// HeldBack tells whether any are kept, and AnyHeldBack does by looking at each.
	HeldBack    = `SELECT ` + heldBack
	AnyHeldBack = `SELECT EXISTS (SELECT 1 FROM entry WHERE` + afterEntry + `AND NOT` + visible + `)`
)

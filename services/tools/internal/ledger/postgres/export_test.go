package postgres

// Expired asks for what ran out, as a look every second does.
const Expired = `SELECT call.id FROM call WHERE` + isExpired + `LIMIT 256`

// MadeOf asks for what was made.
const MadeOf = selectMade

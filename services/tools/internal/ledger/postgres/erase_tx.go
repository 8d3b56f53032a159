package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/erasure"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// erasing implements erasure.Tx. Statements that only write go with the next one that reads.
type erasing struct {
	*transaction
	memory *memory
}

// first sends, and is false where there is no row.
func first[T any](t *transaction, scan func(pgx.Rows) (T, error), sql string, args ...any) (found T, ok bool, err error) {
	t.query(func(rows pgx.Rows) error {
		row, err := scan(rows)
		found, ok = row, true
		return err
	}, sql, args...)
	err = t.send()
	return found, ok && err == nil, err
}

func scanBlob(rows pgx.Rows) (b []byte, err error) { return b, rows.Scan(&b) }

func scanNumber(rows pgx.Rows) (n int64, err error) { return n, rows.Scan(&n) }

func (e erasing) Lock(refs []string) error {
	e.lock(refs)
	return nil
}

// Case holds the run, which all take who change it or its calls. It is read by
// statements of their own: they see what the holder before committed.
func (e erasing) Case(seq int64) (c erasure.Case, ok bool, err error) {
	e.exec(`SELECT 1 FROM run WHERE seq = $1 FOR UPDATE`, seq)
	found, err := e.cases(seq-1, seq, 1)
	if err != nil || len(found) == 0 {
		return c, false, err
	}
	return found[0], true, nil
}

func (e erasing) SaveCase(c erasure.Case) (bodies int64, err error) {
	r := runRow{Run: c.Run}
	if err := r.settle(e.now); err != nil {
		return 0, err
	}
	e.exec(`UPDATE event SET event = $2 WHERE seq = $1`, c.Seq, c.Event)
	e.exec(`UPDATE run SET opened = $2, plan = $3, decided_at = $4 WHERE seq = $1`, c.Seq, c.Opened, c.Plan, r.DecidedAt)
	for i := range c.Calls {
		call := &c.Calls[i]
		e.exec(`UPDATE call SET state = $2, look_at = $3, next_at = $4, owner = $5, lease_until = $6, shown = $7, payload = $8,
			target = '', actor = '', place = '' WHERE id = $1`,
			text(call.ID), text(call.Shown.GetState()), call.LookAt, call.NextAt, text(call.Owner), call.LeaseUntil, call.Encoded, append([]byte{}, call.Payload...))
	}
	return e.DeleteBody(c.Seq)
}

func (e erasing) DeleteBody(seq int64) (int64, error) {
	_, ok, err := first(e.transaction, scanNumber, `DELETE FROM event_body WHERE event = $1 RETURNING event`, seq)
	if ok {
		return 1, err
	}
	return 0, err
}

func (e erasing) Delta(seq int64) ([]byte, bool, error) {
	return first(e.transaction, scanBlob, `SELECT delta FROM entry WHERE seq = $1 AND delta IS NOT NULL FOR UPDATE`, seq)
}

func (e erasing) SaveDelta(seq int64, delta []byte) error {
	e.exec(`UPDATE entry SET delta = $2 WHERE seq = $1`, seq, delta)
	return nil
}

func (e erasing) Report(seq int64) ([]byte, bool, error) {
	e.lockOne(lockReports) // Who removes old ones takes them in another order.
	return first(e.transaction, scanBlob, `SELECT record FROM report WHERE seq = $1`, seq)
}

func (e erasing) SaveReport(seq int64, record []byte) error {
	e.exec(`UPDATE report SET record = $2 WHERE seq = $1`, seq, record)
	return nil
}

func (e erasing) SaveReason(r erasure.Reason) error {
	e.exec(`UPDATE parked SET reason = $3 WHERE sink = $1 AND entry = $2`, text(string(r.Sink)), r.Entry, text(r.Reason))
	return nil
}

// Entity returns what the transaction made of the row, too.
func (e erasing) Entity(ref string) (*record.Entity, error) {
	if known := e.memory.entities[ref]; known != nil {
		return known, nil
	}
	found, ok, err := first(e.transaction, scanEntity, `SELECT `+entityColumns+` FROM entity WHERE ref = $1`, text(ref))
	if err != nil {
		return nil, err
	}
	known := &found
	if !ok {
		known = record.NewEntity(ref)
	}
	e.memory.entities[ref] = known
	return known, nil
}

func (e erasing) SaveEntity(entity *record.Entity) error {
	entity.Dirty = true
	e.memory.entities[entity.Ref] = entity
	return nil
}

func (e erasing) DeleteEntity(entity *record.Entity) error {
	e.memory.entities[entity.Ref] = record.NewEntity(entity.Ref)
	e.exec(`DELETE FROM entity WHERE ref = $1`, text(entity.Ref))
	return nil
}

func (e erasing) Linked(ref string) (bool, error) {
	_, ok, err := first(e.transaction, scanNumber, `SELECT 1 FROM link WHERE from_ref = $1 OR to_ref = $1 LIMIT 1`, text(ref))
	return ok, err
}

const (
	linkIs        = ` WHERE from_ref = $1 AND stood = $2 AND to_ref = $3 AND kind = $4 AND authn = $5`
	observationIs = ` WHERE subject = $1 AND name = $2 AND sub_key = $3`
)

func keyOf(k ledger.LinkKey, more ...any) []any {
	return append([]any{text(k.From), text(k.Where), text(k.To), text(k.Kind), text(k.Authn)}, more...)
}

func (e erasing) Link(k ledger.LinkKey) (record.Link, bool, error) {
	l, ok, err := first(e.transaction, scanLink, selectLinkRow+linkIs, keyOf(k)...)
	return l.Link, ok, err
}

func (e erasing) SaveLink(l record.Link) error {
	e.exec(`UPDATE link SET author = $6, editor = $7`+linkIs, keyOf(l.LinkKey, l.Author, l.Editor)...)
	return nil
}

func (e erasing) DeleteLink(k ledger.LinkKey) error {
	e.exec(`DELETE FROM link`+linkIs, keyOf(k)...)
	return nil
}

func (e erasing) Observation(k ledger.ObservationKey) (record.Observation, bool, error) {
	return first(e.transaction, scanObservation, selectObservationRow+observationIs, text(k.Subject), text(k.Name), text(k.SubKey))
}

func (e erasing) SaveObservation(o record.Observation) error {
	e.exec(`UPDATE observation SET value = $4, actor = $5`+observationIs, text(o.Subject), text(o.Name), text(o.SubKey), text(o.Value), text(o.Actor))
	return nil
}

func (e erasing) DeleteObservation(k ledger.ObservationKey) error {
	e.exec(`DELETE FROM observation`+observationIs, text(k.Subject), text(k.Name), text(k.SubKey))
	return nil
}

func (e erasing) After(eventID string, seq int64) (bool, error) {
	_, ok, err := first(e.transaction, scanNumber, `SELECT 1 FROM event WHERE id = $1 AND seq > $2`, text(eventID), seq)
	return ok, err
}

func (e erasing) Enter(run int64, touched project.Delta, authn string) (p ledger.Position, err error) {
	delta, err := ledger.EncodeDelta(touched, authn)
	if err != nil {
		return p, err
	}
	e.changed = true
	p, _, err = first(e.transaction, func(rows pgx.Rows) (p ledger.Position, err error) { return p, rows.Scan(&p.Xid, &p.Seq) },
		`INSERT INTO entry (seq, run, kind, at, delta) VALUES (nextval('entry_seq'), $1, 'forgotten', $2, $3) RETURNING xid, seq`, run, e.now, delta)
	return p, err
}

package sqlite

import (
	"database/sql"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/erasure"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// erasing implements erasure.Tx.
type erasing struct{ *batch }

// first returns false where there is no row.
func first[T any](rows []T, err error) (row T, ok bool, _ error) {
	if err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[0], true, nil
}

// Lock does nothing: there is one writer.
func (t erasing) Lock([]string) error { return nil }

func (t erasing) Case(seq int64) (erasure.Case, bool, error) {
	return first(cases(t.tx, seq-1, seq, 1))
}

func (t erasing) SaveCase(c erasure.Case) (bodies int64, err error) {
	if _, err := execute(t.batch, `UPDATE event SET event = ? WHERE seq = ?`, c.Event, c.Seq); err != nil {
		return 0, err
	}
	if _, err := execute(t.batch, `UPDATE run SET opened = ?, plan = ? WHERE seq = ?`, c.Opened, c.Plan, c.Seq); err != nil {
		return 0, err
	}
	for _, call := range c.Calls {
		_, err := execute(t.batch, `UPDATE call SET state = ?, look_at = ?, next_at = ?, owner = ?, lease_until = ?, shown = ?, payload = ?,
				target = '', actor = '', place = '' WHERE id = ?`,
			call.Shown.GetState(), call.LookAt, call.NextAt, call.Owner, call.LeaseUntil, call.Encoded, append([]byte{}, call.Payload...), call.ID)
		if err != nil {
			return 0, err
		}
	}
	var decided int64
	if err := t.row(settleRun, t.now, c.Seq).Scan(&decided); err != nil {
		return 0, unavailable(err)
	}
	return t.DeleteBody(c.Seq)
}

func (t erasing) DeleteBody(seq int64) (int64, error) {
	return execute(t.batch, `DELETE FROM event_body WHERE event = ?`, seq)
}

func (t erasing) Delta(seq int64) ([]byte, bool, error) {
	return first(ask(t.tx, scanBlob, `SELECT delta FROM entry WHERE seq = ? AND delta IS NOT NULL`, seq))
}

func (t erasing) SaveDelta(seq int64, delta []byte) error {
	_, err := execute(t.batch, `UPDATE entry SET delta = ? WHERE seq = ?`, blob(delta), seq)
	return err
}

func (t erasing) Report(seq int64) ([]byte, bool, error) {
	return first(ask(t.tx, scanBlob, `SELECT record FROM report WHERE seq = ?`, seq))
}

func (t erasing) SaveReport(seq int64, record []byte) error {
	_, err := execute(t.batch, `UPDATE report SET record = ? WHERE seq = ?`, record, seq)
	return err
}

func (t erasing) SaveReason(r erasure.Reason) error {
	_, err := execute(t.batch, `UPDATE parked SET reason = ? WHERE sink = ? AND entry = ?`, r.Reason, string(r.Sink), r.Entry)
	return err
}

// Entity returns what the commit's earlier operations made of the row, too.
func (t erasing) Entity(ref string) (*record.Entity, error) { return t.knownEntity(ref) }

func (t erasing) SaveEntity(e *record.Entity) error {
	e.Dirty = true
	return nil
}

func (t erasing) DeleteEntity(e *record.Entity) error {
	// What comes later in this commit finds nothing.
	t.entities.staged[e.Ref] = record.NewEntity(e.Ref)
	_, err := execute(t.batch, `DELETE FROM entity WHERE ref = ?`, e.Ref)
	return err
}

func (t erasing) Linked(ref string) (bool, error) {
	_, ok, err := first(ask(t.tx, scanNumber, `SELECT 1 FROM link WHERE from_ref = ?1 OR to_ref = ?1 LIMIT 1`, ref))
	return ok, err
}

const (
	linkIs        = ` WHERE from_ref = ? AND stood = ? AND to_ref = ? AND kind = ? AND authn = ?`
	observationIs = ` WHERE subject = ? AND name = ? AND sub_key = ?`
)

func keyOf(k ledger.LinkKey) []any { return []any{k.From, k.Where, k.To, k.Kind, k.Authn} }

func (t erasing) Link(k ledger.LinkKey) (record.Link, bool, error) {
	l, ok, err := first(ask(t.tx, scanLink, `SELECT `+relatedColumns+` FROM link`+linkIs, keyOf(k)...))
	return l.Link, ok, err
}

func (t erasing) SaveLink(l record.Link) error {
	_, err := execute(t.batch, `UPDATE link SET author = ?, editor = ?`+linkIs, append([]any{blob(l.Author), blob(l.Editor)}, keyOf(l.LinkKey)...)...)
	return err
}

func (t erasing) DeleteLink(k ledger.LinkKey) error {
	_, err := execute(t.batch, `DELETE FROM link`+linkIs, keyOf(k)...)
	return err
}

func (t erasing) Observation(k ledger.ObservationKey) (record.Observation, bool, error) {
	return first(ask(t.tx, func(rows *sql.Rows) (o record.Observation, err error) {
		return o, rows.Scan(&o.Subject, &o.Name, &o.SubKey, &o.At, &o.Value, &o.Place, &o.Actor, &o.EventID, &o.Authn)
	}, `SELECT `+observationColumns+` FROM observation`+observationIs, k.Subject, k.Name, k.SubKey))
}

func (t erasing) SaveObservation(o record.Observation) error {
	_, err := execute(t.batch, `UPDATE observation SET value = ?, actor = ?`+observationIs, o.Value, o.Actor, o.Subject, o.Name, o.SubKey)
	return err
}

func (t erasing) DeleteObservation(k ledger.ObservationKey) error {
	_, err := execute(t.batch, `DELETE FROM observation`+observationIs, k.Subject, k.Name, k.SubKey)
	return err
}

func (t erasing) After(eventID string, seq int64) (bool, error) {
	_, ok, err := first(ask(t.tx, scanNumber, `SELECT 1 FROM event WHERE id = ? AND seq > ?`, eventID, seq))
	return ok, err
}

func (t erasing) Enter(run int64, touched project.Delta, authn string) (p ledger.Position, err error) {
	delta, err := ledger.EncodeDelta(touched, authn)
	if err == nil {
		p.Seq, err = t.enter(run, "forgotten", delta)
	}
	return p, err
}

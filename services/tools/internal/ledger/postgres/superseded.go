package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// supersede puts a call to rest whose target somebody else has set since. It sends.
func (t *transaction) supersede(c *record.Call) (bool, error) {
	if !c.MayBeSuperseded() {
		return false, nil
	}
	var target record.Entity
	t.query(func(rows pgx.Rows) (err error) {
		target, err = scanEntity(rows)
		return err
	}, `SELECT `+entityColumns+` FROM entity WHERE ref = $1`, text(c.Shown.GetTarget()))
	if err := t.send(); err != nil {
		return false, err
	}
	return t.supersedeBy(c, target.Attributes[c.Sets])
}

// supersedeBy is supersede where the target's attribute is known.
func (t *transaction) supersedeBy(c *record.Call, a record.Attribute) (bool, error) {
	if outdated, err := c.Outdated(a); err != nil || !outdated {
		return false, err
	}
	if ours, err := t.ours(a.Event); err != nil || ours {
		return false, err
	}
	c.Supersede(a)
	return true, nil
}

// ours tells whether an account of ours acted in an event.
func (t *transaction) ours(event string) (ours bool, err error) {
	var actor string
	t.query(func(rows pgx.Rows) error {
		var encoded []byte
		if err := rows.Scan(&encoded); err != nil {
			return err
		}
		actor, err = record.Actor(encoded)
		return err
	}, `SELECT event FROM event WHERE id = $1`, text(event))
	if err := t.send(); err != nil || actor == "" {
		return false, err
	}
	t.query(func(pgx.Rows) error {
		ours = true
		return nil
	}, `SELECT 1 FROM account WHERE name = $1 LIMIT 1`, text(actor))
	return ours, t.send()
}

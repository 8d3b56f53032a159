package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// supersede puts a call to rest whose target somebody else has changed since. It sends.
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
	return t.supersedeAs(c, &target)
}

// supersedeAs is supersede where the target is known.
func (t *transaction) supersedeAs(c *record.Call, target *record.Entity) (bool, error) {
	events, err := c.Overtaken(target)
	if err != nil {
		return false, err
	}
	for _, event := range events {
		if ours, err := t.ours(event); err != nil {
			return false, err
		} else if !ours {
			c.Supersede(event)
			return true, nil
		}
	}
	return false, nil
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

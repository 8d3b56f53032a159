package sqlite

import "github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"

// supersede puts a call to rest whose target somebody else has changed since.
func (b *batch) supersede(c *record.Call) (bool, error) {
	if !c.MayBeSuperseded() {
		return false, nil
	}
	target, err := b.knownEntity(c.Shown.GetTarget())
	if err != nil {
		return false, err
	}
	events, err := c.Overtaken(target)
	if err != nil {
		return false, err
	}
	for _, event := range events {
		if ours, err := b.ours(event); err != nil {
			return false, err
		} else if !ours {
			c.Supersede(event)
			return true, nil
		}
	}
	return false, nil
}

// ours tells whether an account of ours acted in an event.
func (b *batch) ours(event string) (bool, error) {
	found, err := collect(b, scanBlob, selectEventByID, event)
	if err != nil || len(found) == 0 {
		return false, err
	}
	actor, err := record.Actor(found[0])
	if err != nil || actor == "" {
		return false, err
	}
	n, err := collect(b, scanNumber, selectAccount, actor)
	return len(n) > 0, err
}

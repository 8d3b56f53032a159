package erasure

import (
	"context"
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// observations removes the subject's and takes its names out of others.
func (e *erasing) observations(ctx context.Context) error {
	return e.scan(ctx, ledger.Observations, func(rows ledger.Rows) error {
		var named []ledger.ObservationKey
		for _, o := range rows.Observations {
			if row := rowOf(o); e.observed(&row, e.needles) != keep {
				named = append(named, row.ObservationKey)
			}
		}
		return each(ctx, e, named, func(k ledger.ObservationKey) string { return k.Subject }, &e.found.Observations, e.eraseObservation)
	})
}

func rowOf(o fact.Observed) record.Observation {
	return record.Observation{
		ObservationKey: ledger.ObservationKey{Subject: o.Subject, Name: o.Name, SubKey: o.SubKey},
		Value:          o.Value, Place: o.Place, Actor: o.Actor, EventID: o.EventID, Authn: o.Authn,
	}
}

// each changes rows, each of a ref, in chunks, in one commit with the entry that
// names them; a dry run counts them.
func each[K any](ctx context.Context, e *erasing, keys []K, of func(K) string, count *uint64, one func(Tx, K, *touched) (bool, error)) error {
	if e.dry {
		*count += uint64(len(keys))
		return nil
	}
	for chunk := range slices.Chunk(keys, rowChunk) {
		changed := uint64(0)
		err := e.write(ctx, func(tx Tx, found *ledger.Forgotten) error {
			t := &touched{}
			changed = 0
			refs := make([]string, len(chunk))
			for i, key := range chunk {
				refs[i] = of(key)
			}
			if err := tx.Lock(refs); err != nil {
				return err
			}
			for _, key := range chunk {
				did, err := one(tx, key, t)
				if err != nil {
					return err
				}
				if did {
					changed++
				}
			}
			through, err := t.enter(tx, e.through)
			if err == nil {
				found.Through = through
			}
			return err
		})
		if err != nil {
			return err
		}
		*count += changed
	}
	return nil
}

// touched are keys, for whoever follows the ledger.
type touched struct {
	rows  project.Delta
	links map[string][]project.Link // by authn
}

func (t *touched) enter(tx Tx, run int64) (through ledger.Position, err error) {
	if len(t.rows.Entities)+len(t.rows.Observations) > 0 {
		if through, err = tx.Enter(run, t.rows, ledger.Signature); err != nil {
			return through, err
		}
	}
	for authn, links := range t.links {
		if through, err = tx.Enter(run, project.Delta{Links: links}, authn); err != nil {
			return through, err
		}
	}
	return through, nil
}

func (e *erasing) eraseObservation(tx Tx, key ledger.ObservationKey, t *touched) (bool, error) {
	row, ok, err := tx.Observation(key)
	if err != nil || !ok {
		return false, err
	}
	f := e.observed(&row, e.needles)
	if f == keep {
		return false, nil
	}
	if later, err := tx.After(row.EventID, e.through); err != nil || later {
		return false, err
	}
	t.rows.Observations = append(t.rows.Observations, project.Observation{Subject: key.Subject, Name: key.Name, SubKey: key.SubKey})
	if f == remove {
		return true, tx.DeleteObservation(key)
	}
	return true, tx.SaveObservation(row)
}

// links removes those from and to the subject and takes its name off others.
func (e *erasing) links(ctx context.Context) error {
	return e.scan(ctx, ledger.Links, func(rows ledger.Rows) error {
		var named []ledger.LinkKey
		for _, l := range rows.Links {
			if e.covers(l.From) || e.covers(l.To) || e.wrote(l) {
				named = append(named, ledger.LinkKey{From: l.From, Where: l.Where, To: l.To, Kind: l.Kind, Authn: l.Authn})
			}
		}
		return each(ctx, e, named, func(k ledger.LinkKey) string { return k.From }, &e.found.Links, e.eraseLink)
	})
}

func (e *erasing) wrote(l graph.Related) bool {
	origin := originOf(l.From)
	return e.is(l.Author, origin) || e.is(l.Editor, origin)
}

func (e *erasing) eraseLink(tx Tx, key ledger.LinkKey, t *touched) (bool, error) {
	row, ok, err := tx.Link(key)
	if err != nil || !ok {
		return false, err
	}
	f, err := e.link(&row)
	if err != nil || f == keep {
		return false, err
	}
	if later, err := tx.After(row.EventID, e.through); err != nil || later {
		return false, err
	}
	if t.links == nil {
		t.links = make(map[string][]project.Link)
	}
	t.links[key.Authn] = append(t.links[key.Authn], project.Link{From: key.From, Where: key.Where, To: key.To, Kind: key.Kind})
	if f == remove {
		return true, tx.DeleteLink(key)
	}
	return true, tx.SaveLink(row)
}

func itself(ref string) string { return ref }

// entities takes the subject's names out of others, and then removes its own.
func (e *erasing) entities(ctx context.Context) error {
	var own []string
	err := e.scan(ctx, ledger.Entities, func(rows ledger.Rows) error {
		var named []string
		for _, row := range rows.Entities {
			if e.covers(row.Ref) || e.covers(row.Place) {
				own = append(own, row.Ref)
			} else if e.delta(&project.Delta{Entities: []project.Entity{row.Entity}}, e.needles) {
				named = append(named, row.Ref)
			}
		}
		return each(ctx, e, named, itself, &e.found.Entities, e.eraseEntity)
	})
	if err != nil {
		return err
	}
	return each(ctx, e, own, itself, &e.found.Entities, e.eraseEntity)
}

func (e *erasing) eraseEntity(tx Tx, ref string, t *touched) (bool, error) {
	row, err := tx.Entity(ref)
	if err != nil || !row.Stored && !row.Dirty {
		return false, err
	}
	f := e.entity(row, e.needles)
	if f == keep {
		return false, nil
	}
	t.rows.Entities = append(t.rows.Entities, project.Entity{Ref: ref})
	if f == change {
		return true, tx.SaveEntity(row)
	}
	left, err := row.Forget(func(event string) (bool, error) { return tx.After(event, e.through) })
	if err != nil {
		return false, err
	}
	if !left {
		// A newer event may have named it.
		if left, err = tx.Linked(ref); err != nil {
			return false, err
		}
	}
	if left {
		return true, tx.SaveEntity(row)
	}
	return true, tx.DeleteEntity(row)
}

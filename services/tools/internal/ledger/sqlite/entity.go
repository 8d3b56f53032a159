package sqlite

import (
	"database/sql"
	"maps"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// entities are read once a commit and written at its end: most operations of a
// group name the same places and people. What an operation told counts once it succeeded.
type entities struct {
	told   map[string]*record.Entity
	staged map[string]*record.Entity
}

func newEntities() entities {
	return entities{told: make(map[string]*record.Entity), staged: make(map[string]*record.Entity)}
}

// end keeps or forgets what the last operation told.
func (e *entities) end(keep bool) {
	if keep {
		maps.Copy(e.told, e.staged)
	}
	clear(e.staged)
}

func (b *batch) mergeEntity(told *record.Entity) (changed bool, err error) {
	known, err := b.knownEntity(told.Ref)
	if err != nil {
		return false, err
	}
	return known.Merge(told), nil
}

func (b *batch) knownEntity(ref string) (known *record.Entity, err error) {
	if known = b.entities.staged[ref]; known != nil {
		return known, nil
	}
	if known = b.entities.told[ref]; known != nil {
		known = known.Clone()
	} else if known, err = findEntity(b, ref); err != nil {
		return nil, err
	}
	b.entities.staged[ref] = known
	return known, nil
}

func (b *batch) writeEntities() error {
	for _, e := range b.entities.told {
		if !e.Dirty {
			continue
		}
		texts, attributes, err := e.Encode()
		if err != nil {
			return err
		}
		v := e.Version
		if e.Stored {
			_, err = b.exec(updateEntity, e.Seen, e.Vouched, e.Kind, e.NativeID, e.Place, v.At, v.Rank, v.Event, texts, attributes, e.Ref)
		} else {
			_, err = b.exec(insertEntity, e.Ref, e.Seen, e.Vouched, e.Kind, e.NativeID, e.Place, v.At, v.Rank, v.Event, texts, attributes)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func findEntity(q querier, ref string) (*record.Entity, error) {
	found, err := collect(q, scanEntity, selectEntity, ref)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return record.NewEntity(ref), nil
	}
	return &found[0], nil
}

func scanEntity(rows *sql.Rows) (e record.Entity, err error) {
	var texts, attributes []byte
	v := &e.Version
	if err := rows.Scan(&e.Ref, &e.Seen, &e.Vouched, &e.Kind, &e.NativeID, &e.Place, &v.At, &v.Rank, &v.Event, &texts, &attributes); err != nil {
		return e, err
	}
	return e, e.Decode(texts, attributes)
}

package sqlite

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// entityRow is a row of entity.
type entityRow struct {
	seq                        int64
	ref, kind, nativeID, place string
	seen                       bool
	// Seen by a signed event, which version is then of.
	vouched    bool
	version    version
	texts      map[string]int64
	attributes map[string]attribute
	// It differs from the file.
	dirty bool
}

func (e *entityRow) clone() *entityRow {
	c := *e
	c.texts, c.attributes = maps.Clone(e.texts), maps.Clone(e.attributes)
	return &c
}

type version struct {
	at, rank int64
	event    string
}

func (v version) compare(o version) int {
	return cmp.Or(cmp.Compare(v.at, o.at), cmp.Compare(v.rank, o.rank), cmp.Compare(v.event, o.event))
}

// attribute is an element of the column attributes.
type attribute struct {
	Value string `json:"v"`
	At    int64  `json:"t"`
	Rank  int64  `json:"r,omitempty"`
	Event string `json:"e"`
	// No signed event told it.
	Unvouched bool `json:"u,omitempty"`
}

func (a attribute) version() version { return version{a.At, a.Rank, a.Event} }

// beats: the later version wins, and no other event's ever over a signed one's.
func (a attribute) beats(old attribute) bool {
	if a.Unvouched != old.Unvouched {
		return old.Unvouched
	}
	return a.version().compare(old.version()) > 0
}

// unvouchedText is the key of a text that no signed event told.
func unvouchedText(where string) string { return "~" + where }

func newEntity(e project.Entity, t texts, vouched bool) *entityRow {
	row := &entityRow{
		ref: e.Ref, kind: e.Kind, nativeID: e.NativeID, place: e.Place, seen: !e.Stub, vouched: vouched && !e.Stub,
		texts: make(map[string]int64), attributes: make(map[string]attribute, len(e.Attributes)),
	}
	if e.Ref == t.ref {
		for where, at := range t.at {
			if !vouched {
				where = unvouchedText(where)
			}
			row.texts[where] = at
		}
	}
	for _, a := range e.Attributes {
		given := attribute{a.Value, ledger.Micros(a.Version.At), int64(a.Version.KindRank), a.Version.EventID, !vouched}
		row.attributes[a.Name] = given
		if row.seen && given.version().compare(row.version) > 0 {
			row.version = given.version()
		}
	}
	return row
}

// entities are read once a commit and written at its end: most operations of a
// group name the same places and people. What an operation told counts once it succeeded.
type entities struct {
	told   map[string]*entityRow
	staged map[string]*entityRow
}

func newEntities() entities {
	return entities{told: make(map[string]*entityRow), staged: make(map[string]*entityRow)}
}

// end keeps or forgets what the last operation told.
func (e *entities) end(keep bool) {
	if keep {
		maps.Copy(e.told, e.staged)
	}
	clear(e.staged)
}

// mergeEntity brings what is told about an entity together with what is known,
// to the same row in whatever order both come. It reports whether that changed it.
func (b *batch) mergeEntity(told *entityRow) (bool, error) {
	known, err := b.knownEntity(told.ref)
	if err != nil {
		return false, err
	}
	isNew := known.seq == 0 && !known.dirty
	if !known.take(told) && !isNew {
		return false, nil
	}
	known.dirty = true
	return true, nil
}

func (b *batch) knownEntity(ref string) (known *entityRow, err error) {
	if known = b.entities.staged[ref]; known != nil {
		return known, nil
	}
	if known = b.entities.told[ref]; known != nil {
		known = known.clone()
	} else if known, err = findEntity(b, ref); err != nil {
		return nil, err
	} else if known == nil {
		known = &entityRow{ref: ref, texts: make(map[string]int64), attributes: make(map[string]attribute)}
	}
	b.entities.staged[ref] = known
	return known, nil
}

func (b *batch) writeEntities() error {
	for _, e := range b.entities.told {
		if !e.dirty {
			continue
		}
		texts, attributes, err := e.encode()
		if err != nil {
			return err
		}
		v := e.version
		if e.seq == 0 {
			_, err = b.exec(insertEntity, e.ref, e.seen, e.vouched, e.kind, e.nativeID, e.place, v.at, v.rank, v.event, texts, attributes)
		} else {
			_, err = b.exec(updateEntity, e.seen, e.vouched, e.kind, e.nativeID, e.place, v.at, v.rank, v.event, texts, attributes, e.seq)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take reports whether it changed anything.
func (e *entityRow) take(told *entityRow) bool {
	changed := e.takeIdentity(told)
	for where, at := range told.texts {
		if at > e.texts[where] {
			e.texts[where], changed = at, true
		}
	}
	for name, a := range told.attributes {
		if old, known := e.attributes[name]; !known || a.beats(old) {
			e.attributes[name], changed = a, true
		}
	}
	return changed
}

// takeIdentity: a stub fills what is empty, a sighting replaces what a stub or
// an older sighting said, and a signed event's what another one's said.
func (e *entityRow) takeIdentity(told *entityRow) bool {
	before := *e // Of its fields; the maps are not looked at.
	newer := told.seen && (!e.seen || told.vouched && !e.vouched || told.vouched == e.vouched && told.version.compare(e.version) > 0)
	choose := func(old *string, given string) {
		if given != "" && (newer || *old == "") {
			*old = given
		}
	}
	choose(&e.kind, told.kind)
	choose(&e.nativeID, told.nativeID)
	choose(&e.place, told.place)
	if newer {
		e.version, e.vouched = told.version, told.vouched
	}
	e.seen = e.seen || told.seen
	return e.kind != before.kind || e.nativeID != before.nativeID || e.place != before.place || e.seen != before.seen || e.vouched != before.vouched || e.version != before.version
}

// findEntity returns nil for a ref that was never named.
func findEntity(q querier, ref string) (*entityRow, error) {
	found, err := collect(q, scanEntity, selectEntity, ref)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func scanEntity(rows *sql.Rows) (e entityRow, err error) {
	var texts, attributes []byte
	err = rows.Scan(&e.ref, &e.seq, &e.seen, &e.vouched, &e.kind, &e.nativeID, &e.place, &e.version.at, &e.version.rank, &e.version.event, &texts, &attributes)
	if err != nil {
		return e, err
	}
	return e, errors.Join(json.Unmarshal(texts, &e.texts), json.Unmarshal(attributes, &e.attributes))
}

// shown is the entity as it is asked for, attributes by name.
func (e *entityRow) shown() project.Entity {
	entity := project.Entity{Ref: e.ref, Kind: e.kind, NativeID: e.nativeID, Place: e.place, Stub: !e.seen}
	for _, name := range slices.Sorted(maps.Keys(e.attributes)) {
		a := e.attributes[name]
		entity.Attributes = append(entity.Attributes, project.Attribute{
			Name: name, Value: a.Value, Version: project.Version{At: ledger.Time(a.At), KindRank: int(a.Rank), EventID: a.Event},
		})
	}
	return entity
}

// encode returns text and not bytes: SQLite reads JSON in a BLOB in a format of its own.
func (e *entityRow) encode() (texts, attributes string, err error) {
	t, errTexts := json.Marshal(e.texts)
	a, errAttributes := json.Marshal(e.attributes)
	if err := errors.Join(errTexts, errAttributes); err != nil {
		return "", "", fmt.Errorf("sqlite: entity %s: %w", e.ref, err)
	}
	return string(t), string(a), nil
}

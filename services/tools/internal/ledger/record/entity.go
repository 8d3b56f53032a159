package record

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Entity is a row of entity.
type Entity struct {
	Ref, Kind, NativeID, Place string
	Seen                       bool
	// Seen by a signed event, which Version is then of.
	Vouched    bool
	Version    Version
	Texts      map[string]int64
	Attributes map[string]Attribute
	// The store has a row of it.
	Stored bool
	// It differs from the store's row.
	Dirty bool
}

// NewEntity is what the store knows of a ref that was never named.
func NewEntity(ref string) *Entity {
	return &Entity{Ref: ref, Texts: make(map[string]int64), Attributes: make(map[string]Attribute)}
}

// Clone returns a copy that shares nothing with e.
func (e *Entity) Clone() *Entity {
	c := *e
	c.Texts, c.Attributes = maps.Clone(e.Texts), maps.Clone(e.Attributes)
	return &c
}

// Version orders what several events say about one thing.
type Version struct {
	At    int64  `json:"t"`
	Rank  int64  `json:"r,omitempty"`
	Event string `json:"e"`
}

func (v Version) compare(o Version) int {
	return cmp.Or(cmp.Compare(v.At, o.At), cmp.Compare(v.Rank, o.Rank), cmp.Compare(v.Event, o.Event))
}

// Attribute is an element of the column attributes.
type Attribute struct {
	Value string `json:"v"`
	At    int64  `json:"t"`
	Rank  int64  `json:"r,omitempty"`
	Event string `json:"e"`
	// No signed event told it.
	Unvouched bool `json:"u,omitempty"`
	// The signed events that changed it, the oldest first; see changesKept. A row from
	// before this was kept has none.
	Changes []Version `json:"c,omitempty"`
}

func (a Attribute) version() Version { return Version{a.At, a.Rank, a.Event} }

// beats: the later version wins, and no other event's ever over a signed one's.
func (a Attribute) beats(old Attribute) bool {
	if a.Unvouched != old.Unvouched {
		return old.Unvouched
	}
	return a.version().compare(old.version()) > 0
}

// unvouchedText is the key of a text that no signed event told.
func unvouchedText(where string) string { return "~" + where }

func toldEntity(e project.Entity, t texts, vouched bool) *Entity {
	row := &Entity{
		Ref: e.Ref, Kind: e.Kind, NativeID: e.NativeID, Place: e.Place, Seen: !e.Stub, Vouched: vouched && !e.Stub,
		Texts: make(map[string]int64), Attributes: make(map[string]Attribute, len(e.Attributes)),
	}
	if e.Ref == t.ref {
		for where, at := range t.at {
			if !vouched {
				where = unvouchedText(where)
			}
			row.Texts[where] = at
		}
	}
	for _, a := range e.Attributes {
		given := Attribute{Value: a.Value, At: ledger.Micros(a.Version.At), Rank: int64(a.Version.KindRank), Event: a.Version.EventID, Unvouched: !vouched}
		if a.Changed && vouched {
			given.Changes = []Version{given.version()}
		}
		row.Attributes[a.Name] = given
		if row.Seen && given.version().compare(row.Version) > 0 {
			row.Version = given.version()
		}
	}
	return row
}

// Merge brings what is told about an entity together with what is known, to the
// same row in whatever order both come. It reports whether that changed it.
func (e *Entity) Merge(told *Entity) bool {
	isNew := !e.Stored && !e.Dirty
	if !e.take(told) && !isNew {
		return false
	}
	e.Dirty = true
	return true
}

// take reports whether it changed anything.
func (e *Entity) take(told *Entity) bool {
	changed := e.takeIdentity(told)
	for where, at := range told.Texts {
		if at > e.Texts[where] {
			e.Texts[where], changed = at, true
		}
	}
	for name, a := range told.Attributes {
		if old, known := e.Attributes[name]; !known {
			e.Attributes[name], changed = a, true
		} else if merged, differs := old.merge(a); differs {
			e.Attributes[name], changed = merged, true
		}
	}
	return changed
}

// takeIdentity: a stub fills what is empty, a sighting replaces what a stub or
// an older sighting said, and a signed event's what another one's said.
func (e *Entity) takeIdentity(told *Entity) bool {
	before := *e // Of its fields; the maps are not looked at.
	newer := told.Seen && (!e.Seen || told.Vouched && !e.Vouched || told.Vouched == e.Vouched && told.Version.compare(e.Version) > 0)
	choose := func(old *string, given string) {
		if given != "" && (newer || *old == "") {
			*old = given
		}
	}
	choose(&e.Kind, told.Kind)
	choose(&e.NativeID, told.NativeID)
	choose(&e.Place, told.Place)
	if newer {
		e.Version, e.Vouched = told.Version, told.Vouched
	}
	e.Seen = e.Seen || told.Seen
	return e.Kind != before.Kind || e.NativeID != before.NativeID || e.Place != before.Place || e.Seen != before.Seen || e.Vouched != before.Vouched || e.Version != before.Version
}

// Shown is the entity as it is asked for, attributes by name.
func (e *Entity) Shown() project.Entity {
	entity := project.Entity{Ref: e.Ref, Kind: e.Kind, NativeID: e.NativeID, Place: e.Place, Stub: !e.Seen}
	for _, name := range slices.Sorted(maps.Keys(e.Attributes)) {
		a := e.Attributes[name]
		entity.Attributes = append(entity.Attributes, project.Attribute{
			Name: name, Value: a.Value, Version: project.Version{At: ledger.Time(a.At), KindRank: int(a.Rank), EventID: a.Event},
		})
	}
	return entity
}

// Encode returns Texts and Attributes as JSON. It is text and not bytes: SQLite
// reads JSON in a BLOB in a format of its own.
func (e *Entity) Encode() (texts, attributes string, err error) {
	t, errTexts := json.Marshal(e.Texts)
	a, errAttributes := json.Marshal(e.Attributes)
	if err := errors.Join(errTexts, errAttributes); err != nil {
		return "", "", fmt.Errorf("ledger: entity %s: %w", e.Ref, err)
	}
	return string(t), string(a), nil
}

// Decode is the reverse of Encode, of a row that is stored.
func (e *Entity) Decode(texts, attributes []byte) error {
	e.Stored = true
	if err := errors.Join(json.Unmarshal(texts, &e.Texts), json.Unmarshal(attributes, &e.Attributes)); err != nil {
		return fmt.Errorf("ledger: entity %s: %w", e.Ref, err)
	}
	return nil
}

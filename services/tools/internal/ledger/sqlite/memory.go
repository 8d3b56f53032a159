package sqlite

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// memory is a delta made ready for the writer.
type memory struct {
	entities     []entityRow
	links        [][]any
	observations [][]any
	entry        []byte
}

// written counts the rows that a delta inserted or changed.
type written struct{ records, facts, links int64 }

func (w written) shown() []*toolsv1.MemoryWrite {
	one := func(tool string, rows int64) *toolsv1.MemoryWrite {
		return &toolsv1.MemoryWrite{Tool: tool, Store: Word, State: "done", Rows: uint32(rows)}
	}
	return []*toolsv1.MemoryWrite{one("records.upsert", w.records), one("facts.record", w.facts), one("graph.upsert", w.links)}
}

// texts says which texts of a subject an event carried whole, and when: a link
// that stood in one and was last seen before is gone.
type texts struct {
	ref string
	at  map[string]int64
}

// textsOf leaves out what many texts share one word for (each comment is
// another text, each commit another message), pages, of which an event carries
// parts, and texts that were cut.
func textsOf(e *eventv1.WebhookEvent) texts {
	t := texts{ref: e.GetRef(), at: make(map[string]int64)}
	at := receivedAt(e)
	if e.GetOccurredAt() != nil {
		at = ledger.Micros(e.GetOccurredAt().AsTime())
	}
	for _, p := range e.GetText().GetParts() {
		switch p.GetWhere() {
		case "title", "body", "branch":
			t.at[p.GetWhere()] = at
		}
	}
	for _, p := range e.GetText().GetParts() {
		if p.GetTruncated() {
			delete(t.at, p.GetWhere())
		}
	}
	return t
}

func encodeMemory(d project.Delta, t texts) (m memory, err error) {
	if m.entry, err = ledger.EncodeDelta(d); err != nil {
		return m, err
	}
	for _, e := range d.Entities {
		m.entities = append(m.entities, newEntity(e, t))
	}
	for _, l := range d.Links {
		author, err := encodePerson(l.Author)
		if err != nil {
			return m, err
		}
		editor, err := encodePerson(l.Editor)
		if err != nil {
			return m, err
		}
		at := ledger.Micros(l.At)
		if l.From == t.ref {
			at = max(at, t.at[l.Where])
		}
		m.links = append(m.links, []any{l.From, l.Where, l.To, l.Kind, l.Rule, l.Confidence, author, editor, at})
	}
	for _, o := range d.Observations {
		m.observations = append(m.observations, []any{o.Subject, o.Name, o.SubKey, ledger.Micros(o.At), o.Value})
	}
	return m, nil
}

// encodePerson returns nil, which is NULL, for nobody.
func encodePerson(a *eventv1.Account) (any, error) {
	if a == nil {
		return nil, nil
	}
	b, err := proto.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("sqlite: encode an account: %w", err)
	}
	return b, nil
}

func decodePerson(b []byte) (*eventv1.Account, error) {
	if b == nil {
		return nil, nil
	}
	a := &eventv1.Account{}
	if err := proto.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("sqlite: account: %w", err)
	}
	return a, nil
}

// apply writes a delta that rests on an event.
func (m *memory) apply(b *batch, eventID string) (w written, err error) {
	for i := range m.entities {
		n, err := m.entities[i].merge(b)
		if err != nil {
			return w, err
		}
		w.records += n
	}
	for _, link := range m.links {
		n, err := b.exec(upsertLink, append(link, eventID)...)
		if err != nil {
			return w, err
		}
		w.links += n
	}
	for _, observation := range m.observations {
		n, err := b.exec(upsertObservation, append(observation, eventID)...)
		if err != nil {
			return w, err
		}
		w.facts += n
	}
	return w, nil
}

// entityRow is a row of entity.
type entityRow struct {
	seq                        int64
	ref, kind, nativeID, place string
	seen                       bool
	version                    version
	texts                      map[string]int64
	attributes                 map[string]attribute
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
}

func (a attribute) version() version { return version{a.At, a.Rank, a.Event} }

func newEntity(e project.Entity, t texts) entityRow {
	row := entityRow{
		ref: e.Ref, kind: e.Kind, nativeID: e.NativeID, place: e.Place, seen: !e.Stub,
		texts: make(map[string]int64), attributes: make(map[string]attribute, len(e.Attributes)),
	}
	if e.Ref == t.ref {
		row.texts = t.at
	}
	for _, a := range e.Attributes {
		given := attribute{a.Value, ledger.Micros(a.Version.At), int64(a.Version.KindRank), a.Version.EventID}
		row.attributes[a.Name] = given
		if row.seen && given.version().compare(row.version) > 0 {
			row.version = given.version()
		}
	}
	return row
}

// merge brings what is told about an entity together with what is known, to
// the same row in whatever order both come. It returns the number of rows changed.
func (e *entityRow) merge(b *batch) (int64, error) {
	known, err := findEntity(b, e.ref)
	if err != nil {
		return 0, err
	}
	if known == nil {
		texts, attributes, err := e.encode()
		if err != nil {
			return 0, err
		}
		return b.exec(insertEntity, e.ref, e.seen, e.kind, e.nativeID, e.place, e.version.at, e.version.rank, e.version.event, texts, attributes)
	}
	if !known.take(e) {
		return 0, nil
	}
	texts, attributes, err := known.encode()
	if err != nil {
		return 0, err
	}
	v := known.version
	return b.exec(updateEntity, known.seen, known.kind, known.nativeID, known.place, v.at, v.rank, v.event, texts, attributes, known.seq)
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
		if old, known := e.attributes[name]; !known || a.version().compare(old.version()) > 0 {
			e.attributes[name], changed = a, true
		}
	}
	return changed
}

// takeIdentity: a stub fills what is empty, a sighting replaces what a stub or
// an older sighting said.
func (e *entityRow) takeIdentity(told *entityRow) bool {
	before := *e
	newer := told.seen && (!e.seen || told.version.compare(e.version) > 0)
	choose := func(old *string, given string) {
		if given != "" && (newer || *old == "") {
			*old = given
		}
	}
	choose(&e.kind, told.kind)
	choose(&e.nativeID, told.nativeID)
	choose(&e.place, told.place)
	if newer {
		e.version = told.version
	}
	e.seen = e.seen || told.seen
	return e.kind != before.kind || e.nativeID != before.nativeID || e.place != before.place || e.seen != before.seen || e.version != before.version
}

// findEntity returns nil for a ref that was never named.
func findEntity(q querier, ref string) (*entityRow, error) {
	found, err := collect(q, scanEntity, selectEntity, ref)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	found[0].ref = ref
	return &found[0], nil
}

func scanEntity(rows *sql.Rows) (e entityRow, err error) {
	var texts, attributes []byte
	err = rows.Scan(&e.seq, &e.seen, &e.kind, &e.nativeID, &e.place, &e.version.at, &e.version.rank, &e.version.event, &texts, &attributes)
	if err != nil {
		return e, err
	}
	return e, errors.Join(json.Unmarshal(texts, &e.texts), json.Unmarshal(attributes, &e.attributes))
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

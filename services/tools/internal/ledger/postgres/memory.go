package postgres

import (
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// memory is what a transaction's deltas touch, as the database has it and as they
// leave it. Whoever reads it holds the locks of its refs until it is written.
type memory struct {
	entities     map[string]*record.Entity
	links        map[ledger.LinkKey]*row[record.Link]
	observations map[ledger.ObservationKey]*row[record.Observation]
}

// row is a row with what became of it.
type row[T any] struct {
	is            T
	stored, dirty bool
}

func newMemory() *memory {
	return &memory{
		entities: make(map[string]*record.Entity), links: make(map[ledger.LinkKey]*row[record.Link]),
		observations: make(map[ledger.ObservationKey]*row[record.Observation]),
	}
}

// want says that a delta will be applied.
func (m *memory) want(d *record.Memory) {
	for _, e := range d.Entities {
		if m.entities[e.Ref] == nil {
			m.entities[e.Ref] = record.NewEntity(e.Ref)
		}
	}
	for _, l := range d.Links {
		m.links[l.LinkKey] = &row[record.Link]{}
	}
	for _, o := range d.Observations {
		m.observations[o.ObservationKey] = &row[record.Observation]{}
	}
}

// names are what is to be locked: each row belongs to one of them.
func (m *memory) names() []string {
	names := slices.Collect(maps.Keys(m.entities))
	for k := range m.links {
		names = append(names, k.From)
	}
	for k := range m.observations {
		names = append(names, k.Subject)
	}
	return names
}

func (m *memory) read(t *transaction) {
	if len(m.entities) > 0 {
		t.query(func(rows pgx.Rows) error {
			e, err := scanEntity(rows)
			m.entities[e.Ref] = &e
			return err
		}, `SELECT `+entityColumns+` FROM entity WHERE ref = ANY($1::text[])`, texts(slices.Collect(maps.Keys(m.entities))))
	}
	if len(m.links) > 0 {
		t.query(func(rows pgx.Rows) error {
			l, err := scanLink(rows)
			m.links[l.LinkKey] = &row[record.Link]{is: l.Link, stored: true}
			return err
		}, `SELECT `+linkColumns+`, false FROM link WHERE (from_ref, stood, to_ref, kind, authn) IN (SELECT * FROM `+linkKeys+`)`,
			linkKeyArgs(slices.Collect(maps.Keys(m.links)))...)
	}
	if len(m.observations) > 0 {
		t.query(func(rows pgx.Rows) error {
			o, err := scanObservation(rows)
			m.observations[o.ObservationKey] = &row[record.Observation]{is: o, stored: true}
			return err
		}, `SELECT `+observationColumns+` FROM observation WHERE (subject, name, sub_key) IN (SELECT * FROM `+observationKeys+`)`,
			observationKeyArgs(slices.Collect(maps.Keys(m.observations)))...)
	}
}

// apply takes a delta that rests on an event.
func (m *memory) apply(d *record.Memory, eventID string) (w record.Written) {
	for _, told := range d.Entities {
		if m.entities[told.Ref].Merge(told) {
			w.Records++
		}
	}
	for _, l := range d.Links {
		l.EventID = eventID
		if known := m.links[l.LinkKey]; known.take(l, known.is.Merge) {
			w.Links++
		}
	}
	for _, o := range d.Observations {
		o.EventID = eventID
		if known := m.observations[o.ObservationKey]; known.take(o, known.is.Merge) {
			w.Facts++
		}
	}
	return w
}

func (r *row[T]) take(told T, merge func(T) bool) bool {
	switch {
	case !r.stored && !r.dirty:
		r.is = told
	case !merge(told):
		return false
	}
	r.dirty = true
	return true
}

const (
	upsertEntities = `INSERT INTO entity (ref, seen, vouched, kind, native_id, place, at, rank, event_id, visibility, texts, attributes)
		SELECT ref, seen, vouched, kind, native_id, place, at, rank, event_id, visibility, texts::jsonb, attributes
		FROM unnest($1::text[], $2::boolean[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[])
			AS told (ref, seen, vouched, kind, native_id, place, at, rank, event_id, visibility, texts, attributes)
		ON CONFLICT (ref) DO UPDATE SET seen = excluded.seen, vouched = excluded.vouched, kind = excluded.kind, native_id = excluded.native_id,
			place = excluded.place, at = excluded.at, rank = excluded.rank, event_id = excluded.event_id, visibility = excluded.visibility,
			texts = excluded.texts, attributes = excluded.attributes`
	upsertLinks = `INSERT INTO link (from_ref, stood, to_ref, kind, authn, rule, confidence, author, editor, first_at, last_at, event_id)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bytea[], $10::bigint[], $11::bigint[], $12::text[])
		ON CONFLICT (from_ref, stood, to_ref, kind, authn) DO UPDATE SET rule = excluded.rule, confidence = excluded.confidence,
			author = excluded.author, editor = excluded.editor, first_at = excluded.first_at, last_at = excluded.last_at, event_id = excluded.event_id`
	upsertObservations = `INSERT INTO observation (` + observationColumns + `)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
		ON CONFLICT (subject, name, sub_key) DO UPDATE SET at = excluded.at, value = excluded.value, place = excluded.place, actor = excluded.actor,
			event_id = excluded.event_id, authn = excluded.authn`
)

// write writes what changed.
func (m *memory) write(t *transaction) error {
	var entities, links, observations columns
	for _, e := range m.entities {
		if !e.Dirty {
			continue
		}
		where, attributes, err := encodeEntity(e)
		if err != nil {
			return err
		}
		v := e.Version
		entities.add(text(e.Ref), e.Seen, e.Vouched, text(e.Kind), text(e.NativeID), text(e.Place), v.At, v.Rank, text(v.Event), text(visibility(e)), where, attributes)
	}
	for _, r := range m.links {
		if l := &r.is; r.dirty {
			links.add(text(l.From), text(l.Where), text(l.To), text(l.Kind), text(l.Authn), text(l.Rule), text(l.Confidence), l.Author, l.Editor, l.First, l.Last, text(l.EventID))
		}
	}
	for _, r := range m.observations {
		if o := &r.is; r.dirty {
			observations.add(text(o.Subject), text(o.Name), text(o.SubKey), o.At, text(o.Value), text(o.Place), text(o.Actor), text(o.EventID), text(o.Authn))
		}
	}
	entities.exec(t, upsertEntities)
	links.exec(t, upsertLinks)
	observations.exec(t, upsertObservations)
	return nil
}

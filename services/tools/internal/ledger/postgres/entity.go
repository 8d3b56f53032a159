package postgres

import (
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

const (
	entityColumns = `entity.ref, entity.seen, entity.vouched, entity.kind, entity.native_id, entity.place, entity.at, entity.rank,
		entity.event_id, entity.texts::text, entity.attributes`
	linkColumns = `link.from_ref, link.to_ref, link.kind, link.authn, link.rule, link.confidence, link.stood,
		link.author, link.editor, link.first_at, link.last_at, link.event_id`
	observationColumns = `subject, name, sub_key, at, value, place, actor, event_id, authn`

	linkKeys        = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])`
	observationKeys = `unnest($1::text[], $2::text[], $3::text[])`
)

func scanEntity(rows pgx.Rows) (e record.Entity, err error) {
	var where, attributes string
	v := &e.Version
	if err := rows.Scan(into{&e.Ref}, &e.Seen, &e.Vouched, into{&e.Kind}, into{&e.NativeID}, into{&e.Place}, &v.At, &v.Rank, into{&v.Event}, &where, &attributes); err != nil {
		return e, err
	}
	if err := e.Decode([]byte(where), []byte(attributes)); err != nil {
		return e, err
	}
	for name, at := range e.Texts {
		if plain := untext(name); plain != name {
			delete(e.Texts, name)
			e.Texts[plain] = at
		}
	}
	return e, nil
}

// encodeEntity escapes the names of texts, which jsonb holds to what text does.
// JSON of attributes is plain text: it escapes by itself.
func encodeEntity(e *record.Entity) (where, attributes string, err error) {
	if where, attributes, err = e.Encode(); err != nil {
		return "", "", err
	}
	for name := range e.Texts {
		if plain(name) {
			continue
		}
		escaped := make(map[string]int64, len(e.Texts))
		for name, at := range e.Texts {
			escaped[text(name)] = at
		}
		b, err := json.Marshal(escaped)
		if err != nil {
			return "", "", fmt.Errorf("ledger: entity %s: %w", e.Ref, err)
		}
		return string(b), attributes, nil
	}
	return where, attributes, nil
}

// visibility is what a signed event told of it.
func visibility(e *record.Entity) string {
	if a := e.Attributes["visibility"]; !a.Unvouched {
		return a.Value
	}
	return ""
}

func scanLink(rows pgx.Rows) (l record.Related, err error) {
	err = rows.Scan(into{&l.From}, into{&l.To}, into{&l.Kind}, into{&l.Authn}, into{&l.Rule}, into{&l.Confidence}, into{&l.Where},
		&l.Author, &l.Editor, &l.First, &l.Last, into{&l.EventID}, &l.Gone)
	return l, err
}

func scanObservation(rows pgx.Rows) (o record.Observation, err error) {
	err = rows.Scan(into{&o.Subject}, into{&o.Name}, into{&o.SubKey}, &o.At, into{&o.Value}, into{&o.Place}, into{&o.Actor}, into{&o.EventID}, into{&o.Authn})
	return o, err
}

func linkKeyArgs(keys []ledger.LinkKey) []any {
	var c columns
	for _, k := range keys {
		c.add(text(k.From), text(k.Where), text(k.To), text(k.Kind), text(k.Authn))
	}
	return c.lists
}

func observationKeyArgs(keys []ledger.ObservationKey) []any {
	var c columns
	for _, k := range keys {
		c.add(text(k.Subject), text(k.Name), text(k.SubKey))
	}
	return c.lists
}

package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// knownLinks is the most links that Known returns.
const knownLinks = 500

// linkRow is a row of link, and whether it is gone.
type linkRow struct {
	ledger.Related
	author, editor []byte
}

func scanLink(rows *sql.Rows) (l linkRow, err error) {
	var first, last int64
	err = rows.Scan(&l.From, &l.To, &l.Kind, &l.Authn, &l.Rule, &l.Confidence, &l.Where, &l.author, &l.editor, &first, &last, &l.EventID, &l.Gone)
	l.First, l.Last = ledger.Time(first), ledger.Time(last)
	return l, err
}

func (l *linkRow) extracted() (project.Link, error) {
	var people [2]*eventv1.Account
	for i, b := range [2][]byte{l.author, l.editor} {
		var err error
		if people[i], err = decodePerson(b); err != nil {
			return project.Link{}, err
		}
	}
	return project.Link{
		From: l.From, To: l.To, Kind: l.Kind, Rule: l.Rule, Confidence: l.Confidence, Where: l.Where,
		Author: people[0], Editor: people[1], At: l.Last, Authn: l.Authn,
	}, nil
}

// Known implements ledger.Ledger.
func (s *Store) Known(ctx context.Context, subject string, refs []string) (ledger.Known, error) {
	known := ledger.Known{Seen: make(map[string]bool, len(refs)), Visibility: make(map[string]string)}
	q, err := s.reader.at(ctx)
	if err != nil {
		return known, err
	}
	var links []linkRow
	if subject != "" {
		if links, err = collect(q, scanLink, selectKnown, subject, knownLinks); err != nil {
			return known, err
		}
	}
	for i := range links {
		l, err := links[i].extracted()
		if err != nil {
			return known, err
		}
		known.Links = append(known.Links, l)
	}
	if len(refs) == 0 {
		return known, nil
	}
	wanted, err := json.Marshal(refs)
	if err != nil {
		return known, fmt.Errorf("sqlite: encode refs: %w", err)
	}
	type sighting struct{ ref, visibility string }
	seen, err := collect(q, func(rows *sql.Rows) (s sighting, err error) {
		return s, rows.Scan(&s.ref, &s.visibility)
	}, selectSeen, string(wanted))
	for _, s := range seen {
		known.Seen[s.ref] = true
		if s.visibility != "" {
			known.Visibility[s.ref] = s.visibility
		}
	}
	return known, err
}

// Timeline implements ledger.Facts.
func (s *Store) Timeline(ctx context.Context, ref string, limit int) ([]ledger.Observed, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	return collect(q, func(rows *sql.Rows) (o ledger.Observed, err error) {
		var at int64
		err = rows.Scan(&o.Subject, &o.Name, &o.SubKey, &at, &o.Value, &o.EventID)
		o.At = ledger.Time(at)
		return o, err
	}, selectTimeline, ref, limit)
}

// Linked implements ledger.Graph.
func (s *Store) Linked(ctx context.Context, ref string, limit int) ([]ledger.Related, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	return collect(q, func(rows *sql.Rows) (ledger.Related, error) {
		l, err := scanLink(rows)
		return l.Related, err
	}, selectLinked, ref, limit)
}

// Entity implements ledger.Graph.
func (s *Store) Entity(ctx context.Context, ref string) (project.Entity, bool, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return project.Entity{}, false, err
	}
	row, err := findEntity(q, ref)
	if err != nil || row == nil {
		return project.Entity{}, false, err
	}
	e := project.Entity{Ref: row.ref, Kind: row.kind, NativeID: row.nativeID, Place: row.place, Stub: !row.seen}
	for _, name := range slices.Sorted(maps.Keys(row.attributes)) {
		a := row.attributes[name]
		e.Attributes = append(e.Attributes, project.Attribute{
			Name: name, Value: a.Value, Version: project.Version{At: ledger.Time(a.At), KindRank: int(a.Rank), EventID: a.Event},
		})
	}
	return e, true, nil
}

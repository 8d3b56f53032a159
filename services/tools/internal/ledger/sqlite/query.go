package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func scanLink(rows *sql.Rows) (l record.Related, err error) {
	err = rows.Scan(&l.From, &l.To, &l.Kind, &l.Authn, &l.Rule, &l.Confidence, &l.Where, (*nullable)(&l.Author), (*nullable)(&l.Editor), &l.First, &l.Last, &l.EventID, &l.Gone)
	return l, err
}

// nullable is nil for NULL only: the driver returns nil for an empty blob too, and
// an account of which nothing is known is not none.
type nullable []byte

// Scan implements sql.Scanner.
func (n *nullable) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*n = nil
	case []byte:
		*n = append([]byte{}, v...)
	default:
		return fmt.Errorf("sqlite: a %T where a blob was", v)
	}
	return nil
}

// Known implements ledger.Ledger.
func (s *Store) Known(ctx context.Context, subject string, refs []string) (ledger.Known, error) {
	known := ledger.Known{Seen: make(map[string]bool, len(refs)), Visibility: make(map[string]string)}
	q, err := s.reader.at(ctx)
	if err != nil {
		return known, err
	}
	var links []record.Related
	if subject != "" {
		if links, err = collect(q, scanLink, selectKnown, subject, record.KnownLinks); err != nil {
			return known, err
		}
	}
	for i := range links {
		l, err := links[i].Extracted()
		if err != nil {
			return known, err
		}
		known.Links = append(known.Links, l)
	}
	if len(refs) == 0 {
		return known, nil
	}
	wanted, err := list(refs)
	if err != nil {
		return known, err
	}
	type sighting struct{ ref, visibility string }
	seen, err := collect(q, func(rows *sql.Rows) (s sighting, err error) {
		return s, rows.Scan(&s.ref, &s.visibility)
	}, selectSeen, wanted)
	for _, s := range seen {
		known.Seen[s.ref] = true
		if s.visibility != "" {
			known.Visibility[s.ref] = s.visibility
		}
	}
	return known, err
}

// Linked implements graph.Graph.
func (s *Store) Linked(ctx context.Context, refs []string, limit int) ([]graph.Related, error) {
	wanted, err := list(refs)
	if err != nil {
		return nil, err
	}
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	return collect(q, func(rows *sql.Rows) (graph.Related, error) {
		l, err := scanLink(rows)
		if err != nil {
			return graph.Related{}, err
		}
		return l.Shown()
	}, selectLinked, wanted, limit)
}

// Entities implements graph.Graph.
func (s *Store) Entities(ctx context.Context, refs []string) ([]project.Entity, error) {
	wanted, err := list(refs)
	if err != nil {
		return nil, err
	}
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	found, err := collect(q, scanEntity, selectEntities, wanted)
	if err != nil {
		return nil, err
	}
	entities := make([]project.Entity, 0, len(found))
	for i := range found {
		entities = append(entities, found[i].Shown())
	}
	return entities, nil
}

// list is a parameter for json_each.
func list(words []string) (string, error) {
	b, err := json.Marshal(words)
	if err != nil {
		return "", fmt.Errorf("sqlite: encode a list: %w", err)
	}
	return string(b), nil
}

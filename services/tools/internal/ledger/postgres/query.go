package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

const (
	// Oldest first, and never in doubt.
	linkOrder = `link.first_at, link.from_ref, link.to_ref, link.stood, link.kind, link.authn`
	// The text that a link stood in was seen later than the link. A text that a
	// token told counts for what tokens told only.
	linkGone = `(link.last_at < coalesce((entity.texts ->> nullif(link.stood, ''))::bigint, 0)
		OR link.authn <> 'signature' AND link.last_at < coalesce((entity.texts ->> ('~' || link.stood))::bigint, 0))`

	selectKnown = `SELECT ` + linkColumns + `, false FROM (
			SELECT link.*, row_number() OVER (PARTITION BY link.authn, link.author, link.editor ORDER BY ` + linkOrder + `) AS turn
			FROM link LEFT JOIN entity ON entity.ref = link.from_ref
			WHERE (link.from_ref = $1 OR link.to_ref = $1) AND NOT ` + linkGone + `
			ORDER BY link.authn <> 'signature', turn, ` + linkOrder + ` LIMIT $2) AS link
		ORDER BY ` + linkOrder
	selectLinked = `SELECT ` + linkColumns + `, ` + linkGone + ` FROM link LEFT JOIN entity ON entity.ref = link.from_ref
		WHERE link.from_ref = ANY($1::text[]) OR link.to_ref = ANY($1::text[])
		ORDER BY link.last_at DESC, link.from_ref, link.to_ref, link.stood, link.kind, link.authn LIMIT $2`
)

// Known implements ledger.Ledger.
func (s *Store) Known(ctx context.Context, subject string, refs []string) (ledger.Known, error) {
	known := ledger.Known{Seen: make(map[string]bool, len(refs)), Visibility: make(map[string]string)}
	err := s.read(ctx, func(t *transaction) error {
		if subject != "" {
			t.query(func(rows pgx.Rows) error {
				row, err := scanLink(rows)
				if err != nil {
					return err
				}
				l, err := row.Extracted()
				known.Links = append(known.Links, l)
				return err
			}, selectKnown, text(subject), record.KnownLinks)
		}
		if len(refs) > 0 {
			t.query(func(rows pgx.Rows) error {
				var ref, visibility string
				err := rows.Scan(into{&ref}, into{&visibility})
				known.Seen[ref] = true
				if visibility != "" {
					known.Visibility[ref] = visibility
				}
				return err
			}, `SELECT ref, visibility FROM entity WHERE ref = ANY($1::text[]) AND vouched`, texts(refs))
		}
		return nil
	})
	return known, err
}

// Linked implements graph.Graph.
func (s *Store) Linked(ctx context.Context, refs []string, limit int) (list []graph.Related, err error) {
	err = s.read(ctx, func(t *transaction) error {
		t.query(related(&list), selectLinked, texts(refs), limit)
		return nil
	})
	return list, err
}

func related(list *[]graph.Related) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		row, err := scanLink(rows)
		if err != nil {
			return err
		}
		l, err := row.Shown()
		*list = append(*list, l)
		return err
	}
}

// Entities implements graph.Graph.
func (s *Store) Entities(ctx context.Context, refs []string) ([]project.Entity, error) {
	entities := []project.Entity{}
	err := s.read(ctx, func(t *transaction) error {
		t.query(func(rows pgx.Rows) error {
			e, err := scanEntity(rows)
			entities = append(entities, e.Shown())
			return err
		}, `SELECT `+entityColumns+` FROM entity WHERE ref = ANY($1::text[]) ORDER BY ref`, texts(refs))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return entities, nil
}

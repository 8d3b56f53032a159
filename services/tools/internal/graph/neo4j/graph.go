package neo4j

import (
	"context"
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Linked implements graph.Graph.
func (s *Store) Linked(ctx context.Context, refs []string, limit int) ([]graph.Related, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	found, err := s.server.read(ctx, selectLinked, record{"refs": sorted(refs), "limit": limit})
	if err != nil {
		return nil, err
	}
	var links []graph.Related
	for _, r := range found {
		l, err := decodeLink(r)
		if err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	return links, nil
}

// Entities implements graph.Graph.
func (s *Store) Entities(ctx context.Context, refs []string) ([]project.Entity, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	found, err := s.server.read(ctx, selectEntities, record{"refs": sorted(refs)})
	if err != nil {
		return nil, err
	}
	entities := make([]project.Entity, 0, len(found))
	for _, r := range found {
		e, err := decodeEntity(r)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(e.Attributes, func(a, b project.Attribute) int { return strings.Compare(a.Name, b.Name) })
		entities = append(entities, e.Entity)
	}
	slices.SortFunc(entities, func(a, b project.Entity) int { return strings.Compare(a.Ref, b.Ref) })
	return entities, nil
}

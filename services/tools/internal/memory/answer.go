package memory

import (
	"context"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Timeline implements fact.Facts.
func (m *Memory) Timeline(ctx context.Context, ref string, limit int) ([]fact.Observed, error) {
	return answer(ctx, m.facts(), fact.Facts(m.Ledger), func(ctx context.Context, f fact.Facts) ([]fact.Observed, error) { return f.Timeline(ctx, ref, limit) })
}

// Select implements fact.Facts.
func (m *Memory) Select(ctx context.Context, q fact.Query) ([]fact.Observed, error) {
	return answer(ctx, m.facts(), fact.Facts(m.Ledger), func(ctx context.Context, f fact.Facts) ([]fact.Observed, error) { return f.Select(ctx, q) })
}

// Linked implements graph.Graph.
func (m *Memory) Linked(ctx context.Context, refs []string, limit int) ([]graph.Related, error) {
	return answer(ctx, m.graph(), graph.Graph(m.Ledger), func(ctx context.Context, g graph.Graph) ([]graph.Related, error) { return g.Linked(ctx, refs, limit) })
}

// Entities implements graph.Graph.
func (m *Memory) Entities(ctx context.Context, refs []string) ([]project.Entity, error) {
	return answer(ctx, m.graph(), graph.Graph(m.Ledger), func(ctx context.Context, g graph.Graph) ([]project.Entity, error) { return g.Entities(ctx, refs) })
}

// choice is a store and what it answers.
type choice[T any] struct {
	Store
	answers T
}

func (m *Memory) facts() *choice[fact.Facts] {
	for _, s := range m.Stores {
		if s.Facts != nil {
			return &choice[fact.Facts]{s, s.Facts}
		}
	}
	return nil
}

func (m *Memory) graph() *choice[graph.Graph] {
	for _, s := range m.Stores {
		if s.Graph != nil {
			return &choice[graph.Graph]{s, s.Graph}
		}
	}
	return nil
}

// answer asks the store if that is well and has what was committed before the
// question; else it asks the ledger, and tells why as a gap.
func answer[S, T any](ctx context.Context, store *choice[S], own S, ask func(context.Context, S) (T, error)) (T, error) {
	if store == nil {
		return ask(ctx, own)
	}
	if store.CaughtUp(ctx, wait) {
		got, err := askStore(ctx, store, ask)
		if err == nil || ctx.Err() != nil {
			return got, err
		}
		store.Doubt(err)
	}
	gap.Add(ctx, gapOf(store.Status(ctx), "could not be asked, the ledger answered"))
	return ask(ctx, own)
}

func askStore[S, T any](ctx context.Context, store *choice[S], ask func(context.Context, S) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return ask(ctx, store.answers)
}

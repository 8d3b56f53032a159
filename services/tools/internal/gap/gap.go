package gap

import (
	"cmp"
	"context"
	"slices"
	"sync"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Collector is what the answer to one question misses. It is safe for
// concurrent use: a question may ask several stores at once.
type Collector struct {
	mu   sync.Mutex
	gaps []*toolsv1.Gap
}

type key struct{}

// Collect returns a context in which Add reaches the collector that it returns.
func Collect(ctx context.Context) (context.Context, *Collector) {
	c := &Collector{}
	return context.WithValue(ctx, key{}, c), c
}

// Add tells of a gap in what the caller is about to return: whoever stands
// between a question and its stores (and lets the ledger answer for one that is
// away) calls it with the context that it was asked with. Without a collector,
// where nobody shows gaps, it does nothing. The same code and setting twice is one gap.
func Add(ctx context.Context, g *toolsv1.Gap) {
	if c, ok := ctx.Value(key{}).(*Collector); ok {
		c.Add(g)
	}
}

// Add adds gaps that the question itself found.
func (c *Collector) Add(gaps ...*toolsv1.Gap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range gaps {
		known := slices.ContainsFunc(c.gaps, func(o *toolsv1.Gap) bool {
			return o.GetCode() == g.GetCode() && o.GetSetting() == g.GetSetting()
		})
		if !known {
			c.gaps = append(c.gaps, g)
		}
	}
}

// Gaps returns what was added, by code and setting: the same whatever order
// stores answered in.
func (c *Collector) Gaps() []*toolsv1.Gap {
	c.mu.Lock()
	defer c.mu.Unlock()
	gaps := slices.Clone(c.gaps)
	slices.SortStableFunc(gaps, func(a, b *toolsv1.Gap) int {
		return cmp.Or(cmp.Compare(a.GetCode(), b.GetCode()), cmp.Compare(a.GetSetting(), b.GetSetting()))
	})
	return gaps
}

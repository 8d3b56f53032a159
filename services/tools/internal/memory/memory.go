package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

const (
	// wait is how long an answer waits for a store that follows closely.
	wait = 250 * time.Millisecond
	// storeTime bounds what a store is asked before the ledger is asked instead.
	storeTime = 2 * time.Second

	// SinkBehind is the code of the gap of a store that does not have it all yet.
	SinkBehind = "sink_behind"
)

// Store is a store that follows the ledger, with the worker that keeps it.
type Store struct {
	*sink.Worker
	// What it answers; nil for what it doesn't keep.
	Facts fact.Facts
	Graph graph.Graph
}

// Ledger is what answers where no other store does.
type Ledger interface {
	fact.Facts
	graph.Graph
}

// Memory answers questions, and says how far the stores are. It is fact.Facts
// and graph.Graph. The zero value but for Ledger is the ledger alone.
type Memory struct {
	Ledger Ledger
	Stores []Store
}

var (
	_ fact.Facts  = (*Memory)(nil)
	_ graph.Graph = (*Memory)(nil)
)

// Run keeps the stores following until ctx is done.
func (m *Memory) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, s := range m.Stores {
		wg.Go(func() { s.Run(ctx) })
	}
	wg.Wait()
}

// Close closes the stores' connections.
func (m *Memory) Close() error {
	var errs []error
	for _, s := range m.Stores {
		errs = append(errs, s.Target.Close())
	}
	return errors.Join(errs...)
}

// Find returns a store by its word, false for one that is not configured.
func (m *Memory) Find(word string) (Store, bool) {
	for _, s := range m.Stores {
		if string(s.Target.Sink()) == word {
			return s, true
		}
	}
	return Store{}, false
}

// Await waits for stores that follow closely to take an entry, 250 ms at most.
func (m *Memory) Await(ctx context.Context, entry ledger.Position) {
	var wg sync.WaitGroup
	for _, s := range m.Stores {
		wg.Go(func() { s.Passed(ctx, entry, wait) })
	}
	wg.Wait()
}

// Show tells in a run what the stores have of it by now: which store each write
// goes to, done, queued or failed, with a gap for one that has not taken it.
func (m *Memory) Show(ctx context.Context, stored ledger.Stored) *toolsv1.Run {
	run := stored.Run
	for _, s := range m.Stores {
		tool := "graph.upsert"
		if s.Facts != nil {
			tool = "facts.record"
		}
		for _, w := range run.GetWrites() {
			if w.GetTool() != tool || w.GetState() != "done" {
				continue
			}
			w.Store = string(s.Target.Sink())
			var gap *toolsv1.Gap
			if w.State, w.Reason, gap = s.became(ctx, stored.Entry); gap != nil {
				run.Gaps = append(run.Gaps, gap)
			}
		}
	}
	return run
}

// became tells what a store made of an entry: the state of the write, its reason, and
// the gap of one that is not done. What is not known is not called done.
func (s Store) became(ctx context.Context, entry ledger.Position) (state, reason string, gap *toolsv1.Gap) {
	if !s.Passed(ctx, entry, 0) {
		return "queued", "", gapOf(s.Status(ctx), "has not taken this event yet")
	}
	refused, err := s.Refused(ctx, entry)
	switch {
	case err != nil:
		return "queued", "", gapOf(s.Status(ctx), "may have refused this event: the ledger could not be asked")
	case refused:
		sink := s.Target.Sink()
		return "failed", "rejected", &toolsv1.Gap{Code: SinkBehind, Setting: s.Setting, Detail: fmt.Sprintf(
			"%s refuses what this event wrote, which was set aside: `switchyard memory status` says why, `switchyard memory rebuild %s` tries it again", sink, sink)}
	}
	return "done", "", nil
}

// gapOf names a store, how far it is behind, why, and the setting.
func gapOf(s sink.Status, what string) *toolsv1.Gap {
	text := fmt.Sprintf("%s %s", s.Sink, what)
	switch {
	case s.Detail != "":
		text += fmt.Sprintf(": %s: %s", s.State, s.Detail)
	case s.Lag.Entries > 0:
		text += ": " + behind(s.Lag.Entries)
	}
	if s.State == sink.Unavailable && s.Lag.Entries > 0 {
		text += fmt.Sprintf("; %s, since %s", behind(s.Lag.Entries), s.Lag.Oldest.UTC().Format(time.RFC3339))
	}
	return &toolsv1.Gap{Code: SinkBehind, Detail: text, Setting: s.Setting}
}

func behind(entries int64) string {
	if entries == 1 {
		return "1 entry behind"
	}
	return fmt.Sprintf("%d entries behind", entries)
}

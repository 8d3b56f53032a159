package sink_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

// What the engine and the ledger cost a rebuild, beside what a store does.
func BenchmarkRebuild(b *testing.B) {
	const events = 24_000
	l, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "ledger.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			for n := i; n < events; n += 100 {
				if _, err := l.Open(b.Context(), opening(n)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	w := sink.New(sink.Options{
		Outbox: l, Target: sinktest.NewStore(word).Open(), Owner: "bench", Setting: "NEO4J_URI", Subscribe: l.Subscribe,
		Now: time.Now, Random: func() float64 { return 0 },
	})
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	wg.Go(func() { w.Run(ctx) })
	defer wg.Wait()
	defer stop()
	for b.Loop() {
		if err := w.Rebuild(b.Context(), func(sink.Progress) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "observations/s")
}

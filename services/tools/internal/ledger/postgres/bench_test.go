package postgres_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

// BenchmarkOpenAndPin is a run without external effects, two commits, on the
// bare ledger. groups=1 is a transaction each. The ratio is what counts, on a
// server with fsync.
func BenchmarkOpenAndPin(b *testing.B) {
	for _, mode := range []string{"cache_describe", "cache_statement"} {
		for _, limit := range []int{1, 128} {
			b.Run(fmt.Sprintf("%s/groups=%d", mode, limit), func(b *testing.B) {
				s := open(b, kit.Schema(b)+"&default_query_exec_mode="+mode, postgres.Options{GroupLimit: limit})
				if err := s.Start(b.Context()); err != nil {
					b.Fatal(err)
				}
				plan := &toolsv1.Plan{RulesHash: "ab", Class: "change.merged", DecidedBy: "metadata"}
				var next atomic.Int64
				b.SetParallelism(32) // 64 goroutines on two processors.
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						o := opening(int(next.Add(1)))
						if _, err := s.Open(b.Context(), o); err != nil {
							b.Error(err)
							return
						}
						if _, err := s.Pin(b.Context(), ledger.Pinning{Run: o.Run, Plan: plan}); err != nil {
							b.Error(err)
							return
						}
					}
				})
				operations, commits := s.Commits()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
				b.ReportMetric(float64(operations)/float64(max(1, commits)), "operations/commit")
			})
		}
	}
}

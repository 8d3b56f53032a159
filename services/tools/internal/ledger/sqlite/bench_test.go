package sqlite_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// BenchmarkOpenAndPin is a run without external effects, two commits, on the
// bare ledger. groups=1 is a transaction each. The ratio is what counts.
func BenchmarkOpenAndPin(b *testing.B) {
	for _, limit := range []int{1, 256} {
		b.Run(fmt.Sprintf("groups=%d", limit), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "ledger.db"), limit)
			plan := &toolsv1.Plan{RulesHash: "ab", Class: "change.merged", DecidedBy: "metadata"}
			var next atomic.Int64
			b.SetParallelism(32) // 64 goroutines on two processors.
			b.ReportAllocs()
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
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
		})
	}
}

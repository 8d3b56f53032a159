package fact

import (
	"math"
	"slices"
	"time"
)

// Percentile is the nearest-rank percentile of durations, in any order: the
// least of them that at least p percent do not exceed. It is one that happened,
// never a value between two. It reports false where there are none.
func Percentile(durations []time.Duration, p float64) (time.Duration, bool) {
	if len(durations) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(durations))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1], true
}

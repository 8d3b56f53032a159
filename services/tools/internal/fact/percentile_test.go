package fact_test

import (
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
)

func TestPercentileIsNearestRank(t *testing.T) {
	for _, test := range []struct {
		of   []time.Duration
		p    float64
		want time.Duration
		ok   bool
	}{
		{nil, 50, 0, false},
		{[]time.Duration{7}, 50, 7, true},
		{[]time.Duration{7}, 90, 7, true},
		{[]time.Duration{4, 1, 3, 2}, 50, 2, true},
		{[]time.Duration{5, 1, 3, 2, 4}, 50, 3, true},
		{[]time.Duration{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 90, 9, true},
		{[]time.Duration{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 90, 10, true},
		{[]time.Duration{3, 2, 1}, 0, 1, true},
		{[]time.Duration{3, 2, 1}, 100, 3, true},
	} {
		if got, ok := fact.Percentile(test.of, test.p); got != test.want || ok != test.ok {
			t.Errorf("percentile %v of %v is %d (%t), want %d", test.p, test.of, got, ok, test.want)
		}
	}
}

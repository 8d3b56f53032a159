package gap_test

import (
	"context"
	"sync"
	"testing"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
)

func TestGapsOfOneQuestion(t *testing.T) {
	ctx, missing := gap.Collect(t.Context())
	var stores sync.WaitGroup
	for range 20 {
		stores.Go(func() { gap.Add(ctx, &toolsv1.Gap{Code: "sink_behind", Setting: "NEO4J_URI"}) })
	}
	stores.Wait()
	missing.Add(&toolsv1.Gap{Code: "no_data"})
	gap.Add(ctx, &toolsv1.Gap{Code: "sink_behind", Setting: "CLICKHOUSE_URL"})
	gap.Add(context.WithoutCancel(ctx), &toolsv1.Gap{Code: "sink_behind", Setting: "CLICKHOUSE_URL"})
	gap.Add(context.Background(), &toolsv1.Gap{Code: "another question's"})
	var got []string
	for _, g := range missing.Gaps() {
		got = append(got, g.GetCode()+" "+g.GetSetting())
	}
	want := []string{"no_data ", "sink_behind CLICKHOUSE_URL", "sink_behind NEO4J_URI"}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("gaps %q, want %q", got, want)
	}
}

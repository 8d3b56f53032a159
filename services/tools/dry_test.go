package tools_test

import (
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

// A dry run that the executor could not render at once was called dry_run,
// provider_away in the end.
func TestADryRunThatHadToWaitSaysWhyItIsOne(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	var asked atomic.Int32
	ex.Answer(func(*executorv1.Command) *executorv1.Result {
		if asked.Add(1) <= 2 {
			return &executorv1.Result{Outcome: "retry", Reason: "provider_away"}
		}
		return &executorv1.Result{Outcome: "dry_run", Request: &structpb.Struct{}}
	})
	c := start(t, ex.URL)
	run := open(t, c, &toolsv1.OpenRunRequest{Input: &toolsv1.OpenRunRequest_Unsealed{Unsealed: merged(nil)}}).GetRun()
	want(t, states(execute(t, c, run.GetRunId(), plan()).GetRun()), "queued provider_away", "queued provider_away")
	got := settled(t, c, run.GetRunId())
	want(t, states(got), "dry_run operator_event", "dry_run operator_event")
	for _, call := range got.GetCalls() {
		if call.GetRequest() == nil {
			t.Errorf("%s shows no request", call.GetTool())
		}
	}
}

package tools_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools"
)

// settled waits until nothing of the run is open.
func settled(t *testing.T, c client, run string) *toolsv1.Run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		resp, err := c.runs.GetRun(ctx, &toolsv1.GetRunRequest{RunId: run})
		if err != nil {
			t.Fatal(err)
		}
		if resp.GetRun().GetDecidedAt() != nil {
			return resp.GetRun()
		}
		<-time.After(50 * time.Millisecond)
	}
}

func TestRetryCall(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	c := start(t, ex.URL)
	ex.Answer(func(*executorv1.Command) *executorv1.Result {
		return &executorv1.Result{Outcome: "rejected", Reason: "no such issue"}
	})
	run := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun().GetRunId()
	first := execute(t, c, run, plan()).GetRun()
	want(t, states(first), "failed rejected", "failed rejected")
	ex.Answer(func(*executorv1.Command) *executorv1.Result { return &executorv1.Result{Outcome: "done"} })
	resp, err := c.runs.RetryCall(t.Context(), &toolsv1.RetryCallRequest{RunId: run, CallId: first.GetCalls()[1].GetCallId(), By: "ana"})
	if err != nil {
		t.Fatal(err)
	}
	want(t, states(resp.GetRun()), "failed rejected", "queued ")
	after := settled(t, c, run)
	want(t, states(after), "failed rejected", "done ")
	if e := after.GetCalls()[1].GetEvidence(); !strings.Contains(e[len(e)-1].GetDetail(), "as ana asked") {
		t.Errorf("evidence %v", e)
	}
	_, err = c.runs.RetryCall(t.Context(), &toolsv1.RetryCallRequest{RunId: run, CallId: first.GetCalls()[1].GetCallId()})
	if connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("a call that is done: %v", err)
	}
	_, err = c.runs.RetryCall(t.Context(), &toolsv1.RetryCallRequest{RunId: run, CallId: run})
	if connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("no such call: %v", err)
	}
}

func TestDecideCall(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(*executorv1.Command) *executorv1.Result { return &executorv1.Result{Outcome: "done"} })
	c := startWith(t, func(cfg *tools.Config) {
		cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(testPolicy+"tiers: {trusted: hold}\n")
	}, time.Now)
	run := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun().GetRunId()
	held := execute(t, c, run, plan()).GetRun()
	want(t, states(held), "held tier", "held tier")
	decide := func(call int, approve bool, digest string) error {
		_, err := c.runs.DecideCall(t.Context(), &toolsv1.DecideCallRequest{RunId: run, CallId: held.GetCalls()[call].GetCallId(), Approve: approve, By: "ana", Digest: digest})
		return err
	}
	if err := decide(0, true, strings.Repeat("0", 64)); connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("a digest of something else: %v", err)
	}
	if err := decide(0, true, ""); err != nil {
		t.Fatal(err)
	}
	if err := decide(1, false, ""); err != nil {
		t.Fatal(err)
	}
	want(t, states(settled(t, c, run)), "done ", "refused rejected")
	if err := decide(1, true, ""); connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("decided twice: %v", err)
	}
}

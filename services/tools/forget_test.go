package tools_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

func forget(t *testing.T, c client, ref string, dry bool) *toolsv1.ForgetResponse {
	t.Helper()
	messages, err := forgetting(t, c, ref, dry)
	if err != nil {
		t.Fatalf("forget %s: %v", ref, err)
	}
	return messages[len(messages)-1]
}

// forgetting returns all that is told, the last message finished.
func forgetting(t *testing.T, c client, ref string, dry bool) (messages []*toolsv1.ForgetResponse, err error) {
	t.Helper()
	stream, err := c.memory.Forget(t.Context(), &toolsv1.ForgetRequest{Ref: ref, DryRun: dry})
	if err != nil {
		return nil, err
	}
	defer func() { _ = stream.Close() }()
	for stream.Receive() {
		messages = append(messages, proto.CloneOf(stream.Msg()))
	}
	if err := stream.Err(); err != nil {
		return messages, err
	}
	for i, m := range messages {
		if m.GetFinished() != (i == len(messages)-1) || m.GetFinished() == (m.GetReading() != "") {
			t.Errorf("message %d of %d is %v", i, len(messages), m)
		}
	}
	return messages, nil
}

// What is forgotten is shown nowhere; its delivery that comes again acts on
// nothing, and what happens to it later begins anew.
func TestForget(t *testing.T) {
	c := start(t, "")
	first := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), `{"title":"ACME-7"}`)))
	executed := execute(t, c, first.GetRun().GetRunId(), plan())
	waiting := open(t, c, sealedInput(sealed(t, sealKey, merged(func(e *eventv1.WebhookEvent) {
		e.Id, e.DedupKey, e.Occurrence = "5dc4b2b1-3a4f-4a65-9d0e-000000000002", "second", "second"
	}), "{}")))

	dry := forget(t, c, "github:pr:acme/api#42", true)
	got := forget(t, c, "github:pr:acme/api#42", false)
	if !proto.Equal(dry, got) || got.GetEvents() != 2 || got.GetBodies() != 2 || got.GetLinks() == 0 || got.GetObservations() == 0 || got.GetEntities() == 0 {
		t.Errorf("dry %v, then %v", dry, got)
	}
	run, err := c.runs.GetRun(t.Context(), &toolsv1.GetRunRequest{RunId: first.GetRun().GetRunId()})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"acme/api#42", "ACME-7", "dev-one", "4242"} {
		if strings.Contains(run.GetRun().String(), word) {
			t.Errorf("%s is left: %v", word, run.GetRun())
		}
	}
	if a, b := executed.GetRun().GetCalls(), run.GetRun().GetCalls(); len(a) != len(b) || a[0].GetCallId() != b[0].GetCallId() || a[0].GetEffectKey() != b[0].GetEffectKey() {
		t.Errorf("calls were %v and are %v", a, b)
	}

	again := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), `{"title":"ACME-7"}`)))
	if again.GetCreated() || again.GetLeased() {
		t.Errorf("a delivery that came before is new")
	}
	before := states(again.GetRun())
	want(t, states(execute(t, c, again.GetRun().GetRunId(), nil).GetRun()), before...)
	// An agent that was planning just then is told that it is too late.
	late := execute(t, c, waiting.GetRun().GetRunId(), plan())
	if late.GetPlanRejected() != "plan_fixed" || len(late.GetRun().GetCalls()) != 0 || late.GetRun().GetGaps()[0].GetCode() != "forgotten" {
		t.Errorf("a late plan: %v", late)
	}

	anew := open(t, c, sealedInput(sealed(t, sealKey, merged(func(e *eventv1.WebhookEvent) {
		e.Id, e.DedupKey, e.Occurrence = "5dc4b2b1-3a4f-4a65-9d0e-000000000003", "third", "third"
	}), "{}")))
	if !anew.GetCreated() || anew.GetRun().GetEvent().GetRef() != "github:pr:acme/api#42" {
		t.Errorf("what happens later is %v", anew)
	}
}

func TestForgetSaysWhatARefIs(t *testing.T) {
	c := start(t, "")
	open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}")))
	for _, dry := range []bool{true, false} {
		_, err := forgetting(t, c, "acme/api#42", dry)
		if connect.CodeOf(err) != connect.CodeNotFound || !strings.Contains(err.Error(), "github:pr:acme/api#42") {
			t.Errorf("an unknown ref: %v", err)
		}
	}
}

// Reading a ledger takes its time: whoever waits is told how far it is.
func TestForgettingTellsHowFarItIs(t *testing.T) {
	c := start(t, "")
	var many sync.WaitGroup
	for by := range 50 { // Side by side they share commits.
		many.Go(func() {
			for n := range 5 {
				if _, err := c.runs.OpenRun(t.Context(), mergedNo(t, 5*by+n)); err != nil {
					t.Errorf("open: %v", err)
				}
			}
		})
	}
	many.Wait()
	for _, dry := range []bool{true, false} {
		messages, err := forgetting(t, c, "github:pr:acme/api#1001", dry)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, m := range messages {
			if m.GetReading() == "events" {
				told = append(told, fmt.Sprint(m.GetDone(), " of ", m.GetTotal()))
			}
		}
		want(t, told, "200 of 250")
	}
}

package tools_test

import (
	"context"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/uuid"
	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

func TestSealedEventActsOnceForEachEffect(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	c := start(t, ex.URL)
	s := sealed(t, sealKey, merged(nil), "{}")

	first := open(t, c, sealedInput(s))
	if !first.GetCreated() || !first.GetLeased() || len(first.GetLinks()) == 0 || !first.GetLinks()[0].GetTarget() {
		t.Fatalf("opened %v", first)
	}
	done := execute(t, c, first.GetRun().GetRunId(), plan())
	want(t, states(done.GetRun()), "done ", "done ")

	again := open(t, c, sealedInput(s))
	if again.GetCreated() || again.GetLeased() || again.GetRun().GetDeliveries() != 2 {
		t.Fatalf("a redelivery opened %v", again)
	}
	same := execute(t, c, first.GetRun().GetRunId(), plan())
	other := plan()
	other.Calls = other.Calls[:1]
	fixed := execute(t, c, first.GetRun().GetRunId(), other)
	if same.GetPlanRejected() != "" || fixed.GetPlanRejected() != "plan_fixed" || len(fixed.GetRun().GetCalls()) != 2 {
		t.Fatalf("the same plan: %q, another plan: %q", same.GetPlanRejected(), fixed.GetPlanRejected())
	}
	acts := ex.Acts()
	for key, n := range acts {
		if n != 1 {
			t.Errorf("effect %s was made %d times", key, n)
		}
	}
	if len(acts) != 2 {
		t.Errorf("%d effects, want 2", len(acts))
	}
}

// The same merge through a repository hook and an App hook: two bodies, one fact.
func TestSameFactThroughTwoHooksActsOnce(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	c := start(t, ex.URL)
	for i, want := range [][]string{{"done ", "done "}, {"skipped same_as", "skipped same_as"}} {
		e := merged(func(e *eventv1.WebhookEvent) {
			e.Id, e.DedupKey = uuid.NewString(), uuid.NewString()
		})
		run := open(t, c, sealedInput(sealed(t, sealKey, e, "{}"))).GetRun()
		got := states(execute(t, c, run.GetRunId(), plan()).GetRun())
		if got[0] != want[0] || got[1] != want[1] {
			t.Fatalf("hook %d: %q, want %q", i, got, want)
		}
	}
	if acts := ex.Acts(); len(acts) != 2 {
		t.Fatalf("acts %v", acts)
	}
}

func TestForgedEventsNeverAct(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	c := start(t, ex.URL)
	for _, tc := range []struct {
		name   string
		forge  func() *eventv1.SealedEvent
		reason fault.Reason
	}{
		{"sealed with another key", func() *eventv1.SealedEvent { return sealed(t, "another-seal-key-0123", merged(nil), "{}") }, fault.SealInvalid},
		{"a changed byte in the event", func() *eventv1.SealedEvent {
			s := sealed(t, sealKey, merged(nil), "{}")
			s.Event[len(s.Event)/2] ^= 1
			return s
		}, fault.SealInvalid},
		{"token raised to signature", func() *eventv1.SealedEvent {
			s := sealed(t, sealKey, merged(nil), "{}")
			s.Authn = "token"
			return s
		}, fault.SealInvalid},
		{"another body", func() *eventv1.SealedEvent {
			s := sealed(t, sealKey, merged(nil), "{}")
			s.Body = s2.Encode(nil, []byte(`{"a":1}`))
			return s
		}, fault.SealInvalid},
		{"a body that is no s2", func() *eventv1.SealedEvent {
			s := sealed(t, sealKey, merged(nil), "{}")
			s.Body = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
			return s
		}, fault.SealInvalid},
		{"a sealed event that breaks its rules", func() *eventv1.SealedEvent {
			return sealed(t, sealKey, merged(func(e *eventv1.WebhookEvent) { e.Kind = "rm -rf" }), "{}")
		}, fault.EventInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := c.runs.OpenRun(t.Context(), sealedInput(tc.forge()))
			if got := fault.ReasonOf(err); got != tc.reason {
				t.Fatalf("reason %q (%v), want %q", got, err, tc.reason)
			}
		})
	}
	if acts := ex.Acts(); len(acts) != 0 {
		t.Fatalf("acts %v", acts)
	}
}

// Whoever reaches the port may say what happened, and nothing is done for it.
func TestUnsealedEventIsDryRun(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
		if cmd.GetMode() != "dry_run" {
			t.Errorf("mode %s", cmd.GetMode())
		}
		return &executorv1.Result{Outcome: "dry_run"}
	})
	c := start(t, ex.URL)
	e := merged(nil)
	req := &toolsv1.OpenRunRequest{Input: &toolsv1.OpenRunRequest_Unsealed{Unsealed: e}}
	first := open(t, c, req)
	if first.GetRun().GetAuthn() != "operator" || first.GetRun().GetEventId() == e.GetId() {
		t.Fatalf("authn %q, the event kept the id it came with", first.GetRun().GetAuthn())
	}
	want(t, states(execute(t, c, first.GetRun().GetRunId(), plan()).GetRun()), "dry_run operator_event", "dry_run operator_event")
	if again := open(t, c, req); again.GetCreated() {
		t.Fatal("the same event opened another run")
	}
}

// An operator's event, in an owner's words, must not tell a later sealed event
// what to act on.
func TestOperatorsEventAimsNoSealedOne(t *testing.T) {
	c := start(t, testkit.NewExecutor(t, token).URL)
	owner := &eventv1.Account{Id: "1", Login: "dev-one", Association: "OWNER"}
	said := merged(func(e *eventv1.WebhookEvent) {
		e.Kind, e.Type, e.Action, e.Actor = "comment.created", "issue_comment", "created", owner
		e.Text = &eventv1.Text{Parts: []*eventv1.Part{{Where: "comment", Author: owner, Value: "ACME-666"}}}
	})
	open(t, c, &toolsv1.OpenRunRequest{Input: &toolsv1.OpenRunRequest_Unsealed{Unsealed: said}})
	stranger := &eventv1.Account{Id: "2", Login: "stranger", Association: "NONE"}
	resp := open(t, c, sealedInput(sealed(t, sealKey, merged(func(e *eventv1.WebhookEvent) {
		e.Text = &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Author: stranger, Value: "a fix"}}}
	}), "{}")))
	for _, l := range resp.GetLinks() {
		if l.GetTarget() || l.GetRef() == "jira:issue:ACME-666" {
			t.Errorf("link %v", l)
		}
	}
}

// A link that an event takes out of the text was acted on once more by it.
func TestWhatATextNoLongerNamesIsNoTarget(t *testing.T) {
	c := start(t, testkit.NewExecutor(t, token).URL)
	member := &eventv1.Account{Id: "1", Login: "dev-one", Association: "MEMBER"}
	says := func(name, title string, hour int) *toolsv1.OpenRunResponse {
		return open(t, c, sealedInput(sealed(t, sealKey, merged(func(e *eventv1.WebhookEvent) {
			e.Id, e.DedupKey = uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String(), name
			e.Kind, e.Action, e.OccurredAt = "change.updated", "edited", timestamppb.New(time.Date(2026, 5, 4, hour, 0, 0, 0, time.UTC))
			e.Text = &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Author: member, Value: title}}}
		}), name)))
	}
	targets := func(resp *toolsv1.OpenRunResponse) []string {
		refs := []string{}
		for _, l := range resp.GetLinks() {
			if l.GetTarget() {
				refs = append(refs, l.GetRef())
			}
		}
		return refs
	}
	want(t, targets(says("first", "ACME-7", 8)), "jira:issue:ACME-7")
	want(t, targets(says("second", "ACME-8", 10)), "jira:issue:ACME-8")
	// It came late: what it says was true before the second.
	want(t, targets(says("between", "ACME-9", 9)), "jira:issue:ACME-9", "jira:issue:ACME-8")
}

func TestExecutorAway(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	c := start(t, ex.URL)
	ex.Answer(func(*executorv1.Command) *executorv1.Result { return &executorv1.Result{Outcome: "retry"} })
	run := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun()
	want(t, states(execute(t, c, run.GetRunId(), plan()).GetRun()), "queued provider_away", "queued provider_away")

	ex.Answer(func(*executorv1.Command) *executorv1.Result {
		return &executorv1.Result{Outcome: "done", Url: "https://example.test/1"}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// A redelivery waits for the decision, which the resumer brings.
	resp, err := c.runs.OpenRun(ctx, &toolsv1.OpenRunRequest{Input: sealedInput(sealed(t, sealKey, merged(nil), "{}")).Input, Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	want(t, states(resp.GetRun()), "done ", "done ")
	if got := resp.GetRun().GetCalls()[0]; got.GetAttempts() != 2 || got.GetUrl() == "" {
		t.Fatalf("call %v", got)
	}
}

func TestPreviewWritesNothing(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	c := start(t, ex.URL)
	s := sealed(t, sealKey, merged(nil), "{}")
	resp, err := c.runs.PreviewRun(t.Context(), &toolsv1.PreviewRunRequest{Input: &toolsv1.PreviewRunRequest_Sealed{Sealed: s}, Plan: plan()})
	if err != nil {
		t.Fatal(err)
	}
	want(t, states(resp.GetRun()), "queued ", "queued ")
	list, err := c.runs.ListRuns(t.Context(), &toolsv1.ListRunsRequest{})
	if err != nil || len(list.GetRuns()) != 0 {
		t.Fatalf("runs %v, %v", list.GetRuns(), err)
	}
	if len(ex.Acts()) != 0 {
		t.Fatal("a preview acted")
	}
}

func TestWatchRuns(t *testing.T) {
	c := start(t, testkit.NewExecutor(t, token).URL)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		// A stream answers with its first message, and starts where the ledger is
		// when it is asked for: events go on until one is seen.
		for i := 0; ctx.Err() == nil && i < 1000; i++ {
			e := merged(func(e *eventv1.WebhookEvent) { e.Id, e.DedupKey = uuid.NewString(), uuid.NewString() })
			if _, err := c.runs.OpenRun(ctx, sealedInput(sealed(t, sealKey, e, "{}"))); err != nil {
				return
			}
		}
	}()
	stream, err := c.runs.WatchRuns(ctx, &toolsv1.WatchRunsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	if !stream.Receive() {
		t.Fatalf("no run was seen: %v", stream.Err())
	}
	if stream.Msg().GetRun().GetRunId() == "" {
		t.Fatal("a run without id")
	}
	cancel()
	<-opened
}

func TestCallTool(t *testing.T) {
	c := start(t, testkit.NewExecutor(t, token).URL)
	run := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun()
	execute(t, c, run.GetRunId(), plan())
	ref := func(s string) *structpb.Struct {
		return &structpb.Struct{Fields: map[string]*structpb.Value{"ref": structpb.NewStringValue(s)}}
	}
	for _, tc := range []struct {
		name, tool string
		input      *structpb.Struct
		reason     fault.Reason
		rows, gap  bool
	}{
		{"timeline", "timeline", ref("github:pr:acme/api#42"), "", true, false},
		{"linked, from the subject", "linked", ref("github:pr:acme/api#42"), "", true, false},
		{"linked, from the other end", "linked", ref("jira:issue:ACME-7"), "", true, false},
		{"nothing known", "timeline", ref("jira:issue:NONE-1"), "", false, true},
		{"an effect", "jira.transition", ref("x"), fault.EffectsOnlyInRuns, false, false},
		{"a read outside", "notion.read_page", ref("notion:page:00000000000000000000000000000001"), fault.EffectsOnlyInRuns, false, false},
		{"no such tool", "rm", ref("x"), fault.PlanInvalid, false, false},
		{"no input", "timeline", nil, fault.PlanInvalid, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			resp, err := c.tool.CallTool(t.Context(), &toolsv1.CallToolRequest{Tool: tc.tool, Input: tc.input})
			if got := fault.ReasonOf(err); got != tc.reason || (err != nil) != (tc.reason != "") {
				t.Fatalf("reason %q (%v), want %q", got, err, tc.reason)
			}
			if (resp.GetN() > 0) != tc.rows || (len(resp.GetGaps()) > 0) != tc.gap || tc.rows && len(resp.GetEvidence()) == 0 {
				t.Fatalf("answer %v", resp)
			}
		})
	}
}

func TestUnknownRun(t *testing.T) {
	c := start(t, testkit.NewExecutor(t, token).URL)
	_, err := c.runs.GetRun(t.Context(), &toolsv1.GetRunRequest{RunId: uuid.NewString()})
	if fault.ReasonOf(err) != fault.RunUnknown || connect.CodeOf(err) != connect.CodeNotFound {
		t.Fatalf("error %v", err)
	}
}

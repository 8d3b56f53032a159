package tools_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/uuid"
	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/services/tools"
)

const (
	sealKey = "test-seal-key-0123456789"
	token   = "test-service-token"

	testPolicy = `
pairs:
  - [github:acme/api, jira:ACME]
places:
  github:acme/api: private
  jira:ACME: private
choices:
  jira.transition:
    jira:ACME:
      status: [Done]
`
)

// executor records every command and answers as it is told to.
type executor struct {
	*httptest.Server

	mu       sync.Mutex
	commands []*executorv1.Command
	answer   func(*executorv1.Command) *executorv1.Result
}

func newExecutor(t *testing.T) *executor {
	t.Helper()
	e := &executor{answer: func(*executorv1.Command) *executorv1.Result { return &executorv1.Result{Outcome: "done"} }}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, `{"message":"token"}`, http.StatusUnauthorized)
			return
		}
		body, _ := io.ReadAll(r.Body)
		cmd := &executorv1.Command{}
		if err := protojson.Unmarshal(body, cmd); err != nil {
			t.Errorf("command: %v in %s", err, body)
		}
		e.mu.Lock()
		e.commands = append(e.commands, cmd)
		answer := e.answer
		e.mu.Unlock()
		out, _ := protojson.Marshal(answer(cmd))
		_, _ = w.Write(out)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *executor) say(answer func(*executorv1.Command) *executorv1.Result) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

// acts counts the act commands of each effect.
func (e *executor) acts() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := map[string]int{}
	for _, c := range e.commands {
		if c.GetMode() == "act" {
			n[c.GetEffectKey()]++
		}
	}
	return n
}

type client struct {
	runs toolsv1connect.RunServiceClient
	tool toolsv1connect.ToolServiceClient
}

// start runs the service as its program does, on a new ledger.
func start(t *testing.T, executorURL string) client {
	t.Helper()
	// The executor must be reached without any AWS configuration at all.
	for _, name := range []string{"AWS_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	svc, err := tools.New(t.Context(), tools.Config{
		DatabaseURL:      "sqlite:" + filepath.Join(t.TempDir(), "ledger.db"),
		SealKey:          sealKey,
		ServiceToken:     token,
		ExecutorEndpoint: executorURL,
		MaxInFlight:      256,
		Policy:           []byte(testPolicy),
	}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	opts, err := rpc.ClientOptions(token)
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + ln.Addr().String()
	return client{
		runs: toolsv1connect.NewRunServiceClient(rpc.NewHTTPClient(), url, opts...),
		tool: toolsv1connect.NewToolServiceClient(rpc.NewHTTPClient(), url, opts...),
	}
}

// merged is a merged pull request whose title, by a member, names ACME-7.
func merged(change func(*eventv1.WebhookEvent)) *eventv1.WebhookEvent {
	member := &eventv1.Account{Id: "1", Login: "dev-one", Type: "User", Association: "MEMBER"}
	when := timestamppb.New(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
	e := &eventv1.WebhookEvent{
		Id: uuid.NewSHA1(uuid.NameSpaceURL, []byte("merged")).String(), DedupKey: "merged",
		Source: "github", Kind: "change.merged", Type: "pull_request", Action: "closed",
		Ref: "github:pr:acme/api#42", NativeId: "4242", Place: "github:repo:acme/api", Visibility: "private",
		Actor: member, OccurredAt: when, ReceivedAt: when, Occurrence: "aaaabbbbccccddddeeeeffff0000111122223333",
		Text: &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Author: member, Value: "ACME-7 keep the connection"}}},
	}
	if change != nil {
		change(e)
	}
	return e
}

// sealed seals as ingress does.
func sealed(t *testing.T, key string, e *eventv1.WebhookEvent, body string) *eventv1.SealedEvent {
	t.Helper()
	keys, err := seal.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	e.BodySha256 = sum[:]
	b, err := proto.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	id, mac := keys.Seal(b, "signature")
	return &eventv1.SealedEvent{Event: b, Body: s2.Encode(nil, []byte(body)), Authn: "signature", KeyId: id, Mac: mac}
}

func sealedInput(s *eventv1.SealedEvent) *toolsv1.OpenRunRequest {
	return &toolsv1.OpenRunRequest{Input: &toolsv1.OpenRunRequest_Sealed{Sealed: s}}
}

// plan comments on and moves the first issue.
func plan() *toolsv1.Plan {
	path := func(s string) *toolsv1.Argument { return &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: s}} }
	return &toolsv1.Plan{Class: "change.merged", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{
		{Rule: "merged-change", Step: "comment", Tool: "jira.add_comment", Arguments: map[string]*toolsv1.Argument{
			"target": path("link.issue[0]"), "body": {Value: &toolsv1.Argument_Text{Text: "acme/api#42 was merged."}},
		}},
		{Rule: "merged-change", Step: "move", Tool: "jira.transition", Arguments: map[string]*toolsv1.Argument{
			"target": path("link.issue[0]"), "status": {Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{"Done"}}}},
		}},
	}}
}

func open(t *testing.T, c client, req *toolsv1.OpenRunRequest) *toolsv1.OpenRunResponse {
	t.Helper()
	resp, err := c.runs.OpenRun(t.Context(), req)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return resp
}

func execute(t *testing.T, c client, run string, p *toolsv1.Plan) *toolsv1.ExecuteRunResponse {
	t.Helper()
	resp, err := c.runs.ExecuteRun(t.Context(), &toolsv1.ExecuteRunRequest{RunId: run, Plan: p})
	if err != nil {
		t.Fatalf("execute: %v", err)
	}
	return resp
}

func states(run *toolsv1.Run) []string {
	var s []string
	for _, c := range run.GetCalls() {
		s = append(s, c.GetState()+" "+c.GetReason())
	}
	return s
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Fatalf("got %s, want %s", a, b)
	}
}

func TestSealedEventActsOnceForEachEffect(t *testing.T) {
	ex := newExecutor(t)
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
	acts := ex.acts()
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
	ex := newExecutor(t)
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
	if acts := ex.acts(); len(acts) != 2 {
		t.Fatalf("acts %v", acts)
	}
}

func TestForgedEventsNeverAct(t *testing.T) {
	ex := newExecutor(t)
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
	if acts := ex.acts(); len(acts) != 0 {
		t.Fatalf("acts %v", acts)
	}
}

// Whoever reaches the port may say what happened, and nothing is done for it.
func TestUnsealedEventIsDryRun(t *testing.T) {
	ex := newExecutor(t)
	ex.say(func(cmd *executorv1.Command) *executorv1.Result {
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

func TestExecutorAway(t *testing.T) {
	ex := newExecutor(t)
	c := start(t, ex.URL)
	ex.say(func(*executorv1.Command) *executorv1.Result { return &executorv1.Result{Outcome: "retry"} })
	run := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun()
	want(t, states(execute(t, c, run.GetRunId(), plan()).GetRun()), "queued rate_limited", "queued rate_limited")

	ex.say(func(*executorv1.Command) *executorv1.Result {
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
	ex := newExecutor(t)
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
	if len(ex.acts()) != 0 {
		t.Fatal("a preview acted")
	}
}

func TestWatchRuns(t *testing.T) {
	c := start(t, newExecutor(t).URL)
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
	c := start(t, newExecutor(t).URL)
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
	c := start(t, newExecutor(t).URL)
	_, err := c.runs.GetRun(t.Context(), &toolsv1.GetRunRequest{RunId: uuid.NewString()})
	if fault.ReasonOf(err) != fault.RunUnknown || connect.CodeOf(err) != connect.CodeNotFound {
		t.Fatalf("error %v", err)
	}
}

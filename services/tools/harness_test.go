package tools_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/config"
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
  graph.link:
    '*': {kind: [relates]}
`
)

type client struct {
	url    string
	runs   toolsv1connect.RunServiceClient
	tool   toolsv1connect.ToolServiceClient
	memory toolsv1connect.MemoryServiceClient
}

// start runs the service as its program does, on a new ledger.
func start(t *testing.T, executorURL string) client {
	t.Helper()
	return startWith(t, func(cfg *tools.Config) { cfg.ExecutorEndpoint = executorURL }, time.Now)
}

// startWith is start with settings and a clock of the test's own.
func startWith(t *testing.T, set func(*tools.Config), now func() time.Time) client {
	t.Helper()
	// The executor must be reached without any AWS configuration at all.
	for _, name := range []string{"AWS_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	cfg := tools.Config{
		DatabaseURL:  "sqlite:" + filepath.Join(t.TempDir(), "ledger.db"),
		SealKey:      sealKey,
		ServiceToken: config.Setting{Value: token},
		MaxInFlight:  256,
		Policy:       []byte(testPolicy),
	}
	set(&cfg)
	svc, err := tools.New(t.Context(), cfg, slog.New(slog.DiscardHandler), now)
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
		url:    url,
		runs:   toolsv1connect.NewRunServiceClient(rpc.NewHTTPClient(), url, opts...),
		tool:   toolsv1connect.NewToolServiceClient(rpc.NewHTTPClient(), url, opts...),
		memory: toolsv1connect.NewMemoryServiceClient(rpc.NewHTTPClient(), url, opts...),
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

// sealed seals as ingress does what a provider signed.
func sealed(t *testing.T, key string, e *eventv1.WebhookEvent, body string) *eventv1.SealedEvent {
	t.Helper()
	return sealedAs(t, key, "signature", e, body)
}

func sealedAs(t *testing.T, key, authn string, e *eventv1.WebhookEvent, body string) *eventv1.SealedEvent {
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
	id, mac := keys.Seal(b, authn)
	return &eventv1.SealedEvent{Event: b, Body: s2.Encode(nil, []byte(body)), Authn: authn, KeyId: id, Mac: mac}
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

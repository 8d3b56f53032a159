package command_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

const runID = "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f"

// callID is of a call of that run; a skipped call of another run names it as same_as.
const callID = "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a12"

// agent is an AgentService that knows one run.
type agent struct {
	agentv1connect.UnimplementedAgentServiceHandler
	asked *agentv1.ListRunsRequest
	next  string
	empty bool
	whole string // the run as JSON; wholeRun if not set

	askedDeliveries *agentv1.ListDeliveriesRequest
}

func (a *agent) ListRuns(_ context.Context, req *agentv1.ListRunsRequest) (*agentv1.ListRunsResponse, error) {
	a.asked = req
	if a.empty || req.GetCallId() != "" && req.GetCallId() != callID {
		return &agentv1.ListRunsResponse{}, nil
	}
	return &agentv1.ListRunsResponse{NextPageToken: a.next, Runs: []*agentv1.RunSummary{{
		RunId: runID, Status: "processing", Source: "github", Kind: "change.merged", Ref: "github:pr:acme/api#42",
		Pending: 1, Held: 2, OpenedAt: timestamppb.New(time.Date(2026, 1, 15, 10, 30, 0, 0, time.UTC)),
	}}}, nil
}

func (a *agent) GetRun(_ context.Context, req *agentv1.GetRunRequest) (*agentv1.GetRunResponse, error) {
	if req.GetRunId() != runID {
		return nil, fault.New(fault.RunUnknown, "no run %s", req.GetRunId())
	}
	resp := new(agentv1.GetRunResponse)
	err := protojson.Unmarshal([]byte(cmp.Or(a.whole, wholeRun)), resp)
	for i, c := range resp.GetRun().GetCalls() {
		c.CallId = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
	}
	return resp, err
}

func serve(t *testing.T, a *agent) string {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	options, err := rpc.HandlerOptions(log)
	if err != nil {
		t.Fatal(err)
	}
	path, handler := agentv1connect.NewAgentServiceHandler(a, options...)
	srv := httptest.NewServer(service.New(service.Options{
		Log: log, Guard: testkit.Guard(t, "token"), Mounts: []service.Mount{{Path: path, Handler: handler}},
		Services: []string{agentv1connect.AgentServiceName},
		Ready:    func(context.Context) []service.Dependency { return nil },
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestRunsLists(t *testing.T) {
	a := &agent{next: "more"}
	out := run(t, "runs", "--url", serve(t, a), "--source", "github", "--state", "held", "--limit", "7")
	want := `RUN                                   OPENED                STATUS      EVENT                 SUBJECT                OPEN CALLS
0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f  2026-01-15 10:30:00Z  processing  github change.merged  github:pr:acme/api#42  1 pending, 2 held
There are more: --limit shows up to 500, not 7.
`
	if out.code != 0 || out.stdout != want {
		t.Errorf("exit code %d, %s got\n%s\nwant\n%s", out.code, out.stderr, out.stdout, want)
	}
	if a.asked.GetSource() != "github" || a.asked.GetCallState() != "held" || a.asked.GetPageSize() != 7 {
		t.Errorf("asked %v", a.asked)
	}
}

func TestRunsJSON(t *testing.T) {
	run(t, "runs", "--json", "--url", serve(t, &agent{})).want(t, 0, `"run_id": "`+runID+`"`, `"decided_at": null`)
}

func TestNoRuns(t *testing.T) {
	run(t, "runs", "--url", serve(t, &agent{empty: true})).want(t, 0, "switchyard send github pull_request.merged")
}

func TestRunsSayWhatIsWrong(t *testing.T) {
	url := serve(t, &agent{})
	run(t, "runs", "show", "5f0c9c0e-9f0a-4c54-8a5e-0d8a5b5b1f10", "--url", url).want(t, 1, "no run, and no call of a run, has the id 5f0c9c0e-9f0a-4c54-8a5e-0d8a5b5b1f10")
	run(t, "runs", "show", "nonsense", "--url", url).want(t, 1, "is no id of a run")
	run(t, "runs", "show", "0F8A", "--json", "--url", url).want(t, 0, runID)
	run(t, "runs", "show", "ffff", "--url", url).want(t, 1, "begins with ffff")
	run(t, "runs", "--limit", "501", "--url", url).want(t, 1, "--limit 501: want 1 to 500")
	run(t, "runs", "--limit", "0", "--url", url).want(t, 1, "--limit 0: want 1 to 500")
	run(t, "runs", "--state", "lost", "--url", url).want(t, 1, "--state")
	run(t, "runs", "--url", "127.0.0.1:8001").want(t, 1, "--url")
	run(t, "runs", "--url", "http://127.0.0.1:1").want(t, 1, "http://127.0.0.1:1", "--url")
	runWith(t, map[string]string{"AGENT_LISTEN": "127.0.0.1:1"}, "runs").want(t, 1, "http://127.0.0.1:1", "switchyard dev")
	runWith(t, map[string]string{"SERVICE_TOKEN": "another"}, "runs", "--url", url).want(t, 1, "SERVICE_TOKEN", "--data")
	away := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(away.Close)
	run(t, "runs", "--url", away.URL).want(t, 1, away.URL)
}

func TestRunsShow(t *testing.T) {
	url := serve(t, &agent{})
	out := run(t, "runs", "show", runID, "--url", url)
	if want := strings.NewReplacer("\nrun ", "run ", "{url}", url).Replace(explained); out.code != 0 || out.stdout != want {
		t.Errorf("exit code %d, %s got\n%s\nwant\n%s", out.code, out.stderr, out.stdout, want)
	}
	run(t, "runs", "show", runID, "--json", "--url", serve(t, &agent{})).want(t, 0, `"result_ref": ""`)
}

// same_as named a call that no command found.
func TestRunsShowFindsTheRunOfACall(t *testing.T) {
	url := serve(t, &agent{})
	run(t, "runs", "show", callID, "--url", url).want(t, 0, "run     "+runID)
	run(t, "runs", "show", strings.ToUpper(callID), "--url", url, "--json").want(t, 0, `"run_id": "`+runID+`"`)
}

const wholeRun = `{
	"answer": {
		"run_id": "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f", "status": "success", "summary": "acme/api#42 was merged.",
		"not_acted_on": [{"ref": "github:pr:acme/web#1", "where": "body", "reason": "no_rule"}],
		"gaps": [{"code": "sink_behind", "detail": "3 entries"}]
	},
	"run": {
		"run_id": "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f", "authn": "signature", "deliveries": 2,
		"event": {
			"source": "github", "kind": "change.merged", "type": "pull_request", "action": "closed",
			"ref": "github:pr:acme/api#42", "place": "github:repo:acme/api", "visibility": "private",
			"actor": {"login": "dev-two", "type": "User"},
			"occurred_at": "2026-01-15T10:30:00Z", "received_at": "2026-01-15T10:30:02Z"
		},
		"plan": {"class": "bug", "decided_by": "lexicon", "confidence": 66, "class_words": ["crash", "stack trace"], "rules_hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
		"calls": [
			{
				"tool": "jira.transition", "target": "jira:issue:ACME-7", "state": "dry_run", "reason": "no_token",
				"rule": "merged-change", "step": "transition",
				"evidence": [{"kind": "link", "detail": "named in the title", "ref": "jira:issue:ACME-7"}],
				"request": {
					"method": "POST", "url": "https://{site}/transitions", "headers": {}, "body": {"transition": {"id": "31"}},
					"before": [{"method": "GET", "url": "https://{site}/issue", "why": "already there is done"}]
				}
			},
			{
				"tool": "jira.add_comment", "target": "jira:issue:ACME-7", "state": "queued", "reason": "executor_away",
				"rule": "merged-change", "step": "comment", "attempts": 1, "next_at": "2026-01-15T10:30:05Z"
			},
			{
				"tool": "github.add_comment", "target": "github:pr:acme/api#42", "state": "skipped", "reason": "same_as",
				"rule": "merged-change", "step": "own", "same_as": "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11", "url": "https://example.com/1"
			},
			{
				"tool": "github.create_issue", "target": "github:repo:acme/web", "state": "held", "reason": "private_to_public",
				"rule": "merged-change", "step": "issue", "request": {"title": "Look after it", "body": "Please, soon.", "repository": "acme/web"},
				"digest": "3b1c0d9e8f5a3b1c0d9e8f5a3b1c0d9e8f5a3b1c0d9e8f5a3b1c0d9e8f5a3b1c"
			}
		],
		"writes": [{"tool": "records.upsert", "store": "sqlite", "state": "done", "rows": 3}],
		"links": [
			{"kind": "issue", "ref": "jira:issue:ACME-7", "where": "title", "rule": "issue_key", "confidence": "likely", "target": true, "author": {"login": "dev-one", "type": "User", "association": "MEMBER"}},
			{"kind": "change", "ref": "github:pr:acme/web#1", "where": "body", "rule": "url", "confidence": "certain", "target": true},
			{"kind": "issue", "index": 1, "ref": "jira:issue:UTF-8", "where": "body", "rule": "issue_key", "confidence": "candidate", "reason": "unconfirmed"}
		]
	}
}`

const explained = `
run     0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f
status  success
        acme/api#42 was merged.

event   github change.merged (pull_request closed)
        about github:pr:acme/api#42 in github:repo:acme/api, private
        by dev-two User, proved by signature, delivered 2 times
        occurred 2026-01-15 10:30:00Z, received 2026-01-15 10:30:02Z
class   bug, decided by lexicon (66 % sure) by the words crash, stack trace (rules 0123456789ab)

calls
  jira.transition jira:issue:ACME-7: dry_run, no_token
    by rule merged-change, step transition, call 00000000-0000-4000-8000-000000000000
    because of link: named in the title (jira:issue:ACME-7)
    would read https://{site}/issue: already there is done
    would send POST https://{site}/transitions
      {"transition":{"id":"31"}}
  jira.add_comment jira:issue:ACME-7: queued, executor_away
    by rule merged-change, step comment, call 00000000-0000-4000-8000-000000000001
    tried once, next at 2026-01-15 10:30:05Z
  github.add_comment github:pr:acme/api#42: skipped, same_as
    by rule merged-change, step own, call 00000000-0000-4000-8000-000000000002
    the same effect as another run's call: switchyard runs show --url {url} 7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11
    made https://example.com/1
  github.create_issue github:repo:acme/web: held, private_to_public
    by rule merged-change, step issue, call 00000000-0000-4000-8000-000000000003
    with body "Please, soon."
    with repository "acme/web"
    with title "Look after it"
    digest 3b1c0d9e8f5a

memory
  WRITE           STORE   STATE  ROWS  REASON
  records.upsert  sqlite  done   3

links
  LINK       REF                   FOUND                         WRITTEN BY           ACTED ON
  issue[0]   jira:issue:ACME-7     title by issue_key, likely    dev-one User MEMBER  yes
  change[0]  github:pr:acme/web#1  body by url, certain          nobody named         no: no_rule
  issue[1]   jira:issue:UTF-8      body by issue_key, candidate  nobody named         no: unconfirmed

missing sink_behind: 3 entries
`

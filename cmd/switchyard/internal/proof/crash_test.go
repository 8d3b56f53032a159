package proof

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // reads the ledger of a killed process, as an operator would

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

const (
	deliveries = 200
	senders    = 8
	// killAt is when, in the middle of the load, the step kills its process.
	killAt = 60
)

// steps of a run at which a process is killed, in the order of a run.
var steps = []struct{ service, step string }{
	{"ingress", "ingress.before_forward"},
	{"ingress", "ingress.after_forward"},
	{"agent", "agent.after_open"},
	{"tools", "open.before_commit"},
	{"tools", "open.after_commit"},
	{"agent", "agent.before_execute"},
	{"tools", "execute.before_commit"},
	{"tools", "execute.after_commit"},
	{"tools", "call.before_invoke"},
	{"tools", "call.after_invoke"},
	{"tools", "call.before_record"},
	{"tools", "call.after_record"},
	{"agent", "agent.after_execute"},
}

// TestCrash: killed at each step of a run under load and started again: nothing
// acknowledged is lost, no effect is made twice unless its first attempt left no
// recorded result, and every run is decided.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("not tested: crashes of real processes (some two minutes)")
	}
	for _, tc := range steps {
		t.Run(tc.step, func(t *testing.T) {
			t.Parallel()
			crash(t, tc.service, tc.step)
		})
	}
}

func crash(t *testing.T, victim, step string) {
	s := newSystem(t)
	for _, name := range []string{"tools", "agent", "ingress"} {
		point := ""
		if name == victim {
			point = step + ":" + strconv.Itoa(killAt)
		}
		s.start(name, point)
	}
	dying := s.procs[victim]

	sent := make(chan map[int]string, 1)
	go func() { sent <- s.deliverAll() }()
	select {
	case <-dying.exited:
	case <-time.After(60 * time.Second):
		t.Fatalf("%s was not killed at %s: is the step reached?", victim, step)
	}
	recorded := s.recordedEffects()
	s.start(victim, "")
	acknowledged := <-sent

	if len(acknowledged) < deliveries/2 {
		t.Errorf("only %d of %d deliveries were acknowledged", len(acknowledged), deliveries)
	}
	s.awaitDecided()
	runs := s.runs()
	for n, run := range acknowledged {
		if _, ok := runs[run]; !ok {
			t.Errorf("delivery %d was acknowledged and is lost: run %s", n, run)
		}
	}
	// What was not acknowledged, a person sends again; the rest is sent twice for good measure.
	for n := range deliveries {
		if code, _ := s.deliver(context.WithoutCancel(t.Context()), n); code/100 != 2 {
			t.Errorf("delivery %d sent again: %d", n, code)
		}
	}
	s.awaitDecided()
	twice := 0
	acts := s.executor.Acts()
	for key, n := range acts {
		if n > 1 && (victim != "tools" || recorded[key]) || n > 2 {
			t.Errorf("effect %s was made %d times (its result was recorded: %v)", key, n, recorded[key])
		}
		if n > 1 {
			twice++
		}
	}
	if len(acts) != 2*deliveries {
		t.Errorf("%d effects, want %d", len(acts), 2*deliveries)
	}
	t.Logf("killed %s at %s: %d acknowledged, %d runs, %d effects, %d of them tried again after an attempt without a result",
		victim, step, len(acknowledged), len(s.runs()), len(acts), twice)
}

// deliverAll sends the deliveries from several senders and returns the run of
// each that was acknowledged. A refused one is not sent again, but the next
// ones wait until every service is there: else most would be refused as well.
func (s *system) deliverAll() map[int]string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), 2*time.Minute)
	defer cancel()
	var mu sync.Mutex
	acknowledged := map[int]string{}
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for n := sender; n < deliveries; n += senders {
				code, run := s.deliver(ctx, n)
				if code/100 != 2 {
					s.awaitServices(ctx)
					continue
				}
				mu.Lock()
				acknowledged[n] = run
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return acknowledged
}

func (s *system) awaitServices(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for _, addr := range s.addrs {
		for get(ctx, "http://"+addr+"/livez") != nil && ctx.Err() == nil {
			<-tick.C
		}
	}
}

// deliver sends the n-th merged pull request and returns the code and the run's id.
func (s *system) deliver(ctx context.Context, n int) (code int, run string) {
	body := fmt.Appendf(nil, mergedBody, 1000+n, 1000+n, 1000+n, 1000+n, n, n)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addrs["ingress"]+"/webhooks/github", bytes.NewReader(body))
	if err != nil {
		return 0, ""
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(github.HeaderEvent, "pull_request")
	req.Header.Set(github.HeaderSignature, github.Sign([]byte(hookSecret), body))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		RunID string `json:"run_id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, ""
	}
	return resp.StatusCode, answer.RunID
}

const mergedBody = `{"action":"closed","number":%d,"pull_request":{"id":%d,"number":%d,"state":"closed","merged":true,
"title":"ACME-%d keep the connection","body":"","html_url":"https://github.com/acme/api/pull/1","author_association":"MEMBER",
"merged_at":"2026-05-04T10:00:00Z","updated_at":"2026-05-04T10:00:00Z","merge_commit_sha":"%040d",
"user":{"login":"dev-one","id":1,"type":"User"},"head":{"ref":"topic-%d","sha":"b"},"base":{"ref":"main"},"labels":[]},
"repository":{"id":9,"full_name":"acme/api","private":true,"html_url":"https://github.com/acme/api"},
"sender":{"login":"dev-one","id":1,"type":"User"}}`

// recordedEffects reads, from the files a killed process left, the effects whose
// result was recorded by then.
func (s *system) recordedEffects() map[string]bool {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "ledger.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(s.t.Context(), `SELECT effect_key FROM call WHERE state = 'done'`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	keys := map[string]bool{}
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			s.t.Fatal(err)
		}
		keys[key] = true
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return keys
}

// runs returns each run's status.
func (s *system) runs() map[string]string {
	opts, err := rpc.ClientOptions(serviceToken)
	if err != nil {
		s.t.Fatal(err)
	}
	client := agentv1connect.NewAgentServiceClient(rpc.NewHTTPClient(), "http://"+s.addrs["agent"], opts...)
	runs := map[string]string{}
	for token := ""; ; {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), 10*time.Second)
		resp, err := client.ListRuns(ctx, &agentv1.ListRunsRequest{PageSize: 500, PageToken: token})
		cancel()
		if err != nil {
			s.t.Fatalf("list: %v", err)
		}
		for _, r := range resp.GetRuns() {
			runs[r.GetRunId()] = r.GetStatus()
		}
		if token = resp.GetNextPageToken(); token == "" {
			return runs
		}
	}
}

// awaitDecided waits until no run is processing: leases and fences take some
// 20 s to run out after a crash.
func (s *system) awaitDecided() {
	s.t.Helper()
	s.await(90*time.Second, "every run to be decided", func(context.Context) bool {
		for status := range maps.Values(s.runs()) {
			if strings.EqualFold(status, "processing") {
				return false
			}
		}
		return true
	})
}

package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools"
)

// mergedNo opens the n-th merged pull request.
func mergedNo(t *testing.T, n int) *toolsv1.OpenRunRequest {
	t.Helper()
	return sealedInput(sealed(t, sealKey, merged(func(e *eventv1.WebhookEvent) {
		e.DedupKey = fmt.Sprint("merged ", n)
		e.Id = uuid.NewSHA1(uuid.NameSpaceURL, []byte(e.GetDedupKey())).String()
		e.Ref, e.Occurrence = fmt.Sprintf("github:pr:acme/api#%d", 1000+n), fmt.Sprintf("%040d", n)
	}), "{}"))
}

func writes(run *toolsv1.Run) (list []string) {
	for _, w := range run.GetWrites() {
		list = append(list, w.GetTool()+" "+w.GetStore()+" "+w.GetState())
	}
	return list
}

func (c client) readyz(t *testing.T) (code int, deps []service.Dependency) {
	t.Helper()
	resp, err := http.Get(c.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body struct {
		Dependencies []service.Dependency `json:"dependencies"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body.Dependencies
}

// ask asks a read tool.
func (c client) ask(t *testing.T, tool, ref string) *toolsv1.CallToolResponse {
	t.Helper()
	resp, err := c.tool.CallTool(t.Context(), &toolsv1.CallToolRequest{Tool: tool, Input: &structpb.Struct{
		Fields: map[string]*structpb.Value{"ref": structpb.NewStringValue(ref)},
	}})
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	return resp
}

// eventually asks again until what is wanted holds, for two minutes.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for !holds() {
		select {
		case <-deadline:
			t.Fatal("not within two minutes: " + what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Without a store that could be reached everything works, and says so.
func TestStoresThatAreAway(t *testing.T) {
	c := startWith(t, func(cfg *tools.Config) {
		cfg.ClickHouseURL, cfg.Neo4jURI, cfg.Neo4jPassword = "http://127.0.0.1:1/default", "bolt://127.0.0.1:1", "test-password"
	}, time.Now)
	begun := time.Now()
	run := open(t, c, mergedNo(t, 1)).GetRun()
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("the event took %s", took)
	}
	want(t, writes(run), "records.upsert sqlite done", "facts.record clickhouse queued", "graph.upsert neo4j queued")
	var settings []string
	for _, g := range run.GetGaps() {
		if g.GetCode() != "sink_behind" || !strings.Contains(g.GetDetail(), "has not taken this event yet") {
			t.Errorf("gap %v", g)
		}
		settings = append(settings, g.GetSetting())
	}
	want(t, settings, "CLICKHOUSE_URL", "NEO4J_URI")

	eventually(t, "the stores are told to be away", func() bool {
		status, err := c.memory.Status(t.Context(), &toolsv1.StatusRequest{})
		if err != nil || len(status.GetSinks()) != 2 {
			t.Fatal(status, err)
		}
		away := 0
		for _, s := range status.GetSinks() {
			if s.GetState() == "unavailable" && strings.Contains(s.GetDetail(), "127.0.0.1:1") && s.GetBehind() == 1 {
				away++
			}
		}
		return away == 2
	})
	code, deps := c.readyz(t)
	if code != http.StatusOK || len(deps) != 4 || deps[2].State != "unavailable" || !deps[2].Optional {
		t.Errorf("readyz answers %d, %+v", code, deps)
	}
	if rows := c.ask(t, "timeline", run.GetEvent().GetRef()).GetOutput().GetFields()["rows"].GetListValue().GetValues(); len(rows) == 0 {
		t.Error("the ledger did not answer")
	}
	begun = time.Now()
	open(t, c, mergedNo(t, 2))
	if took := time.Since(begun); took > time.Second {
		t.Errorf("with its circuit open a store cost an event %s", took)
	}
}

func TestMemoryOfTheLedgerAlone(t *testing.T) {
	c := startWith(t, func(*tools.Config) {}, time.Now)
	want(t, writes(open(t, c, mergedNo(t, 1)).GetRun()), "records.upsert sqlite done", "facts.record sqlite done", "graph.upsert sqlite done")
	status, err := c.memory.Status(t.Context(), &toolsv1.StatusRequest{})
	if err != nil || status.GetLedger() != "sqlite" || len(status.GetSinks()) != 0 {
		t.Errorf("%v, %v", status, err)
	}
	stream, err := c.memory.Rebuild(t.Context(), &toolsv1.RebuildRequest{Store: "neo4j"})
	if err == nil {
		for stream.Receive() {
		}
		err = stream.Err()
	}
	if connect.CodeOf(err) != connect.CodeFailedPrecondition || !strings.Contains(err.Error(), "NEO4J_URI") {
		t.Errorf("rebuild of a store that is not there: %v", err)
	}
}

// line is a connection to a store that can be cut.
type line struct {
	ln   net.Listener
	to   string
	mu   sync.Mutex
	cut  bool
	open []net.Conn
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{ln: ln, to: to}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			go l.serve(in)
		}
	}()
	return l
}

func (l *line) serve(in net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out, err := net.Dial("tcp", l.to)
	if l.cut || err != nil {
		_ = in.Close()
		return
	}
	l.open = append(l.open, in, out)
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
}

func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for _, c := range l.open {
		_ = c.Close()
	}
	l.open = nil
}

// through leads a store's address through a line.
func through(t *testing.T, address string) (string, *line) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l := newLine(t, u.Host)
	u.Host = l.ln.Addr().String()
	return u.String(), l
}

// The whole way with real stores: followed, away, back, checked, filled again.
func TestRealStoresFollow(t *testing.T) {
	clickhouse, facts := through(t, testkit.ClickHouse(t))
	neo4j, links := through(t, testkit.Neo4j(t))
	c := startWith(t, func(cfg *tools.Config) {
		u, err := url.Parse(neo4j)
		if err != nil {
			t.Fatal(err)
		}
		cfg.ClickHouseURL, cfg.Neo4jUser = clickhouse, u.User.Username()
		cfg.Neo4jPassword, _ = u.User.Password()
		u.User = nil
		cfg.Neo4jURI = u.String()
	}, time.Now)
	rebuilt := func(store string) error {
		t.Helper()
		stream, err := c.memory.Rebuild(t.Context(), &toolsv1.RebuildRequest{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		var last *toolsv1.RebuildResponse
		for stream.Receive() {
			last = stream.Msg()
		}
		if stream.Err() == nil && !last.GetFinished() {
			t.Errorf("rebuild of %s ended at %v", store, last)
		}
		return stream.Err()
	}
	rebuild := func(store string) {
		t.Helper()
		if err := rebuilt(store); err != nil {
			t.Errorf("rebuild of %s: %v", store, err)
		}
	}
	// Another test's ledger may have filled it, and a server that was just started takes its time.
	eventually(t, "Neo4j is taken over", func() bool {
		err := rebuilt("neo4j")
		if err != nil {
			t.Logf("not yet: %v", err)
		}
		return err == nil
	})
	caught := func() bool {
		status, err := c.memory.Status(t.Context(), &toolsv1.StatusRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range status.GetSinks() {
			if s.GetState() != "ok" || s.GetBehind() > 0 {
				return false
			}
		}
		return true
	}
	same := func(when string) {
		t.Helper()
		stream, err := c.memory.Check(t.Context(), &toolsv1.CheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		for stream.Receive() {
			if r := stream.Msg().GetResult(); r != nil {
				checked++
				if r.GetRows() == 0 || r.GetMissing()+r.GetDifferent()+r.GetExtra() > 0 || len(r.GetGaps()) > 0 {
					t.Errorf("%s: %v", when, r)
				}
			}
		}
		if stream.Err() != nil || checked != 2 {
			t.Errorf("%s: %d stores checked, %v", when, checked, stream.Err())
		}
	}
	for n := range 20 {
		open(t, c, mergedNo(t, n))
	}
	eventually(t, "the stores have it all", caught)
	same("followed")
	run := open(t, c, mergedNo(t, 100)).GetRun()
	eventually(t, "the run's writes are done", func() bool {
		got, err := c.runs.GetRun(t.Context(), &toolsv1.GetRunRequest{RunId: run.GetRunId()})
		if err != nil {
			t.Fatal(err)
		}
		run = got.GetRun()
		return len(run.GetGaps()) == 0
	})
	want(t, writes(run), "records.upsert sqlite done", "facts.record clickhouse done", "graph.upsert neo4j done")

	answers := func() (list []*toolsv1.CallToolResponse) {
		return append(list, c.ask(t, "timeline", run.GetEvent().GetRef()), c.ask(t, "linked", run.GetEvent().GetRef()))
	}
	byStores := answers()
	facts.set(true)
	links.set(true)
	byLedger := answers()
	for i := range byStores {
		if diff := cmp.Diff(byStores[i].GetOutput(), byLedger[i].GetOutput(), protocmp.Transform()); diff != "" {
			t.Errorf("stores and ledger answer differently: %s", diff)
		}
	}
	for n := 200; n < 230; n++ {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		if _, err := c.runs.OpenRun(ctx, mergedNo(t, n)); err != nil {
			t.Errorf("while the stores are away: %v", err)
		}
		cancel()
	}
	facts.set(false)
	links.set(false)
	eventually(t, "the stores are back and have it all", caught)
	same("back")
	rebuild("clickhouse")
	rebuild("neo4j")
	eventually(t, "filled again", caught)
	same("filled again")
}

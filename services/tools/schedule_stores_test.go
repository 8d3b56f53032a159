package tools

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact/clickhouse"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/neo4j"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// As schedules, for real stores, where each takes seconds.
var realSchedules = flag.Int("real-schedules", 3, "how many random schedules are run on PostgreSQL, ClickHouse and Neo4j too")

// TestSchedulesOnRealStores: the same schedule on the embedded ledger, and on
// PostgreSQL with ClickHouse and Neo4j behind it, whose workers die too and whose
// writes fail before or after they are done: the same runs, and once the stores
// have caught up byte for byte the same answers.
func TestSchedulesOnRealStores(t *testing.T) {
	want := inOrder(t)
	graphAt := testkit.Neo4j(t)
	for seed := range uint64(*realSchedules) {
		t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
			embedded := newSchedule(t, seed+1, onSQLite(t))
			embedded.play(func() {})

			apart := newSchedule(t, seed+1, onPostgres(t))
			followers := []*minder{
				follow(t, apart, openClickHouse(t), clickhouse.Setting),
				follow(t, apart, openNeo4j(t, graphAt), "NEO4J_URI"),
			}
			apart.play(func() {
				for _, f := range followers {
					f.disturb()
				}
			})
			for _, f := range followers {
				f.catchUp()
			}

			stores := struct {
				fact.Facts
				graph.Graph
			}{followers[0].store.(fact.Facts), followers[1].store.(graph.Graph)}
			equal := func(what string, got any) {
				t.Helper()
				if diff := gocmp.Diff(want.Memory, got, gocmp.Comparer(proto.Equal)); diff != "" {
					t.Errorf("schedule %d: %s (-in order +this one):\n%s", seed+1, what, diff)
				}
			}
			equal("PostgreSQL", remember(t, apart.store))
			equal("ClickHouse and Neo4j", remember(t, stores))
			sameBytes(t, "runs", embedded.runsAsTold(), apart.runsAsTold())
			sameBytes(t, "answers", embedded.answers(embedded.store), apart.answers(stores))
		})
	}
}

func sameBytes(t *testing.T, what string, embedded, stores []byte) {
	t.Helper()
	if len(embedded) < 1000 {
		t.Fatalf("%s: only %q", what, embedded)
	}
	if !bytes.Equal(embedded, stores) {
		t.Errorf("%s differ (-embedded +stores):\n%s", what, gocmp.Diff(string(embedded), string(stores)))
	}
}

func onPostgres(t *testing.T) func(now func() time.Time) memoryStore {
	return func(now func() time.Time) memoryStore {
		s, err := postgres.New(kit.Schema(t), postgres.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
}

func openClickHouse(t *testing.T) sink.Target {
	t.Helper()
	s, err := clickhouse.Open(testkit.ClickHouse(t), clickhouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openNeo4j(t *testing.T, address string) sink.Target {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	user := u.User.Username()
	u.User = nil
	s, err := neo4j.Open(u.String(), user, password, neo4j.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// minder keeps a store following a schedule's ledger, by one worker after the other.
type minder struct {
	t       *testing.T
	s       *schedule
	store   sink.Target
	setting string
	rng     *rand.Rand
	owners  int
	worker  *sink.Worker
	stop    func()
}

func follow(t *testing.T, s *schedule, store sink.Target, setting string) *minder {
	t.Helper()
	f := &minder{t: t, s: s, store: store, setting: setting, rng: rand.New(rand.NewPCG(s.seed, uint64(len(setting))))}
	f.begin()
	t.Cleanup(func() { f.stop(); _ = store.Close() })
	// Neo4j's one database holds what the schedule before left: another ledger's. A
	// server that has just started takes its time.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		err := f.worker.Rebuild(ctx, func(sink.Progress) error { return nil })
		if err == nil {
			return f
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

func (f *minder) begin() {
	f.owners++
	f.worker = sink.New(sink.Options{
		Outbox: f.s.store, Target: &fickle{f.store, rand.New(rand.NewPCG(f.s.seed, uint64(f.owners)))}, Owner: ledger.Owner(fmt.Sprint(f.setting, f.owners)), Setting: f.setting,
		Subscribe: f.s.store.Subscribe, Now: time.Now, Random: func() float64 { return 0 },
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.worker.Run(ctx)
	}()
	f.stop = func() { cancel(); <-done }
}

// disturb now and then ends the worker in whatever it does; another one goes on.
func (f *minder) disturb() {
	if f.rng.IntN(25) == 0 { //nolint:forbidigo // seeded
		f.stop()
		f.begin()
	}
}

func (f *minder) catchUp() {
	f.t.Helper()
	deadline := time.After(time.Minute)
	for {
		lag, err := f.s.store.Lag(f.t.Context(), f.store.Sink())
		if err != nil {
			f.t.Fatal(err)
		}
		if lag.Entries == 0 {
			return
		}
		select {
		case <-deadline:
			f.t.Fatalf("%s never caught up: %+v, %+v", f.store.Sink(), lag, f.worker.Status(f.t.Context()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fickle is a store whose writes fail now and then, before or after they are done.
type fickle struct {
	sink.Target
	rng *rand.Rand
}

var errFickle = errors.New("connection reset")

// Write implements sink.Target.
func (f *fickle) Write(ctx context.Context, w sink.Writing) error {
	switch f.rng.IntN(12) { //nolint:forbidigo // seeded
	case 0:
		return errFickle
	case 1:
		return errors.Join(f.Target.Write(ctx, w), errFickle)
	}
	return f.Target.Write(ctx, w)
}

// storeWord is the one word by which runs of different ledgers may differ.
var storeWord = regexp.MustCompile(`"store":"(sqlite|postgres)"`)

// runsAsTold is what GetRun says of each run.
func (s *schedule) runsAsTold() []byte {
	var b bytes.Buffer
	for _, r := range s.runs() {
		full, err := s.processes[0].runs.GetRun(s.t.Context(), &toolsv1.GetRunRequest{RunId: r.GetRunId()})
		if err != nil {
			s.t.Fatal(err)
		}
		b.Write(asJSON(s.t, full))
	}
	return storeWord.ReplaceAll(b.Bytes(), []byte(`"store":"ledger"`))
}

// asJSON has one form: protojson puts in spaces at random.
func asJSON(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.ReplaceAll(bytes.ReplaceAll(b, []byte(`": `), []byte(`":`)), []byte(`, "`), []byte(`,"`)), '\n')
}

// answers are those of every read tool about everything in the story.
func (s *schedule) answers(stores questioned) []byte {
	s.t.Helper()
	pol, err := policy.Parse([]byte(storyPolicy), registry.Tools())
	if err != nil {
		s.t.Fatal(err)
	}
	cfg := Config{ProductionEnvironments: "production", IncidentTypes: "Incident,Bug", IncidentLabels: "incident", IncidentWindow: 24 * time.Hour}
	server := &registryServer{tools: registry.Tools(), asker: newAsker(cfg, stores, stores, func() *policy.Policy { return pol }, s.clock.Now)}
	var b bytes.Buffer
	ask := func(tool string, input map[string]any) {
		in, err := structpb.NewStruct(input)
		if err != nil {
			s.t.Fatal(err)
		}
		resp, err := server.CallTool(s.t.Context(), &toolsv1.CallToolRequest{Tool: tool, Input: in})
		if err != nil {
			s.t.Fatalf("%s %v: %v", tool, input, err)
		}
		fmt.Fprintf(&b, "%s %s", tool, asJSON(s.t, resp))
	}
	places := []string{"github:repo:acme/api", "jira:project:ACME", "github:user:dev-one", "jira:user:acc-1"}
	things := []string{storyChange, "github:pr:acme/api#43", "jira:issue:ACME-7", "jira:issue:ACME-8", "jira:issue:ACME-9", "github:deployment:acme/api#77"}
	for _, ref := range slices.Concat(places, things) {
		ask("timeline", map[string]any{"ref": ref})
		ask("linked", map[string]any{"ref": ref})
	}
	for _, ref := range places {
		ask("activity", map[string]any{"ref": ref, "window": "30d"})
	}
	for _, ref := range things[2:5] {
		ask("shipped", map[string]any{"issue": ref})
	}
	ask("dora", map[string]any{"window": "30d"})
	ask("dora", map[string]any{"window": "30d", "repository": places[0]})
	return b.Bytes()
}

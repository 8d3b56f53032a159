package memory_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
	"github.com/switchyard-dev/switchyard/services/tools/internal/memory"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

const event = "00000000-0000-4000-8000-000000000001"

func opening() ledger.Opening {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ref := "github:pr:acme/api#42"
	return ledger.Opening{
		Run: event, Authn: "signature", Owner: "agent", Lease: time.Minute, Delivery: &eventv1.Delivery{DeliveryId: event},
		Event: &eventv1.WebhookEvent{
			Id: event, DedupKey: event, Source: "github", Kind: "change.updated", Ref: ref, Place: "github:repo:acme/api",
			OccurredAt: timestamppb.New(at), ReceivedAt: timestamppb.New(at),
		},
		Delta: project.Delta{
			Entities:     []project.Entity{{Ref: ref, Kind: "change"}},
			Observations: []project.Observation{{Subject: ref, Name: "change.updated", SubKey: event, At: at}},
		},
	}
}

// following is a memory whose two stores follow the ledger.
func following(t *testing.T, l *sqlite.Store, facts, links *sinktest.Store) *memory.Memory {
	t.Helper()
	worker := func(s *sinktest.Store, setting string) *sink.Worker {
		return sink.New(sink.Options{
			Outbox: l, Target: s.Open(), Owner: "one", Setting: setting, Subscribe: l.Subscribe,
			Now: time.Now, Random: func() float64 { return 0.5 },
		})
	}
	m := &memory.Memory{Ledger: l, Stores: []memory.Store{
		{Worker: worker(facts, "CLICKHOUSE_URL"), Facts: l}, {Worker: worker(links, "NEO4J_URI"), Graph: l},
	}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { m.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return m
}

func told(run *toolsv1.Run) (list []string) {
	for _, w := range run.GetWrites() {
		list = append(list, strings.TrimSpace(w.GetTool()+" "+w.GetStore()+" "+w.GetState()+" "+w.GetReason()))
	}
	return list
}

// A row that a store refuses is set aside, and its run said it was done.
func TestAWriteThatWasSetAsideIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"), sqlite.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		facts := sinktest.NewStore("clickhouse", ledger.Events, ledger.Observations)
		links := sinktest.NewStore("neo4j", ledger.Entities, ledger.Links)
		facts.Refuse(func(rows ledger.Rows) bool { return len(rows.Observations) > 0 })
		m := following(t, l, facts, links)
		<-time.After(2 * time.Second)
		opened, err := l.Open(t.Context(), opening())
		if err != nil {
			t.Fatal(err)
		}
		m.Await(t.Context(), opened.Entry)
		want := func(when string, stored ledger.Stored, want string, gaps int) {
			t.Helper()
			run := m.Show(t.Context(), stored)
			if got := strings.Join(told(run), ", "); got != want || len(run.GetGaps()) != gaps {
				t.Errorf("%s: %s, want %s; gaps %v", when, got, want, run.GetGaps())
			}
			for _, g := range run.GetGaps() {
				if g.GetCode() != memory.SinkBehind || g.GetSetting() != "CLICKHOUSE_URL" || !strings.Contains(g.GetDetail(), "`switchyard memory rebuild clickhouse`") {
					t.Errorf("%s: the gap does not name the remedy: %v", when, g)
				}
			}
		}
		again := func() ledger.Stored {
			t.Helper()
			stored, err := l.Run(t.Context(), event)
			if err != nil {
				t.Fatal(err)
			}
			return stored
		}
		const failed = "records.upsert sqlite done, facts.record clickhouse failed rejected, graph.upsert neo4j done"
		want("answered", opened.Stored, failed, 1)
		<-time.After(time.Minute)
		want("later", again(), failed, 1)
		facts.Refuse(nil)
		if err := l.Rewind(t.Context(), "clickhouse", 0); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Second)
		want("filled again", again(), "records.upsert sqlite done, facts.record clickhouse done, graph.upsert neo4j done", 0)
	})
}

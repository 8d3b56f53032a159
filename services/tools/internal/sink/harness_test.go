package sink_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

const word ledger.Sink = "neo4j"

var errAway = errors.New("connection refused")

// world is a ledger and a store that follows it, on a clock that only moves
// while everybody waits.
type world struct {
	*testing.T
	ledger *sqlite.Store
	path   string
	store  *sinktest.Store
	log    *logged
	opened int
}

func inWorld(t *testing.T, do func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, path: filepath.Join(t.TempDir(), "ledger.db"), store: sinktest.NewStore(word), log: &logged{}}
		w.ledger = w.open(w.path)
		do(w)
	})
}

func (w *world) open(path string) *sqlite.Store {
	w.Helper()
	s, err := sqlite.Open(w.Context(), path, sqlite.Options{Now: time.Now})
	w.ok(err)
	w.Cleanup(func() { _ = s.Close() })
	return s
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// process is a worker of a process of its own.
type process struct {
	*sink.Worker
	stop func()
}

func (w *world) worker(owner string, target sink.Target) *sink.Worker {
	return w.workerOn(owner, w.ledger, target)
}

func (w *world) workerOn(owner string, outbox ledger.Outbox, target sink.Target) *sink.Worker {
	return sink.New(sink.Options{
		Outbox: outbox, Target: target, Owner: ledger.Owner(owner), Setting: "NEO4J_URI", Subscribe: w.ledger.Subscribe,
		Now: time.Now, Random: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
}

func (w *world) start(owner string) *process { return w.startOn(owner, w.store.Open()) }

func (w *world) startOn(owner string, target sink.Target) *process {
	return w.run(w.worker(owner, target))
}

func (w *world) run(worker *sink.Worker) *process {
	p := &process{Worker: worker}
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx)
	}()
	p.stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	w.Cleanup(p.stop)
	return p
}

// tell opens n runs more, and returns where the outbox then ends. Many come at
// once, as they share commits then.
func (w *world) tell(n int) ledger.Position {
	w.Helper()
	var wg sync.WaitGroup
	slots := make(chan struct{}, 100)
	if n <= 100 {
		slots = make(chan struct{}, 1)
	}
	for range n {
		w.opened++
		slots <- struct{}{}
		wg.Go(func(n int) func() {
			return func() {
				if _, err := w.ledger.Open(w.Context(), opening(n)); err != nil {
					w.Errorf("open: %v", err)
				}
				<-slots
			}
		}(w.opened))
	}
	wg.Wait()
	return w.lag().End
}

func opening(n int) ledger.Opening {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
	event := fmt.Sprintf("00000000-0000-4000-8000-%012x", n)
	ref, issue := fmt.Sprintf("github:pr:acme/api#%d", n%50), fmt.Sprintf("jira:issue:ACME-%d", n%70)
	e := &eventv1.WebhookEvent{
		Id: event, DedupKey: event, Source: "github", Kind: "change.updated", Ref: ref, Place: "github:repo:acme/api",
		OccurredAt: timestamppb.New(at), ReceivedAt: timestamppb.New(at),
	}
	return ledger.Opening{
		Run: ledger.RunID(event), Event: e, Authn: "signature", Delivery: &eventv1.Delivery{DeliveryId: event},
		Delta: project.Delta{
			Entities: []project.Entity{
				{Ref: ref, Kind: "change", Attributes: []project.Attribute{{Name: "n", Value: fmt.Sprint(n), Version: project.Version{At: at, EventID: event}}}},
				{Ref: issue, Kind: "issue", Stub: true},
			},
			Links:        []project.Link{{From: ref, To: issue, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: "comment", At: at}},
			Observations: []project.Observation{{Subject: ref, Name: "change.updated", SubKey: event, At: at, Value: fmt.Sprint(n)}},
		},
		Owner: "agent", Lease: time.Minute,
	}
}

// wantSame demands that the store has just what the ledger has.
func (w *world) wantSame(what string) {
	w.Helper()
	r, err := w.worker("checker", w.store.Open()).Check(w.Context(), false, func(_, _ int64) error { return nil })
	if err != nil || r.Missing+r.Different+r.Extra != 0 || r.Rows == 0 || r.Unsettled {
		w.Errorf("%s: %+v, %v", what, r, err)
	}
}

func (w *world) lag() ledger.Lag {
	w.Helper()
	lag, err := w.ledger.Lag(w.Context(), word)
	w.ok(err)
	return lag
}

// wait lets time pass.
func (w *world) wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// logged is a log that is read while it is written.
type logged struct {
	mu   sync.Mutex
	text []byte
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	return len(b), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

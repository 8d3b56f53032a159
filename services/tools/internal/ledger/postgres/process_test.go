package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func testContext() context.Context { return context.Background() }

func open(t testing.TB, dsn string, opts postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.New(dsn, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// opening is of the size of a real one: a pull request that names an issue.
func opening(n int) ledger.Opening {
	at := time.Date(2026, 3, 1, 12, 0, n, 0, time.UTC)
	ref, repo, issue := fmt.Sprintf("github:pr:acme/api#%d", n), "github:repo:acme/api", fmt.Sprintf("jira:issue:ACME-%d", n%100+1)
	e := &eventv1.WebhookEvent{
		Id: fmt.Sprintf("10000000-0000-4000-8000-%012d", n), DedupKey: strings.Repeat("ab", 32), Source: "github", Kind: "change.merged",
		Type: "pull_request", Action: "closed", Ref: ref, NativeId: fmt.Sprint(n), Place: repo, Visibility: "private",
		Actor: &eventv1.Account{Id: "7", Login: "ana", Type: "User"}, OccurredAt: timestamppb.New(at), ReceivedAt: timestamppb.New(at),
		Text: &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Value: "ACME-7 more tea"}, {Where: "body", Value: strings.Repeat("text ", 100)}}},
	}
	v := project.Version{At: at, KindRank: 4, EventID: e.GetId()}
	var attributes []project.Attribute
	for _, name := range []string{"number", "url", "state", "draft", "merged", "base", "head", "head_sha", "merge_commit_sha", "labels"} {
		attributes = append(attributes, project.Attribute{Name: name, Value: "value of " + name, Version: v})
	}
	return ledger.Opening{
		Run: ledger.RunID(fmt.Sprintf("20000000-0000-4000-8000-%012d", n)), Event: e, Body: make([]byte, 2300), Authn: "signature",
		Delivery: &eventv1.Delivery{DeliveryId: fmt.Sprintf("30000000-0000-4000-8000-%012d", n), ReceivedAt: e.GetReceivedAt()},
		Delta: project.Delta{
			Entities: []project.Entity{
				{Ref: ref, Kind: "change", NativeID: fmt.Sprint(n), Place: repo, Attributes: attributes},
				{Ref: repo, Kind: "repository", Attributes: []project.Attribute{{Name: "visibility", Value: "private", Version: v}}},
				{Ref: "github:user:ana", Kind: "person", NativeID: "7", Attributes: []project.Attribute{{Name: "login", Value: "ana", Version: v}}},
				{Ref: issue, Kind: "issue", Stub: true},
			},
			Links:        []project.Link{{From: ref, To: issue, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: "title", Author: e.GetActor(), At: at}},
			Observations: []project.Observation{{Subject: ref, Name: e.GetKind(), SubKey: "sha", At: at, Value: "sha"}},
		},
		Links: []*toolsv1.Link{{Kind: "issue", Ref: issue, Where: "title", Rule: "issue_key", Confidence: "likely", Target: true, Confirmed: true}},
		Owner: "owner", Lease: 20 * time.Second,
	}
}

// intent is the n-th call, to be performed at once by owner.
func intent(n int, key, state string, owner ledger.Owner) ledger.Call {
	now := time.Now()
	return ledger.Call{
		Shown:   &toolsv1.Call{CallId: fmt.Sprintf("40000000-0000-4000-8000-%012d", n), EffectKey: key, Rule: "r", Step: "s", Tool: "jira.transition", Class: "set", State: state},
		Payload: &structpb.Struct{}, Mode: "act", Occurrence: fmt.Sprint(n), Version: now, NotAfter: now.Add(time.Second), LookAt: now.Add(time.Second),
		ValidUntil: now.Add(time.Hour), Owner: owner, Lease: 30 * time.Second,
	}
}

// processes are two stores on one database, as two processes have them.
func processes(t *testing.T) []*postgres.Store {
	dsn := kit.Schema(t)
	return []*postgres.Store{open(t, dsn, postgres.Options{}), open(t, dsn, postgres.Options{})}
}

func TestProcessesMakeOneRunOfAnEvent(t *testing.T) {
	stores := processes(t)
	var created, leased atomic.Int32
	var wg sync.WaitGroup
	for n := range 64 {
		wg.Go(func() {
			given := opening(1)
			given.Run = ledger.RunID(fmt.Sprint("run", n))
			o, err := stores[n%2].Open(t.Context(), given)
			if err != nil {
				t.Errorf("open: %v", err)
			}
			if o.Created {
				created.Add(1)
			}
			if o.Leased {
				leased.Add(1)
			}
		})
	}
	wg.Wait()
	if created.Load() != 1 || leased.Load() != 1 {
		t.Errorf("%d runs of one event were made, %d leased", created.Load(), leased.Load())
	}
	list, _, err := stores[0].List(t.Context(), ledger.Query{Limit: 10})
	if err != nil || len(list) != 1 || list[0].Run.GetDeliveries() != 64 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestProcessesPinOnePlanAndHoldOneEffect(t *testing.T) {
	stores := processes(t)
	const runs = 16
	for n := range runs {
		if _, err := stores[0].Open(t.Context(), opening(n)); err != nil {
			t.Fatal(err)
		}
	}
	var accepted, held atomic.Int32
	var wg sync.WaitGroup
	for n := range 4 * runs {
		wg.Go(func() {
			p, err := stores[n%2].Pin(t.Context(), ledger.Pinning{
				Run: opening(n / 4).Run, Plan: &toolsv1.Plan{Class: fmt.Sprint(n)}, Calls: []ledger.Call{intent(n, "one effect", "running", "o")},
			})
			if err != nil {
				t.Errorf("pin: %v", err)
			}
			if p.Accepted {
				accepted.Add(1)
			}
			held.Add(int32(len(p.Leased)))
		})
	}
	wg.Wait()
	if accepted.Load() != runs || held.Load() != 1 {
		t.Errorf("%d plans of %d runs were accepted, one effect was held %d times", accepted.Load(), runs, held.Load())
	}
}

func TestProcessesLeaseACallOnce(t *testing.T) {
	stores := processes(t)
	const calls = 24
	for n := range calls {
		o := opening(n)
		if _, err := stores[0].Open(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		queued := intent(n, fmt.Sprint("key", n), "queued", "")
		queued.LookAt = time.Time{}
		if _, err := stores[0].Pin(t.Context(), ledger.Pinning{Run: o.Run, Plan: &toolsv1.Plan{}, Calls: []ledger.Call{queued}}); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	times := map[string]int{}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range calls {
				list, err := stores[n%2].LeaseCalls(t.Context(), ledger.Leasing{Owner: ledger.Owner(fmt.Sprint(n)), Limit: 1, Lease: time.Minute})
				if err != nil {
					t.Errorf("lease: %v", err)
				}
				mu.Lock()
				for _, c := range list {
					times[c.Shown.GetCallId()]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, n := range times {
		if n != 1 {
			t.Errorf("call %s was leased %d times", id, n)
		}
	}
	if len(times) != calls {
		t.Errorf("%d calls were leased, want %d", len(times), calls)
	}
}

// Two processes whose own clocks are ten minutes apart agree on who holds what:
// neither's clock counts.
func TestLeasesAreByTheDatabasesClock(t *testing.T) {
	stores := processes(t)
	o := opening(1)
	if _, err := stores[0].Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if list, err := stores[1].Claim(t.Context(), "them", 10, time.Minute); err != nil || len(list) != 0 {
		t.Errorf("a run that another process leased for 20 s was claimed: %v, %v", list, err)
	}
	s, err := stores[1].Run(t.Context(), o.Run)
	if err != nil {
		t.Fatal(err)
	}
	var now time.Time
	if err := connect(t, kit.Schema(t)).QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&now); err != nil {
		t.Fatal(err)
	}
	if age := now.Sub(s.Run.GetOpenedAt().AsTime()); age < 0 || age > time.Minute {
		t.Errorf("opened %v before PostgreSQL's time", age)
	}
	// The counterproof: with clocks of their own the second one takes what the first holds.
	dsn := kit.Schema(t)
	behind := open(t, dsn, postgres.Options{Now: time.Now})
	ahead := open(t, dsn, postgres.Options{Now: func() time.Time { return time.Now().Add(10 * time.Minute) }})
	if _, err := behind.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if list, err := ahead.Claim(t.Context(), "them", 10, time.Minute); err != nil || len(list) != 1 {
		t.Errorf("clocks that differ make no difference: %v, %v", list, err)
	}
}

// Groups that touch the same refs in any order neither deadlock nor lose anything.
func TestOverlappingGroupsDoNotDeadlock(t *testing.T) {
	dsn := kit.Schema(t)
	var failures failures
	log := slog.New(&failures)
	stores := []*postgres.Store{open(t, dsn, postgres.Options{Log: log, GroupLimit: 8}), open(t, dsn, postgres.Options{Log: log, GroupLimit: 8})}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var next, opened atomic.Int64
	var wg sync.WaitGroup
	for g := range 64 {
		rand := rand.New(rand.NewPCG(1, uint64(g)))
		wg.Go(func() {
			for ctx.Err() == nil {
				o := opening(int(next.Add(1)))
				for _, n := range rand.Perm(12)[:6] {
					ref := fmt.Sprintf("jira:issue:SAME-%d", n)
					at := o.Event.GetOccurredAt().AsTime()
					o.Delta.Entities = append(o.Delta.Entities, project.Entity{Ref: ref, Kind: "issue", Attributes: []project.Attribute{{Name: fmt.Sprint(o.Run), Value: "x", Version: project.Version{At: at, EventID: o.Event.GetId()}}}})
					o.Delta.Links = append(o.Delta.Links, project.Link{From: ref, To: o.Event.GetRef(), Kind: "change", At: at})
				}
				s := stores[rand.IntN(2)]
				_, err := s.Open(testContext(), o)
				if err == nil {
					opened.Add(1)
					_, err = s.Pin(testContext(), ledger.Pinning{Run: o.Run, Authn: o.Authn, Plan: &toolsv1.Plan{}, Delta: o.Delta, Calls: []ledger.Call{intent(int(next.Load())*100+g, fmt.Sprint("key", rand.IntN(5)), "running", "o")}})
				}
				if err == nil {
					_, err = s.LeaseCalls(testContext(), ledger.Leasing{Owner: "o", Limit: 4, Lease: time.Second})
				}
				if err != nil {
					t.Errorf("%v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	if lines := failures.all(); len(lines) > 0 {
		t.Errorf("commits failed: %v", lines)
	}
	var attributes, links int64
	for n := range 12 {
		found, err := stores[0].Entities(t.Context(), []string{fmt.Sprintf("jira:issue:SAME-%d", n)})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found {
			attributes += int64(len(e.Attributes))
		}
	}
	if err := connect(t, dsn).QueryRow(t.Context(), "SELECT count(*) FROM link WHERE from_ref LIKE 'jira:issue:SAME-%'").Scan(&links); err != nil {
		t.Fatal(err)
	}
	if attributes != 6*opened.Load() || links != 6*opened.Load() {
		t.Errorf("%d runs told %d attributes and %d links, want 6 each", opened.Load(), attributes, links)
	}
	t.Logf("%d runs", opened.Load())
}

// failures are lines of level error.
type failures struct {
	mu    sync.Mutex
	lines []string
}

func (f *failures) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lines
}

func (f *failures) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (f *failures) WithAttrs([]slog.Attr) slog.Handler           { return f }
func (f *failures) WithGroup(string) slog.Handler                { return f }
func (f *failures) Handle(_ context.Context, r slog.Record) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	f.lines = append(f.lines, line)
	return nil
}

// A failed operation takes nobody with it that shares its commit.
func TestGroupIsolatesFailures(t *testing.T) {
	s := open(t, kit.Schema(t), postgres.Options{})
	var wg sync.WaitGroup
	for n := range 64 {
		wg.Go(func() {
			if n%2 == 0 {
				if _, err := s.Open(t.Context(), opening(n)); err != nil {
					t.Errorf("open: %v", err)
				}
				return
			}
			o := opening(1000 + n)
			o.Run = "the same" // All but one violate a constraint.
			if _, err := s.Open(t.Context(), o); errors.Is(err, ledger.ErrUnavailable) {
				t.Errorf("wrong data is blamed on the store: %v", err)
			}
		})
	}
	wg.Wait()
	list, _, err := s.List(t.Context(), ledger.Query{Limit: 100})
	if err != nil || len(list) != 33 {
		t.Errorf("%d runs, %v; want 33", len(list), err)
	}
}

// A commit that the server doesn't finish in time is an unknown outcome for its
// caller, and the connection stays.
func TestDeadlineIsTheServers(t *testing.T) {
	dsn := kit.Schema(t)
	s := open(t, dsn, postgres.Options{})
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := connect(t, dsn)
	for _, statement := range []string{"BEGIN", "LOCK TABLE event IN ACCESS EXCLUSIVE MODE"} {
		if _, err := other.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.Open(ctx, opening(1)); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if _, err := other.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), opening(2)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

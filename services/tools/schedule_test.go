package tools

import (
	"cmp"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	gocmp "github.com/google/go-cmp/cmp"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
)

// A flag and not a setting: `make prove` runs more of them.
var schedules = flag.Int("schedules", 60, "how many random schedules are run, from seed 1 on")

// questioned is what questions are asked of.
type questioned interface {
	fact.Facts
	graph.Graph
}

// memoryStore is a ledger that answers questions itself.
type memoryStore interface {
	ledger.Ledger
	ledger.Outbox
	questioned
}

// unplanned is an event that is to be planned: by an agent that may die first.
type unplanned struct {
	run   string
	event *eventv1.WebhookEvent
	links []*toolsv1.Link
}

// schedule is one random order of deliveries, duplicates, plans, retries and deaths.
type schedule struct {
	t         *testing.T
	seed      uint64
	pick      func(n int) int // one of n, from 0 on
	clock     *testClock
	store     memoryStore
	provider  *provider
	processes []*process
	newID     func() string
	story     []told
	delivered map[int]bool
	unplanned []unplanned
	deaths    int
	// What processes that stood still record once they wake, and how often one did.
	late  []late
	woken int
}

func newSchedule(t *testing.T, seed uint64, open func(now func() time.Time) memoryStore) *schedule {
	t.Helper()
	clock := &testClock{now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	s := &schedule{
		t: t, seed: seed, pick: rand.New(rand.NewPCG(seed, 42)).IntN, clock: clock, store: open(clock.Now), provider: newProvider(seed, clock),
		newID: ids(seed), story: story(), delivered: map[int]bool{}, processes: make([]*process, 2),
	}
	for i := range s.processes {
		s.birth(i)
	}
	return s
}

func (s *schedule) birth(i int) {
	s.t.Helper()
	p, err := newProcess(s.store, s.provider, s.clock, s.newID(), s.newID)
	if err != nil {
		s.t.Fatal(err)
	}
	s.processes[i] = p
}

func (s *schedule) any() *process { return s.processes[s.pick(len(s.processes))] }

// deliver is a webhook that comes, for the first time or again.
func (s *schedule) deliver(p *process, n int) {
	resp, err := p.runs.OpenRun(s.t.Context(), &toolsv1.OpenRunRequest{
		Input:    &toolsv1.OpenRunRequest_Sealed{Sealed: sealTold(s.t, s.story[n])},
		Delivery: &eventv1.Delivery{DeliveryId: s.newID()},
	})
	if s.failed(p, err) {
		return
	}
	s.delivered[n] = true
	if resp.GetLeased() {
		s.unplanned = append(s.unplanned, unplanned{resp.GetRun().GetRunId(), s.story[n].event, resp.GetLinks()})
	}
}

// failed tells whether a step has no result, which only death may be the cause of.
func (s *schedule) failed(p *process, err error) bool {
	s.t.Helper()
	if err == nil {
		return false
	}
	if !p.mortal.isDead() {
		s.t.Fatalf("schedule %d: %v", s.seed, err)
	}
	return true
}

// execute sends a plan, as one or two agents do who both believe the run theirs.
func (s *schedule) execute(p *process, u unplanned) {
	_, err := p.runs.ExecuteRun(s.t.Context(), &toolsv1.ExecuteRunRequest{RunId: u.run, Plan: storyPlan(u.event, u.links)})
	s.failed(p, err)
}

func (s *schedule) claim(p *process) {
	resp, err := p.runs.ClaimRuns(s.t.Context(), &toolsv1.ClaimRunsRequest{Limit: 3})
	if s.failed(p, err) {
		return
	}
	for _, c := range resp.GetRuns() {
		s.unplanned = append(s.unplanned, unplanned{c.GetRun().GetRunId(), c.GetEvent(), c.GetLinks()})
	}
}

func (s *schedule) takeUp(p *process) {
	_, err := p.calls.TakeUp(s.t.Context(), p.runs.owner, 16)
	s.failed(p, err)
}

// step does one thing of many.
func (s *schedule) step() {
	p := s.any()
	switch n := s.pick(100); {
	case n < 35:
		s.deliver(p, s.pick(len(s.story)))
	case n < 60:
		if len(s.unplanned) == 0 {
			return
		}
		i := s.pick(len(s.unplanned))
		s.execute(p, s.unplanned[i])
		if s.pick(4) > 0 { // else another agent sends it again
			s.unplanned = slices.Delete(s.unplanned, i, i+1)
		}
	case n < 66: // an agent dies with what it was about to plan
		s.unplanned = s.unplanned[:s.pick(len(s.unplanned)+1)]
	case n < 72:
		s.claim(p)
	case n < 84:
		s.takeUp(p)
	case n < 92:
		s.clock.advance([]time.Duration{time.Second, 3 * time.Second, 21 * time.Second, 40 * time.Second}[s.pick(4)])
	default:
		p.mortal.doom(s.pick(4), s.pick(2) == 0, s.pick(2) == 0)
	}
	s.bury()
	s.wake(s.pick(60) == 0)
}

// wake has one of those that stood still go on: one whose call another attempt was made at
// since, of which nobody has told yet; or any.
func (s *schedule) wake(anyone bool) {
	s.t.Helper()
	i := slices.IndexFunc(s.late, s.contended)
	if i < 0 && anyone && len(s.late) > 0 {
		i = s.pick(len(s.late))
	}
	if i < 0 {
		return
	}
	l := s.late[i]
	s.late = slices.Delete(s.late, i, i+1)
	s.woken++
	if _, err := s.store.Record(s.t.Context(), l.run, l.outcomes); err != nil {
		s.t.Fatalf("schedule %d: a process that woke: %v", s.seed, err)
	}
}

func (s *schedule) contended(l late) bool {
	s.t.Helper()
	run, err := s.store.Run(s.t.Context(), l.run)
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.ContainsFunc(run.Run.GetCalls(), func(c *toolsv1.Call) bool {
		i := slices.IndexFunc(l.outcomes, func(o ledger.Outcome) bool { return string(o.Call) == c.GetCallId() })
		return i >= 0 && c.GetAttempts() > l.attempts[i] && (c.GetState() == "running" || c.GetState() == "queued" && c.GetReason() == "executor_away")
	})
}

// play runs the schedule to its end; between its steps others may do theirs.
func (s *schedule) play(between func()) {
	for range 40 + s.pick(80) {
		s.step()
		between()
	}
	s.settle()
}

// bury starts again who died.
func (s *schedule) bury() {
	for i, p := range s.processes {
		if p.mortal.isDead() {
			s.deaths++
			s.late = append(s.late, p.mortal.late...)
			for _, l := range p.mortal.late {
				for _, o := range l.outcomes {
					s.provider.lose(o.Effect)
				}
			}
			s.birth(i)
		}
	}
}

// settle lets everything come to its end, with nobody dying any more.
func (s *schedule) settle() {
	s.t.Helper()
	for i := range s.processes {
		s.birth(i)
	}
	p := s.processes[0]
	for n := range s.story {
		if !s.delivered[n] {
			s.deliver(p, n)
		}
	}
	for range 200 {
		s.claim(p)
		for _, u := range s.unplanned {
			s.execute(p, u)
		}
		s.unplanned = nil
		s.takeUp(p)
		s.wake(len(s.undecided()) == 0)
		if len(s.undecided()) == 0 && len(s.late) == 0 {
			return
		}
		s.clock.advance(5 * time.Second)
	}
	s.t.Fatalf("schedule %d: never decided: %v", s.seed, s.undecided())
}

func (s *schedule) runs() []*toolsv1.Run {
	s.t.Helper()
	list, _, err := s.store.List(s.t.Context(), ledger.Query{Limit: 1000})
	if err != nil {
		s.t.Fatal(err)
	}
	runs := make([]*toolsv1.Run, 0, len(list))
	for _, r := range list {
		runs = append(runs, r.Run)
	}
	slices.SortFunc(runs, func(a, b *toolsv1.Run) int { return cmp.Compare(a.GetEventId(), b.GetEventId()) })
	return runs
}

func (s *schedule) undecided() (list []string) {
	for _, r := range s.runs() {
		if r.GetDecidedAt() == nil {
			list = append(list, protojson.Format(r))
		}
	}
	return list
}

func sealTold(t *testing.T, told told) *eventv1.SealedEvent {
	t.Helper()
	keys, err := seal.ParseKeys(scheduleKey)
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Appendf(nil, `{"id":%q}`, told.event.GetId())
	sum := sha256.Sum256(body)
	e := proto.CloneOf(told.event)
	e.BodySha256 = sum[:]
	b, err := proto.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	id, mac := keys.Seal(b, told.authn)
	return &eventv1.SealedEvent{Event: b, Body: s2.Encode(nil, body), Authn: told.authn, KeyId: id, Mac: mac}
}

func onSQLite(t *testing.T) func(now func() time.Time) memoryStore {
	return func(now func() time.Time) memoryStore {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"), sqlite.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
}

// inOrder is the story as it happened, each event delivered once, nothing failing.
func inOrder(t *testing.T) outcome {
	t.Helper()
	s := newSchedule(t, 0, onSQLite(t))
	for n := range s.story {
		s.deliver(s.processes[0], n)
		for _, u := range s.unplanned {
			s.execute(s.processes[0], u)
		}
		s.unplanned = nil
	}
	s.settle()
	return s.outcome()
}

// TestSchedules: in whatever order webhooks come, however often, whoever dies or
// stands still at whichever step and whatever the executor answers: the same runs, each effect
// once, comments with the last word, and the same memory.
func TestSchedules(t *testing.T) {
	want := inOrder(t)
	for key, n := range want.Effects {
		if n != 1 {
			t.Errorf("in order: effect %s was made %d times", key, n)
		}
	}
	if len(want.Effects) != 11 || len(want.Events) != 12 {
		t.Fatalf("the story has %d effects and %d events", len(want.Effects), len(want.Events))
	}
	deaths, woken := 0, 0
	for seed := range uint64(*schedules) {
		t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
			s := newSchedule(t, seed+1, onSQLite(t))
			s.play(func() {})
			deaths += s.deaths
			woken += s.woken
			if diff := gocmp.Diff(want, s.outcome(), gocmp.Comparer(proto.Equal)); diff != "" {
				t.Errorf("schedule %d (-in order +this one):\n%s", seed+1, diff)
			}
		})
	}
	if deaths < *schedules {
		t.Errorf("%d processes died in %d schedules: too few to prove anything", deaths, *schedules)
	}
	if woken < *schedules/2 {
		t.Errorf("%d processes woke in %d schedules: too few to prove anything", woken, *schedules)
	}
	t.Logf("%d schedules, %d processes died, and of those %d outcomes came later", *schedules, deaths, woken)
}

package report_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/report"
)

// agent remembers batches, as long as fail is nil. A test over real HTTP is the
// service's own.
type agent struct {
	mu      sync.Mutex
	batches []*agentv1.ReportDeliveriesRequest
	asked   int
	fail    func(ctx context.Context) error
}

func (a *agent) ReportDeliveries(ctx context.Context, req *agentv1.ReportDeliveriesRequest) (*agentv1.ReportDeliveriesResponse, error) {
	a.mu.Lock()
	a.asked++
	fail := a.fail
	a.mu.Unlock()
	if err := protovalidate.Validate(req); err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, err)
	}
	if fail != nil {
		if err := fail(ctx); err != nil {
			return nil, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.batches = append(a.batches, proto.CloneOf(req))
	return &agentv1.ReportDeliveriesResponse{}, nil
}

func (a *agent) set(fail func(context.Context) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fail = fail
}

// records are those of all batches, by id: twice is once.
func (a *agent) records() map[string]*toolsv1.DeliveryRecord {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := map[string]*toolsv1.DeliveryRecord{}
	for _, b := range a.batches {
		for _, d := range b.GetDeliveries() {
			all[d.GetId()] = d
		}
	}
	return all
}

func (a *agent) dropped() map[string]uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.batches) == 0 {
		return nil
	}
	return a.batches[len(a.batches)-1].GetDropped()
}

func newReporter(a report.Agent) *report.Reporter {
	n := 0
	return report.New(a, slog.New(slog.DiscardHandler), time.Now, func() string {
		n++
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	})
}

// running runs a reporter until the returned function is called.
func running(t *testing.T, r *report.Reporter) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// pass lets time pass in the bubble.
func pass(d time.Duration) { <-time.After(d) }

func accepted(source string) *report.Delivery {
	d := report.Begin(time.Now())
	d.Source = source
	d.Answered(200, &agentv1.Answer{Status: "success", RunId: "r", EventId: "e", Replayed: true})
	return d
}

func refused(source string) *report.Delivery {
	d := report.Begin(time.Now())
	d.Source = source
	d.Refused(401, "signature_mismatch")
	return d
}

func TestBatchesAreToldEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		r := newReporter(a)
		stop := running(t, r)
		d := accepted("github")
		d.Check("body", report.OK, "4 bytes", "")
		pass(300 * time.Millisecond)
		r.Add(d)
		if len(a.records()) != 0 {
			t.Error("told before the second was over")
		}
		pass(time.Second)
		synctest.Wait()
		got := a.records()["00000000-0000-4000-8000-000000000002"]
		if got.GetSource() != "github" || got.GetCode() != 200 || got.GetStatus() != "success" || got.GetRunId() != "r" || got.GetEventId() != "e" ||
			!got.GetReplayed() || got.GetTook().AsDuration() != 300*time.Millisecond || len(got.GetChecks()) != 1 {
			t.Errorf("told %v", got)
		}
		pass(10 * time.Second)
		if a.asked != 1 {
			t.Errorf("the agent was asked %d times, want once: there was nothing new", a.asked)
		}
		r.Add(refused("jira"))
		stop()
		if len(a.records()) != 2 {
			t.Error("the last one was not told at the end")
		}
	})
}

func TestWhatAnAgentDidNotTakeIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		a.set(func(context.Context) error { return connect.NewError(connect.CodeUnavailable, errors.New("away")) })
		r := newReporter(a)
		defer running(t, r)()
		for i := range 2500 {
			r.Add(accepted("github"))
			if i%100 == 99 {
				pass(time.Second)
			}
		}
		a.set(nil)
		pass(3 * time.Second)
		synctest.Wait()
		if got, dropped := len(a.records()), a.dropped(); got != 1000 || dropped["github"] != 1500 {
			t.Errorf("%d told and %v counted, want the last 1000 and 1500", got, dropped)
		}
	})
}

// The outcome of a batch is unknown where its answer is lost: it comes again
// under the same ids.
func TestALostAnswerDoublesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		r := newReporter(answerLost{a})
		stop := running(t, r)
		r.Add(accepted("github"))
		pass(5 * time.Second)
		stop()
		if a.asked < 3 || len(a.records()) != 1 {
			t.Errorf("asked %d times, %d records", a.asked, len(a.records()))
		}
	})
}

type answerLost struct{ *agent }

func (a answerLost) ReportDeliveries(ctx context.Context, req *agentv1.ReportDeliveriesRequest) (*agentv1.ReportDeliveriesResponse, error) {
	_, _ = a.agent.ReportDeliveries(ctx, req)
	return nil, connect.NewError(connect.CodeDeadlineExceeded, errors.New("lost"))
}

func TestRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		r := newReporter(a)
		stop := running(t, r)
		for range 3 {
			for range 200 {
				r.Add(refused("github"))
			}
			r.Add(refused("jira"))
			r.Add(accepted("github"))
			pass(time.Second)
		}
		stop()
		count := map[string]int{}
		for _, d := range a.records() {
			count[d.GetSource()+" "+d.GetStatus()]++
		}
		if want := map[string]int{"github rejected": 30, "jira rejected": 3, "github success": 3}; !maps.Equal(count, want) {
			t.Errorf("kept %v, want %v", count, want)
		}
		if got := a.dropped(); got["github"] != 570 || got["jira"] != 0 {
			t.Errorf("counted %v", got)
		}
	})
}

// Whatever a request says of itself, the agent takes its record.
func TestRecordsKeepTheirBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		r := newReporter(a)
		stop := running(t, r)
		long := strings.Repeat("\xff\xfeé", 400)
		d := report.Begin(time.Now())
		d.Source, d.Instance, d.Type, d.Address, d.Authn, d.EventID, d.BodyBytes = long, long, long, long, long, long, -1
		d.Refused(401, long)
		for range 50 {
			d.Check(long, report.Failed, long, long)
		}
		r.Add(d)
		stop()
		if len(a.records()) != 1 {
			t.Error("the record was not taken")
		}
	})
}

// What a handler's panic leaves behind is what was answered in its place.
func TestUnansweredIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		r := newReporter(a)
		stop := running(t, r)
		r.Add(report.Begin(time.Now()))
		stop()
		for _, d := range a.records() {
			if d.GetCode() != 503 || d.GetStatus() != "rejected" || d.GetReason() != "unavailable" {
				t.Errorf("told %v", d)
			}
		}
	})
}

func TestABatchThatIsRefusedIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		a.set(func(context.Context) error { return connect.NewError(connect.CodeUnimplemented, errors.New("old")) })
		r := newReporter(a)
		defer running(t, r)()
		r.Add(accepted("github"))
		pass(1500 * time.Millisecond)
		a.set(nil)
		r.Add(accepted("jira"))
		pass(2 * time.Second)
		synctest.Wait()
		if len(a.records()) != 1 || a.dropped()["github"] != 1 {
			t.Errorf("%v, counted %v", a.records(), a.dropped())
		}
	})
}

func TestAnAgentThatHangsEndsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		a.set(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		r := newReporter(a)
		stop := running(t, r)
		r.Add(accepted("github"))
		pass(10 * time.Second)
		r.Add(accepted("github"))
		at := time.Now()
		stop()
		if took := time.Since(at); took > 4*time.Second {
			t.Errorf("the end took %v", took)
		}
	})
}

func TestExplanations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		r := newReporter(a)
		stop := running(t, r)
		asked := 0
		for i, size := range []int{1<<20 + 1, 1 << 20, 1 << 20, 1 << 10, 1 << 20, 0} {
			d := refused("github")
			d.BodyBytes = size
			d.Explain = func() []report.Check {
				asked++
				if size > 1<<20 {
					t.Error("a body of more than 1 MiB was looked into")
				}
				if i == 1 {
					panic("a bug")
				}
				return []report.Check{{Name: "signature", Outcome: report.Failed, Detail: "because"}}
			}
			r.Add(d)
		}
		for range 4 {
			r.Add(refused("github"))
		}
		beyond := refused("github")
		beyond.Explain = func() []report.Check { t.Error("what is only counted was looked into"); return nil }
		r.Add(beyond)
		stop()
		if asked != 3 || len(a.records()) != 10 {
			t.Errorf("%d explained of %d", asked, len(a.records()))
		}
		for _, d := range a.records() {
			if looked := d.GetBodyBytes() > 0; looked && (len(d.GetChecks()) != 1 || d.GetChecks()[0].GetOutcome() != report.Failed) {
				t.Errorf("checks %v", d.GetChecks())
			}
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	r := newReporter(&agent{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d := report.Begin(time.Now())
			d.Source = "github"
			for range 6 {
				d.Check("signature", report.OK, "made with GITHUB_WEBHOOK_SECRET", "")
			}
			d.Answered(200, &agentv1.Answer{Status: "success"})
			r.Add(d)
		}
	})
}

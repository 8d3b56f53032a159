package call_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// world is a ledger that counts outcomes, and an executor that behaves as told.
type world struct {
	ledger.Ledger
	mu       sync.Mutex
	outcomes map[string]int
	sent     map[string]int
	under    int
	most     int
	accounts []ledger.Account
	slot     time.Time
	lasted   map[string]time.Duration
	started  time.Time
	invoke   func(ctx context.Context, cmd *executorv1.Command) (*executorv1.Result, error)
}

func newWorld() *world {
	return &world{outcomes: map[string]int{}, sent: map[string]int{}, lasted: map[string]time.Duration{}, started: time.Now()}
}

func (w *world) performer() *call.Performer {
	return &call.Performer{Ledger: w, Executor: w, Log: slog.New(slog.DiscardHandler), Now: time.Now}
}

func (w *world) Record(_ context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range outcomes {
		w.outcomes[o.State+" "+o.Reason]++
		w.lasted[string(run)+" "+string(o.Call)] = time.Since(w.started)
		if o.Account != "" || !o.Blocked.IsZero() {
			w.accounts = append(w.accounts, ledger.Account{Provider: "jira", Name: o.Account, Blocked: o.Blocked})
		}
	}
	return ledger.Stored{}, nil
}

func (w *world) Accounts(context.Context) ([]ledger.Account, error) { return w.accounts, nil }

func (w *world) LeaseCalls(_ context.Context, l ledger.Leasing) ([]ledger.Call, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcomes[fmt.Sprint("leased but ", l.Except)]++
	return nil, nil
}

func (w *world) Pace(_ context.Context, _ string, each, within time.Duration) (time.Duration, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.slot.Before(now) {
		w.slot = now
	}
	wait := w.slot.Sub(now)
	if wait > within {
		return wait, false, nil
	}
	w.slot = w.slot.Add(each)
	return wait, true, nil
}

func (w *world) Invoke(ctx context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
	w.mu.Lock()
	w.sent[cmd.GetTarget()]++
	w.under++
	w.most = max(w.most, w.under)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.under--
	}()
	return w.invoke(ctx, cmd)
}

func (w *world) perform(t *testing.T, p *call.Performer, run string, targets ...string) {
	t.Helper()
	var calls []ledger.Call
	until := time.Now().Add(5 * time.Second)
	for i, target := range targets {
		calls = append(calls, ledger.Call{Shown: &toolsv1.Call{CallId: fmt.Sprint(i), Target: target, Class: "set"}, Mode: "act", NotAfter: until, ValidUntil: until.Add(time.Hour)})
	}
	if _, err := p.Perform(t.Context(), ledger.RunID(run), calls, until); err != nil {
		t.Error(err)
	}
}

func (w *world) want(t *testing.T, what string, got map[string]int, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
	clear(got)
}

const (
	atJira   = "jira:issue:ACME-7"
	atGithub = "github:pr:acme/api#42"
)

// pass lets time go by on the bubble's clock.
func pass(d time.Duration) { <-time.After(d) }

// A provider that is away gets one probe at a time, and its calls wait unsent.
func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		answer := &executorv1.Result{Outcome: "retry", Reason: "provider_away"}
		w.invoke = func(_ context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
			if cmd.GetTarget() == atGithub {
				return &executorv1.Result{Outcome: "done"}, nil
			}
			return answer, nil
		}
		p := w.performer()
		for range 8 {
			w.perform(t, p, "run", atJira, atGithub)
		}
		w.want(t, "sent", w.sent, map[string]int{atJira: 5, atGithub: 8})
		w.want(t, "outcomes", w.outcomes, map[string]int{"queued provider_away": 8, "done ": 8})
		if _, err := p.TakeUp(t.Context(), "us", 16); err != nil {
			t.Fatal(err)
		}
		w.want(t, "leased", w.outcomes, map[string]int{"leased but [jira]": 1})

		pass(5 * time.Second)
		w.perform(t, p, "run", atJira, atJira)
		w.want(t, "probes", w.sent, map[string]int{atJira: 1})
		pass(9 * time.Second)
		w.perform(t, p, "run", atJira)
		w.want(t, "too early", w.sent, map[string]int{})
		pass(time.Second)
		answer = &executorv1.Result{Outcome: "done"}
		w.perform(t, p, "run", atJira, atJira)
		w.want(t, "back", w.sent, map[string]int{atJira: 2})
	})
}

// An executor that can't be reached is not asked for each call.
func TestBreakerOfTheExecutor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.invoke = func(context.Context, *executorv1.Command) (*executorv1.Result, error) {
			return nil, &call.InvokeError{NotSent: true, Err: errors.New("refused")}
		}
		p := w.performer()
		for range 8 {
			w.perform(t, p, "run", atJira)
		}
		w.want(t, "sent", w.sent, map[string]int{atJira: 5})
		w.want(t, "outcomes", w.outcomes, map[string]int{"queued executor_away": 8})
		for range 2 {
			if _, err := p.TakeUp(t.Context(), "us", 16); err != nil {
				t.Fatal(err)
			}
			pass(5 * time.Second)
		}
		w.want(t, "leased", w.outcomes, map[string]int{"leased but []": 1})
	})
}

// One provider hangs: the others' calls of the same runs take no longer, and no
// more than its share is under way.
func TestHangingProviderLeavesTheOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.invoke = func(ctx context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
			if cmd.GetTarget() == atGithub {
				pass(20 * time.Millisecond)
				return &executorv1.Result{Outcome: "done"}, nil
			}
			<-ctx.Done()
			return nil, &call.InvokeError{Err: ctx.Err()}
		}
		p := w.performer()
		var wg sync.WaitGroup
		for run := range 200 {
			wg.Go(func() { w.perform(t, p, fmt.Sprint(run), atJira, atGithub, atJira) })
		}
		pass(4 * time.Second)
		began := time.Now()
		w.perform(t, p, "late", atJira, atGithub)
		if took := time.Since(began); took > 200*time.Millisecond {
			t.Errorf("a run of later took %v", took)
		}
		w.mu.Lock()
		slow := maps.Clone(w.lasted)
		w.mu.Unlock()
		for run := range 200 {
			if took := slow[fmt.Sprint(run)+" 1"]; took == 0 || took > 200*time.Millisecond {
				t.Errorf("run %d: the other provider's call was recorded after %v", run, took)
			}
		}
		wg.Wait()
		if w.sent[atJira] > 32 {
			t.Errorf("%d attempts were sent to a provider that hangs: more than its share, or some after it was known to", w.sent[atJira])
		}
	})
}

// What a provider wants is obeyed by this process at once, and by another one
// when it has looked at the ledger.
func TestRateLimitIsObeyedByAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.invoke = func(context.Context, *executorv1.Command) (*executorv1.Result, error) {
			return &executorv1.Result{Outcome: "retry", Reason: "rate_limited", RetryAfter: durationpb.New(time.Minute), Account: "jira:user:bot"}, nil
		}
		one, other := w.performer(), w.performer()
		w.perform(t, one, "run", atJira, atJira, atJira)
		w.want(t, "sent by one", w.sent, map[string]int{atJira: 1})
		w.want(t, "outcomes", w.outcomes, map[string]int{"queued rate_limited": 3})
		if _, err := other.TakeUp(t.Context(), "them", 16); err != nil {
			t.Fatal(err)
		}
		w.want(t, "leased", w.outcomes, map[string]int{"leased but [jira]": 1})
		w.perform(t, other, "run", atJira)
		w.want(t, "sent by another", w.sent, map[string]int{})
		if len(w.accounts) != 1 || w.accounts[0].Name != "jira:user:bot" {
			t.Errorf("the ledger was told %v", w.accounts)
		}
		pass(time.Minute)
		w.perform(t, other, "run", atJira)
		w.want(t, "sent a minute later", w.sent, map[string]int{atJira: 1})
	})
}

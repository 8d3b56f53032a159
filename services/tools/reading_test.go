package tools_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools"
)

const page = "notion:page:0123456789abcdef0123456789abcdef"

func pageUpdated(name string) *eventv1.WebhookEvent {
	return another(name, func(e *eventv1.WebhookEvent) {
		e.Source, e.Kind, e.Type, e.Ref, e.Place, e.Text = "notion", "page.updated", "page.properties_updated", page, page, nil
	})
}

func readPage() *toolsv1.Plan {
	return &toolsv1.Plan{Class: "x", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{{
		Rule: "read", Step: "page", Tool: "notion.read_page",
		Arguments: map[string]*toolsv1.Argument{"target": {Value: &toolsv1.Argument_Path{Path: "event.ref"}}},
	}}}
}

// A page changes ten times in a moment, the first time while nobody reads it, the other
// times while the first read is under way. Few reads are made, and the one that stands for an event saw
// the page as it was then, or later. The later ones were skipped as the same as the
// first, which had not seen what they told of.
func TestABurstOfAPageIsReadAfterItsLastEvent(t *testing.T) {
	const events = 10
	var mu sync.Mutex
	version, saw := 0, map[string]int{} // of the page; by the read's call
	under, told := make(chan struct{}), make(chan struct{})
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(cmd *executorv1.Command) *executorv1.Result {
		mu.Lock()
		now, first := version, len(saw) == 0
		saw[cmd.GetCallId()] = now
		mu.Unlock()
		if first {
			close(under)
			<-told
		}
		return &executorv1.Result{Outcome: "done", Ref: page, Observed: map[string]string{"page.status": strconv.Itoa(now)}}
	})
	c := start(t, ex.URL)
	runs := make([]string, events)
	happens := func(i int) func() {
		name := fmt.Sprint("page ", i)
		e := pageUpdated(name)
		mu.Lock()
		version++
		mu.Unlock()
		runs[i] = open(t, c, sealedInput(sealed(t, sealKey, e, name))).GetRun().GetRunId()
		return func() { execute(t, c, runs[i], readPage()) }
	}
	var wg sync.WaitGroup
	wg.Go(happens(0))
	<-under
	for i := 1; i < events; i++ {
		wg.Go(happens(i))
	}
	close(told)
	wg.Wait()

	for i, run := range runs {
		call := settled(t, c, run).GetCalls()[0]
		stands := call.GetCallId()
		if call.GetState() == "skipped" {
			stands = call.GetSameAs()
		}
		mu.Lock()
		if saw[stands] <= i {
			t.Errorf("event %d: %s %s, and what was read is version %d", i+1, call.GetState(), call.GetReason(), saw[stands])
		}
		mu.Unlock()
	}
	if len(saw) < 2 || len(saw) > events/2 {
		t.Errorf("%d events were read by %d reads", events, len(saw))
	}
}

// A read of an event that proved less stood for a signed one, and what it found was
// remembered as not signed, or not at all.
func TestAReadStandsForEventsThatProvedAsMuch(t *testing.T) {
	c := startWith(t, func(cfg *tools.Config) { // Nobody performs: reads stay queued.
		cfg.ExecutorEndpoint, cfg.Policy = "", []byte(testPolicy+"authn: {token: auto}\n")
	}, time.Now)
	for _, e := range []struct{ name, authn, want string }{
		{"first", "token", "queued"}, {"second", "signature", "queued"}, {"third", "signature", "skipped"}, {"fourth", "token", "skipped"},
	} {
		told := sealedAs(t, sealKey, e.authn, pageUpdated(e.name), e.name)
		run := execute(t, c, open(t, c, sealedInput(told)).GetRun().GetRunId(), readPage()).GetRun()
		if state := run.GetCalls()[0].GetState(); state != e.want {
			t.Errorf("%s, by %s: %s, want %s", e.name, e.authn, state, e.want)
		}
	}
}

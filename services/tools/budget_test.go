package tools_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools"
)

// Runs that were decided at the same moment didn't see one another: a burst by one
// stranger acted ten times with a budget of three.
func TestABurstStaysWithinItsBudget(t *testing.T) {
	for name, database := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "ledger.db") },
		"PostgreSQL": func(t *testing.T) string { return kit.Schema(t) },
	} {
		t.Run(name, func(t *testing.T) {
			const runs, most = 30, 3
			ex, url := testkit.NewExecutor(t, token), database(t)
			var processes []client
			for range 2 {
				processes = append(processes, startWith(t, func(cfg *tools.Config) {
					cfg.ExecutorEndpoint, cfg.DatabaseURL, cfg.DatabaseMigrate = ex.URL, url, true
					cfg.Policy = []byte("places: {github:acme/api: private}\nbudgets: {untrusted_actor: 3/h, place: 9/h}\n")
				}, time.Now))
			}
			var mu sync.Mutex
			count := map[string]int{}
			var wg sync.WaitGroup
			var ids []string
			for n := range runs {
				e := another(fmt.Sprint("burst", n), func(e *eventv1.WebhookEvent) {
					e.Ref, e.NativeId = fmt.Sprintf("github:pr:acme/api#%d", 100+n), fmt.Sprint(n)
					e.Actor = &eventv1.Account{Id: "666", Login: "mallory", Type: "User", Association: "NONE"}
				})
				ids = append(ids, open(t, processes[0], sealedInput(sealed(t, sealKey, e, "{}"))).GetRun().GetRunId())
			}
			for n, id := range ids {
				wg.Go(func() {
					resp, err := processes[n%len(processes)].runs.ExecuteRun(t.Context(), &toolsv1.ExecuteRunRequest{RunId: id, Plan: commentOnItself()})
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Errorf("execute: %v", err)
						return
					}
					count[states(resp.GetRun())[0]]++
				})
			}
			wg.Wait()
			if count["done "] != most || count["refused budget"] != runs-most || acts(ex) != most {
				t.Errorf("%v, and %d acted; want %d of %d", count, acts(ex), most, runs)
			}
		})
	}
}

// commentOnItself acts on the event's own subject.
func commentOnItself() *toolsv1.Plan {
	return &toolsv1.Plan{Class: "change.merged", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{{
		Rule: "own", Step: "comment", Tool: "github.add_comment", Arguments: map[string]*toolsv1.Argument{
			"target": {Value: &toolsv1.Argument_Path{Path: "event.ref"}}, "body": {Value: &toolsv1.Argument_Text{Text: "thanks"}},
		},
	}}}
}

// A preview counts what others have spent, and spends nothing itself.
func TestAPreviewForeseesItsBudget(t *testing.T) {
	ex := testkit.NewExecutor(t, token)
	c := startWith(t, func(cfg *tools.Config) {
		cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte(testPolicy+"budgets: {place: 3/h}\n")
	}, time.Now)
	preview := func() []string {
		e := another("previewed", func(*eventv1.WebhookEvent) {})
		resp, err := c.runs.PreviewRun(t.Context(), &toolsv1.PreviewRunRequest{Input: &toolsv1.PreviewRunRequest_Sealed{Sealed: sealed(t, sealKey, e, "{}")}, Plan: plan()})
		if err != nil {
			t.Fatal(err)
		}
		return states(resp.GetRun())
	}
	for range 2 {
		want(t, preview(), "queued ", "queued ")
	}
	execute(t, c, open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun().GetRunId(), plan())
	want(t, preview(), "queued ", "refused budget")
}

// A read spent what was meant for effects, though it acts on nothing.
func TestAReadSpendsNothing(t *testing.T) {
	const page = "notion:page:0123456789abcdef0123456789abcdef"
	ex := testkit.NewExecutor(t, token)
	ex.Answer(func(*executorv1.Command) *executorv1.Result {
		return &executorv1.Result{Outcome: "done", Ref: page, Observed: map[string]string{"page.status": "Done"}}
	})
	c := startWith(t, func(cfg *tools.Config) {
		cfg.ExecutorEndpoint, cfg.Policy = ex.URL, []byte("budgets: {untrusted_actor: 1/h, place: 1/h}\n")
	}, time.Now)
	path := &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: "event.ref"}}
	for _, name := range []string{"first", "second"} {
		e := another(name, func(e *eventv1.WebhookEvent) {
			e.Source, e.Kind, e.Type, e.Ref, e.Place, e.Text = "notion", "page.updated", "page.properties_updated", page, page, nil
			e.Actor = &eventv1.Account{Id: "0123456789abcdef0123456789abcdee", Type: "person"}
		})
		got := execute(t, c, open(t, c, sealedInput(sealed(t, sealKey, e, name))).GetRun().GetRunId(), &toolsv1.Plan{
			Class: "x", DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{
				{Rule: "r", Step: "read", Tool: "notion.read_page", Arguments: map[string]*toolsv1.Argument{"target": path}},
				{Rule: "r", Step: "say", Tool: "notion.add_comment", Arguments: map[string]*toolsv1.Argument{"target": path, "body": {Value: &toolsv1.Argument_Text{Text: "seen"}}}},
			},
		}).GetRun()
		if name == "first" {
			want(t, states(got), "done ", "done ")
		} else {
			want(t, states(got), "done ", "refused budget")
		}
	}
}

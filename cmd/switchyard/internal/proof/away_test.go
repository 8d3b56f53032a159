package proof

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

// TestExecutorAway: the executor is killed under load: every delivery is answered
// in time, with its calls queued, and each of them happens once after its return.
func TestExecutorAway(t *testing.T) {
	onBothLedgers(t, func(t *testing.T, setting []string) {
		a := newActing(t, mergeRules, everyPolicy, "ingress", "agent", "tools")
		a.extra = append(a.extra, setting...)
		a.startAll()
		const pulls, atATime = 60, 8
		for n := range pulls {
			a.jira.AddIssue(fmt.Sprintf("ACME-%d", 1000+n), "In Review")
		}
		answers := make([]map[string]any, pulls)
		tell := func(from, to int) {
			next := make(chan int, pulls)
			for n := from; n < to; n++ {
				next <- n
			}
			close(next)
			var senders sync.WaitGroup
			for range atATime {
				senders.Go(func() {
					for n := range next {
						begun := time.Now()
						p := merge(1000+n, fmt.Sprintf("ACME-%d Try again", 1000+n))
						code, answer := a.post("pull_request", fmt.Sprintf("delivery-%d", p.number), p.json(t))
						if took := time.Since(begun); code/100 != 2 || took > 9*time.Second {
							t.Errorf("delivery %d was answered after %v: %d %v", n, took, code, answer)
						}
						answers[n] = answer
					}
				})
			}
			senders.Wait()
		}
		var begun sync.WaitGroup
		begun.Go(func() { tell(0, pulls/4) })
		a.await(20*time.Second, "effects", func(context.Context) bool { return effects(a.jira.Changes()) > pulls/8 })
		a.kill("executor")
		begun.Wait()
		tell(pulls/4, 3*pulls/4)
		for n, answer := range answers[pulls/4 : 3*pulls/4] {
			if answer["status"] != "processing" || answer["pending"] != float64(2) {
				t.Errorf("delivery %d while the executor was away: status %v, %v pending", pulls/4+n, answer["status"], answer["pending"])
			}
		}
		a.start("executor", "")
		tell(3*pulls/4, pulls)
		var runs []any
		for _, answer := range answers {
			runs = append(runs, answer["run_id"])
		}
		for _, id := range runs {
			for _, c := range a.settled(id).GetCalls() {
				if c.GetState() != "done" {
					t.Errorf("%s %s is %s (%s)", c.GetTool(), c.GetTarget(), c.GetState(), c.GetReason())
				}
			}
		}
		onceOn(t, a.jira.Changes())
		if n := effects(a.jira.Changes()); n != 2*pulls {
			t.Errorf("%d effects, want %d", n, 2*pulls)
		}
	})
}

const mergeRules = `
rules:
  - name: merged
    on: {kind: change.merged}
    do:
      - {step: comment, tool: jira.add_comment, with: {target: "link.issue[*]", body: Merged.}}
      - {step: move, tool: jira.transition, with: {target: "link.issue[*]", status: Done}}
  - name: note
    on: {kind: change.updated}
    do:
      - {step: note, tool: github.add_comment, with: {target: event.ref, body: "${event.kind}"}}
`

// TestOneProviderHangs: GitHub answers nobody: what goes to Jira is as fast as before. It
// measures, and runs beside no other test.
func TestOneProviderHangs(t *testing.T) {
	a := newActing(t, mergeRules, everyPolicy, "ingress", "agent", "tools")
	a.startAll()
	next := 2000
	median := func() time.Duration {
		var took []time.Duration
		for range 15 {
			next++
			a.jira.AddIssue(fmt.Sprintf("ACME-%d", next), "In Review")
			begun := time.Now()
			answer := a.tell(merge(next, fmt.Sprintf("ACME-%d Try again", next)))
			took = append(took, time.Since(begun))
			if answer["status"] != "success" {
				t.Errorf("%v", answer)
			}
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	before := median()
	hang := a.github.Plant(provider.Fault{Name: "hangs", Delay: time.Minute, DropBefore: true, Times: 10_000})
	const hanging = 90
	waiting := make(chan struct{}, hanging)
	for i := range hanging {
		a.github.AddIssue("acme/api", provider.Issue{Number: 5000 + i, Title: "Try again", Author: "dev-one", Pull: true})
		p := merge(5000+i, "Try again")
		p.action, p.merged = "synchronize", false
		go func() {
			_, _ = a.post("pull_request", fmt.Sprintf("hangs-%d", i), p.json(t))
			waiting <- struct{}{}
		}()
	}
	a.await(10*time.Second, "GitHub to hang", func(context.Context) bool { return hang.Met() > 0 })
	meanwhile := median()
	for range hanging {
		<-waiting
	}
	// Twice is what a noisy machine makes of the same work; a second would be a wait for GitHub.
	if meanwhile > 2*before+500*time.Millisecond {
		t.Errorf("an answer with two effects at Jira takes %v while GitHub hangs, %v before", meanwhile, before)
	}
	t.Logf("median answer with two effects at Jira: %v, and %v while GitHub hangs for %d runs", before, meanwhile, hanging)
}

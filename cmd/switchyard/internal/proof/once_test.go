package proof

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

// TestDroppedAfterActing: each provider acts, and drops the connection before it
// answers, at the first request of every action. After that each effect was made
// once: found, or, where nothing can be looked at, unknown and never tried again.
func TestDroppedAfterActing(t *testing.T) {
	onBothLedgers(t, func(t *testing.T, setting []string) {
		rules, events := eachAlone(t)
		a := newEvery(t, rules, setting)
		planted := map[string]*provider.Planted{}
		for what, plant := range a.writes() {
			planted[what] = plant(provider.Fault{DropAfter: true})
		}
		a.startAll()
		a.tellAll(events)
		states := a.everythingOnce(events)
		for what, p := range planted {
			if p.Met() != 1 {
				t.Errorf("%s: the fault met %d requests, want 1", what, p.Met())
			}
		}
		t.Logf("%d actions whose first request was acted on and not answered: %v", len(planted), states)
	})
}

// death is a step of a call at which a process is killed.
type death struct {
	victim, step string
	// at is which call kills it; 0 has a call of every action wait at the step until all
	// are there, and dies with all of them.
	at int
}

// TestKilledAtEachStepOfACall: tools and the executor are killed at each step of a
// call, with a call of every action at that step, and started again.
func TestKilledAtEachStepOfACall(t *testing.T) {
	t.Parallel()
	for _, d := range []death{
		{"tools", "call.before_invoke", 0}, {"tools", "call.after_invoke", 0}, {"tools", "call.before_record", 0}, {"tools", "call.after_record", 0},
		{"tools", "call.before_resolve", 1}, {"tools", "call.after_resolve", 1},
		{"executor", "action.before_request", 0}, {"executor", "action.after_request", 0},
	} {
		t.Run(d.step+"/sqlite", func(t *testing.T) {
			t.Parallel()
			killedAt(t, d, nil)
		})
		t.Run(d.step+"/postgres", func(t *testing.T) {
			// Between a result and its record the two differ most; all steps take minutes.
			if d.step != "call.before_record" {
				long(t, "killed at "+d.step+" on PostgreSQL")
			}
			t.Parallel()
			killedAt(t, d, startServer(t, "postgres").setting())
		})
	}
}

func killedAt(t *testing.T, d death, setting []string) {
	rules, events, point := everyAction, everyEvent(t), fmt.Sprintf("%s:%d", d.step, d.at)
	if d.at == 0 {
		rules, events = eachAlone(t)
		point = fmt.Sprintf("%s:%d:together", d.step, len(events))
	}
	a := newEvery(t, rules, setting)
	for _, name := range []string{"executor", "tools", "agent", "ingress"} {
		if name == d.victim {
			a.start(name, point)
			continue
		}
		a.start(name, "")
	}
	dying := a.procs[d.victim]
	told := make(chan struct{})
	go func() {
		defer close(told)
		a.tellAll(events)
	}()
	select {
	case <-dying.exited:
	case <-time.After(time.Minute):
		t.Fatalf("%s was not killed at %s: is the step reached?", d.victim, d.step)
	}
	<-told
	a.start(d.victim, "")
	t.Logf("%s killed at %s: %v", d.victim, d.step, a.everythingOnce(events))
}

// TestSameMergeThroughTwoHooks: a repository's hook and an App's tell one merge in
// two bodies at once: each effect is made once.
func TestSameMergeThroughTwoHooks(t *testing.T) {
	onBothLedgers(t, func(t *testing.T, setting []string) {
		a := newEvery(t, everyAction, setting)
		a.startAll()
		ofRepository := merge(142, "ACME-7 Try again").json(t)
		var body map[string]any
		if err := json.Unmarshal(ofRepository, &body); err != nil {
			t.Fatal(err)
		}
		body["installation"] = map[string]any{"id": 77}
		ofApp, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		ids := make(chan any, 2)
		for hook, body := range map[string][]byte{"hook": ofRepository, "app": ofApp} {
			go func() {
				_, answer := a.post("pull_request", hook, body)
				ids <- answer["run_id"]
			}()
		}
		states := map[string]int{}
		for range 2 {
			for _, c := range a.settled(<-ids).GetCalls() {
				states[c.GetState()+" "+c.GetReason()]++
			}
		}
		a.once()
		if states["done "] != len(mergeSteps) || states["skipped same_as"] == 0 {
			t.Errorf("calls of the two runs: %v", states)
		}
	})
}

const commentRule = `
rules:
  - name: note
    on: {kind: [change.opened, change.updated, change.merged]}
    do:
      - {step: note, tool: github.add_comment, with: {target: event.ref, body: "${event.kind}"}}
`

// TestTwoProcessesKeepOneComment: events of one pull request in two processes at
// once: they have one comment, which says what the last one says.
func TestTwoProcessesKeepOneComment(t *testing.T) {
	t.Parallel()
	setting := startServer(t, "postgres").setting()
	a := newActing(t, commentRule, everyPolicy, "ingress", "agent", "agent2", "tools", "tools2")
	a.extra = append(append(a.extra, setting...),
		"AGENT_URL="+balancer(t, a.addrs["agent"], a.addrs["agent2"]), "TOOLS_URL="+balancer(t, a.addrs["tools"], a.addrs["tools2"]))
	a.startAll()
	a.github.AddIssue("acme/api", provider.Issue{Number: 142, Title: "Try again", Author: "dev-one", Pull: true})
	const events = 8
	answers := make(chan map[string]any, events)
	for i := range events {
		p := merge(142, "Try again")
		p.at = p.at.Add(time.Duration(i) * time.Second)
		if i < events-1 {
			p.action, p.merged = "synchronize", false
		}
		go func() {
			_, answer := a.post("pull_request", fmt.Sprintf("delivery-%d", i), p.json(t))
			answers <- answer
		}()
	}
	for range events {
		a.settled((<-answers)["run_id"])
	}
	comments := a.github.Comments("acme/api", 142, "")
	if len(comments) != 1 {
		t.Fatalf("%d comments, want 1: %+v", len(comments), comments)
	}
	if got := a.github.Comments("acme/api", 142, "change.merged"); len(got) != 1 {
		t.Errorf("the comment says %q, the last event says change.merged", comments[0].Body)
	}
}

package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

// Every action that one merge can bring about: a check run takes a GitHub App.
const everyAction = `
rules:
  - name: every
    on: {kind: change.merged}
    do:
      - {step: note, tool: github.add_comment, with: {target: event.ref, body: Merged.}}
      - {step: label, tool: github.add_labels, with: {target: event.ref, labels: [bug]}}
      - {step: assign, tool: github.assign, with: {target: event.ref, assignees: [dev-two]}}
      - {step: review, tool: github.request_review, with: {target: event.ref, reviewers: [dev-two]}}
      - {step: create, tool: github.create_issue, with: {repository: acme/api, title: Look after it, body: Please.}}
      - {step: close, tool: github.close_issue, with: {target: $create.ref}}
      - {step: comment, tool: jira.add_comment, with: {target: "link.issue[0]", body: Merged.}}
      - {step: move, tool: jira.transition, with: {target: "link.issue[0]", status: Done}}
      - {step: give, tool: jira.assign, with: {target: "link.issue[0]", assignee: "712020:00000000-0000-4000-8000-000000000002"}}
      - {step: link, tool: jira.link_remote, with: {target: "link.issue[0]", object: event.ref, title: The change}}
      - {step: task, tool: jira.create_issue, with: {project: ACME, issue_type: Task, summary: Look after it, description: Please.}}
      - {step: say, tool: slack.post_message, with: {channel: C0000000002, body: Merged.}}
      - {step: page, tool: notion.create_page, with: {database: 1c0ffee000004000800000000000000c, title: Look after it, body: Please.}}
`

const everyPolicy = `
pairs:
  - [github:acme/api, jira:ACME]
places:
  github:acme/api: private
  jira:ACME: private
  slack:C0000000002: private
  notion:1c0ffee000004000800000000000000c: private
choices:
  github.add_labels:
    github:acme/api: {labels: [bug]}
  github.assign:
    github:acme/api: {assignees: [dev-two]}
  github.request_review:
    github:acme/api: {reviewers: [dev-two]}
  github.create_issue:
    github:acme/api: {repository: [acme/api]}
  jira.transition:
    jira:ACME: {status: [Done]}
  jira.assign:
    jira:ACME: {assignee: ["712020:00000000-0000-4000-8000-000000000002"]}
  slack.post_message:
    github:acme/api: {channel: [C0000000002]}
  notion.create_page:
    github:acme/api: {database: [1c0ffee000004000800000000000000c]}
  jira.create_issue:
    github:acme/api: {project: [ACME]}
    jira:ACME: {issue_type: [Task]}
`

// writes are the requests of everyAction that change something.
func (a *acting) writes() map[string]func(provider.Fault) *provider.Planted {
	at := map[string]func(provider.Fault) *provider.Planted{}
	on := func(plant func(provider.Fault) *provider.Planted, method, path string) {
		at[method+" "+path] = func(f provider.Fault) *provider.Planted {
			f.Match = provider.On(method, path)
			return plant(f)
		}
	}
	for _, path := range []string{"issues/*/comments", "issues/*/labels", "issues/*/assignees", "pulls/*/requested_reviewers", "issues"} {
		on(a.github.Plant, "POST", "/repos/*/*/"+path)
	}
	on(a.github.Plant, "PATCH", "/repos/*/*/issues/*")
	for _, path := range []string{"issue/*/comment", "issue/*/transitions", "issue/*/remotelink", "issue"} {
		on(a.jira.Plant, "POST", "/rest/api/3/"+path)
	}
	on(a.jira.Plant, "PUT", "/rest/api/3/issue/*/assignee")
	on(a.slack.Plant, "POST", "/api/chat.postMessage")
	on(a.notion.Plant, "POST", "/v1/pages")
	return at
}

// everything happens once: the merge is told, whatever is planted or killed, and
// told again until it is taken, as a person would. It returns the calls by state.
func (a *acting) everythingOnce() map[string]int {
	a.t.Helper()
	var answer map[string]any
	a.await(time.Minute, "the merge to be taken", func(context.Context) bool {
		var code int
		code, answer = a.post("pull_request", "merge", merge(142, "ACME-7 Try again").json(a.t))
		return code/100 == 2
	})
	states := map[string]int{}
	for _, c := range a.settled(answer["run_id"]).GetCalls() {
		states[c.GetState()]++
		// Where no list tells whether it was made, nobody knows.
		blind := c.GetClass() == "create" && c.GetState() == "unknown"
		if c.GetState() != "done" && !blind && c.GetReason() != "dependency" {
			a.t.Errorf("%s is %s (%s): %v", c.GetTool(), c.GetState(), c.GetReason(), c.GetEvidence())
		}
	}
	a.once()
	return states
}

func (a *acting) addPull() {
	a.github.AddIssue("acme/api", provider.Issue{Number: 142, Title: "ACME-7 Try again", State: "closed", Author: "dev-one", Pull: true})
}

// TestDroppedAfterActing: each provider acts, and drops the connection before it
// answers, at the first request of every action. After that each effect was made
// once: found, or, where nothing can be looked at, unknown and never tried again.
func TestDroppedAfterActing(t *testing.T) {
	onBothLedgers(t, func(t *testing.T, setting []string) {
		a := newActing(t, everyAction, everyPolicy, "ingress", "agent", "tools")
		a.extra = append(a.extra, setting...)
		planted := map[string]*provider.Planted{}
		for what, plant := range a.writes() {
			planted[what] = plant(provider.Fault{DropAfter: true})
		}
		a.addPull()
		a.startAll()
		states := a.everythingOnce()
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
	at           int
}

// TestKilledAtEachStepOfACall: tools and the executor are killed at each step of a
// call of every action, and started again.
func TestKilledAtEachStepOfACall(t *testing.T) {
	for _, d := range []death{
		{"tools", "call.before_invoke", 3}, {"tools", "call.after_invoke", 3}, {"tools", "call.before_record", 1}, {"tools", "call.after_record", 1},
		{"tools", "call.before_resolve", 1}, {"tools", "call.after_resolve", 1},
		{"executor", "action.before_request", 2}, {"executor", "action.after_request", 2},
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
	a := newActing(t, everyAction, everyPolicy, "ingress", "agent", "tools")
	a.extra = append(a.extra, setting...)
	a.addPull()
	for _, name := range []string{"executor", "tools", "agent", "ingress"} {
		point := ""
		if name == d.victim {
			point = fmt.Sprintf("%s:%d", d.step, d.at)
		}
		a.start(name, point)
	}
	dying := a.procs[d.victim]
	told := make(chan struct{})
	go func() {
		defer close(told)
		_, _ = a.post("pull_request", "merge", merge(142, "ACME-7 Try again").json(t))
	}()
	select {
	case <-dying.exited:
	case <-time.After(time.Minute):
		t.Fatalf("%s was not killed at %s: is the step reached?", d.victim, d.step)
	}
	<-told
	a.start(d.victim, "")
	t.Logf("%s killed at %s: %v", d.victim, d.step, a.everythingOnce())
}

// TestSameMergeThroughTwoHooks: a repository's hook and an App's tell one merge in
// two bodies at once: each effect is made once.
func TestSameMergeThroughTwoHooks(t *testing.T) {
	onBothLedgers(t, func(t *testing.T, setting []string) {
		a := newActing(t, everyAction, everyPolicy, "ingress", "agent", "tools")
		a.extra = append(a.extra, setting...)
		a.addPull()
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
		if states["done "] != len(a.writes()) || states["skipped same_as"] == 0 {
			t.Errorf("calls of the two runs: %v", states)
		}
	})
}

// TestFrozenExecutor: the executor is stopped in the middle of a call and goes on
// once tools has given it up, and tried again.
func TestFrozenExecutor(t *testing.T) {
	for name, at := range map[string]func(provider.Request) bool{
		// Frozen before it acts: going on it is too late, and must not act.
		"before its effect": provider.On("GET", "/repos/*/*/issues/*/comments"),
		// The provider acts, and the answer waits for whoever is frozen.
		"after its effect": provider.On("POST", "/repos/*/*/issues/*/comments"),
	} {
		t.Run(name, func(t *testing.T) {
			onBothLedgers(t, func(t *testing.T, setting []string) {
				a := newActing(t, commentRule, everyPolicy, "ingress", "agent", "tools")
				a.extra = append(a.extra, setting...)
				a.startAll()
				executor := a.procs["executor"].cmd.Process
				var frozen atomic.Bool
				a.github.Plant(provider.Fault{Name: "freezes who asks", Times: 1000, Match: func(r provider.Request) bool {
					if at(r) && frozen.CompareAndSwap(false, true) {
						stop(t, executor)
					}
					return false
				}})
				a.addPull()
				answer := a.tell(merge(142, "Try again"))
				if !frozen.Load() || answer["status"] != "processing" {
					t.Fatalf("frozen %v, answered %v", frozen.Load(), answer)
				}
				// not_after has passed, and the client has given up.
				<-time.After(22 * time.Second)
				if err := executor.Signal(syscall.SIGCONT); err != nil {
					t.Fatal(err)
				}
				run := a.settled(answer["run_id"])
				if state := run.GetCalls()[0].GetState(); state != "done" {
					t.Errorf("the call is %s (%s)", state, run.GetCalls()[0].GetReason())
				}
				if n := len(a.github.Comments("acme/api", 142, "")); n != 1 {
					t.Errorf("%d comments, want 1", n)
				}
				a.once()
			})
		})
	}
}

// stop returns once every thread of a child stands still: a signal that is only on
// its way leaves time to read one more answer.
func stop(t *testing.T, child *os.Process) {
	t.Helper()
	if err := child.Signal(syscall.SIGSTOP); err != nil {
		t.Error(err)
		return
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(child.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Errorf("the child did not stop: %v, status %#x", err, status)
	}
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

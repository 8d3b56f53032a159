package proof

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

// Every action at GitHub and Jira that a token can take, from one merge.
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
`

const everyPolicy = `
pairs:
  - [github:acme/api, jira:ACME]
places:
  github:acme/api: private
  jira:ACME: private
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
  jira.create_issue:
    github:acme/api: {project: [ACME]}
    jira:ACME: {issue_type: [Task]}
`

// writes are the requests of everyAction that change something.
func writes() (github, jira []func(provider.Request) bool) {
	for _, path := range []string{"comments", "labels", "assignees"} {
		github = append(github, provider.On("POST", "/repos/*/*/issues/*/"+path))
	}
	github = append(github, provider.On("POST", "/repos/*/*/pulls/*/requested_reviewers"), provider.On("POST", "/repos/*/*/issues"), provider.On("PATCH", "/repos/*/*/issues/*"))
	for _, path := range []string{"comment", "transitions", "remotelink"} {
		jira = append(jira, provider.On("POST", "/rest/api/3/issue/*/"+path))
	}
	jira = append(jira, provider.On("PUT", "/rest/api/3/issue/*/assignee"), provider.On("POST", "/rest/api/3/issue"))
	return github, jira
}

// TestDroppedAfterActing: each provider acts, and drops the connection before it
// answers, at the first request of every action. After that each effect was made
// once: found, or, where nothing can be looked at, unknown and never tried again.
func TestDroppedAfterActing(t *testing.T) {
	onBothLedgers(t, func(t *testing.T, setting []string) {
		a := newActing(t, everyAction, everyPolicy, "ingress", "agent", "tools")
		a.extra = append(a.extra, setting...)
		atGitHub, atJira := writes()
		var planted []*provider.Planted
		for _, match := range atGitHub {
			planted = append(planted, a.github.Plant(provider.Fault{Match: match, DropAfter: true}))
		}
		for _, match := range atJira {
			planted = append(planted, a.jira.Plant(provider.Fault{Match: match, DropAfter: true}))
		}
		a.startAll()
		a.github.AddIssue("acme/api", provider.Issue{Number: 142, Title: "ACME-7 Try again", State: "closed", Author: "dev-one", Pull: true})
		run := a.settled(a.tell(merge(142, "ACME-7 Try again"))["run_id"])
		states := map[string]int{}
		for _, c := range run.GetCalls() {
			states[c.GetState()]++
			if c.GetState() != "done" && !(c.GetState() == "unknown" && c.GetClass() == "create") && !(c.GetStep() == "close" && c.GetReason() == "dependency") {
				t.Errorf("%s is %s (%s): %v", c.GetTool(), c.GetState(), c.GetReason(), c.GetEvidence())
			}
		}
		for i, p := range planted {
			if p.Met() != 1 {
				t.Errorf("fault %d met %d requests, want 1", i, p.Met())
			}
		}
		once(t, "GitHub", a.github.Changes())
		once(t, "Jira", a.jira.Changes())
		t.Logf("%d actions whose first request was acted on and not answered: %v", len(run.GetCalls()), states)
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
						_ = executor.Signal(syscall.SIGSTOP)
					}
					return false
				}})
				a.github.AddIssue("acme/api", provider.Issue{Number: 142, Title: "Try again", State: "closed", Author: "dev-one", Pull: true})
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
				once(t, "GitHub", a.github.Changes())
			})
		})
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
	a.await(10*time.Second, "the last event's words", func(context.Context) bool {
		return countChanges(a.github.Changes(), "comment created", "") == 1
	})
	if got := a.github.Comments("acme/api", 142, "change.merged"); len(got) != 1 {
		t.Errorf("the comment says %q, the last event says change.merged", comments[0].Body)
	}
}

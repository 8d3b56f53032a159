package proof

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

const issueRule = `
rules:
  - name: make
    on: {kind: [change.merged]}
    do:
      - {step: make, tool: github.create_issue, with: {repository: acme/api, title: Look after it, body: Please.}}
`

// TestFrozenTools: tools stands still between its commit and its attempt, another process
// takes the call up, finds nothing and acts, and while GitHub takes its time with that the
// first one goes on. It is too late for its attempt, and its word on it gave the call to
// whoever came next: two issues. SQLite has one process only.
func TestFrozenTools(t *testing.T) {
	t.Parallel()
	long(t, "tools frozen before its attempt, beside another one")
	setting := startServer(t, "postgres").setting()
	a := newActing(t, issueRule, everyPolicy, "ingress", "agent", "tools", "tools2")
	a.extra = append(a.extra, setting...)
	a.start("executor", "")
	a.start("tools", "execute.after_commit:1:frozen")
	for _, name := range []string{"tools2", "agent", "ingress"} { // tools2 only takes up.
		a.start(name, "")
	}
	slow := a.github.Plant(provider.Fault{Name: "acts, and answers late", DelayAfter: 8 * time.Second, Match: provider.On("POST", "/repos/*/*/issues")})
	a.addPull()
	answer := a.tell(merge(142, "Try again"))
	a.await(time.Minute, "the other process to act", func(context.Context) bool { return slow.Met() > 0 })
	if err := a.procs["tools"].cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	run := a.settled(answer["run_id"])
	c := run.GetCalls()[0]
	if c.GetState() != "done" {
		t.Errorf("the call is %s (%s): %v", c.GetState(), c.GetReason(), c.GetEvidence())
	}
	<-time.After(12 * time.Second) // Past what a third attempt would wait for.
	a.once()
}

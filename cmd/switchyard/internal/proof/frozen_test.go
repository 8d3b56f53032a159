package proof

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

// TestFrozenExecutor: the executor is stopped in the middle of a call and goes on
// once tools has given it up, and tried again.
func TestFrozenExecutor(t *testing.T) {
	t.Parallel()
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
				<-time.After(frozenFor)
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

// frozenFor is past not_after, and past the client's timeout.
const frozenFor = 22 * time.Second

// TestEveryActionFrozen: the executor is stopped with a call of every action right before
// its request, or right after it, and goes on once tools has given it up.
func TestEveryActionFrozen(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"action.before_request", "action.after_request"} {
		t.Run(step+"/sqlite", func(t *testing.T) {
			t.Parallel()
			frozenAt(t, step, nil)
		})
		t.Run(step+"/postgres", func(t *testing.T) {
			long(t, "every action frozen at "+step+" on PostgreSQL")
			t.Parallel()
			frozenAt(t, step, startServer(t, "postgres").setting())
		})
	}
}

func frozenAt(t *testing.T, step string, setting []string) {
	rules, events := eachAlone(t)
	a := newEvery(t, rules, setting)
	a.start("executor", fmt.Sprintf("%s:%d:frozen", step, len(events)))
	for _, name := range []string{"tools", "agent", "ingress"} {
		a.start(name, "")
	}
	executor := a.procs["executor"].cmd.Process
	told := make(chan struct{})
	go func() {
		defer close(told)
		a.tellAll(events)
	}()
	a.await(time.Minute, "the executor to stop at "+step, func(context.Context) bool {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(executor.Pid, &status, syscall.WUNTRACED|syscall.WNOHANG, nil)
		return err == nil && pid == executor.Pid && status.Stopped()
	})
	<-told
	<-time.After(frozenFor)
	before := a.made()
	if want := map[string]int{"action.before_request": 0, "action.after_request": len(events)}[step]; before != want {
		t.Errorf("%d effects while the executor stands at %s, want %d", before, step, want)
	}
	if err := executor.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	t.Logf("the executor frozen at %s: %v", step, a.everythingOnce(events))
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

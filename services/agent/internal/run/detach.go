package run

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/agent/internal/respond"
)

// slots bound the events worked on, those whose answer is out included.
type slots chan struct{}

func (s slots) take() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

// await waits for a slot; false when ctx is done before there is one.
func (s slots) await(ctx context.Context) bool {
	select {
	case s <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s slots) give() { <-s }

func (s slots) free() int { return cap(s) - len(s) }

// outcome is a run as it was decided, or why it was not.
type outcome struct {
	run *toolsv1.Run
	err error
}

// detach starts work that outlives the request, and gives its slot back at the end.
func (r *Runner) detach(ctx context.Context, work func(context.Context) (*toolsv1.Run, error)) <-chan outcome {
	finished := make(chan outcome, 1)
	go func() {
		defer r.slots.give()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTime)
		defer cancel()
		run, err := recovered(ctx, work)
		if err != nil {
			// Nobody may be waiting any more, and the run is not lost: whoever claims it decides it.
			err = fault.FromPeer(err)
			r.log.ErrorContext(ctx, "a run could not be decided", "error", err)
		}
		finished <- outcome{run: run, err: err}
	}()
	return finished
}

// recovered turns a panic into an error: one event must not take the process,
// and every other event in it, down.
func recovered(ctx context.Context, work func(context.Context) (*toolsv1.Run, error)) (run *toolsv1.Run, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return work(ctx)
}

// await answers when the work is finished, or while there is still time to
// say that it is not. The event is durable, so it is never the caller who has
// to send it again because a service behind this one is away.
func (r *Runner) await(ctx context.Context, finished <-chan outcome, opened *toolsv1.Run, replayed bool) (*agentv1.Answer, error) {
	late, stop := answerBy(ctx)
	defer stop()
	select {
	case o := <-finished:
		switch {
		case o.err == nil:
			return respond.Answer(o.run, replayed), nil
		case passing(o.err):
			return respond.Answer(opened, replayed), nil
		default:
			return nil, o.err
		}
	case <-late:
		return respond.Answer(opened, replayed), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// answerBy fires when an undecided run has to be answered; never without a deadline.
func answerBy(ctx context.Context) (<-chan time.Time, func() bool) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil, func() bool { return true }
	}
	timer := time.NewTimer(time.Until(deadline) - answerSpare)
	return timer.C, timer.Stop
}

// passing errors mend themselves: another agent, or this one, claims the run later.
func passing(err error) bool {
	switch fault.ReasonOf(err) {
	case fault.Unavailable, fault.Overloaded, fault.Deadline:
		return true
	}
	return false
}

// Drain waits for the work that outlives its requests, until ctx is done, and
// takes no more. What is left then is claimed when its lease has run out.
func (r *Runner) Drain(ctx context.Context) {
	for range cap(r.slots) {
		if !r.slots.await(ctx) {
			return
		}
	}
}

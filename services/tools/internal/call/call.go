package call

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// AttemptTime is how long one attempt may take to start its effect.
	AttemptTime = 8 * time.Second
	// ValidFor is how long after its planning a call may still be made.
	ValidFor = time.Hour

	// providerTimeout bounds the executor's own requests to a provider.
	providerTimeout = 10 * time.Second
	// clockSlack covers clocks that differ between tools and executor.
	clockSlack = 2 * time.Second
)

// LookAt is when an effect that was allowed to start until notAfter is over, one
// way or the other: before it nobody looks and nobody tries again.
func LookAt(notAfter time.Time) time.Time {
	return notAfter.Add(providerTimeout + clockSlack)
}

// Executor makes effects. Its errors are *InvokeError.
type Executor interface {
	Invoke(ctx context.Context, cmd *executorv1.Command) (*executorv1.Result, error)
}

// InvokeError is an invocation without a result.
type InvokeError struct {
	// NotSent: the executor can't have acted. Otherwise the outcome is unknown.
	NotSent bool
	// Busy: the executor is there and takes no more of this provider's calls for the
	// moment.
	Busy bool
	// Refused: nor will it ever, such as for a command that is too large.
	Refused bool
	Err     error
}

// Error implements error.
func (e *InvokeError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *InvokeError) Unwrap() error { return e.Err }

// Performer performs leased calls.
type Performer struct {
	Ledger   ledger.Ledger
	Executor Executor
	Log      *slog.Logger
	Now      func() time.Time
	// Requests are the most that one call of a tool sends to its provider; 1 where it
	// has none.
	Requests map[string]uint32
	// Random is of 0 to 1, for waits that differ; nil for the longest each.
	Random func() float64

	// Saw remembers what a read saw; it may be told the same again.
	Saw func(ctx context.Context, c ledger.Call, observed map[string]string) error
	// Resolve asks what became of a call whose needs are met.
	Resolve func(ctx context.Context, c ledger.Call) (ledger.Resolution, error)
	// Forbidden asks whether policy has come to refuse a call that waited: nil where it
	// has not, else the reason and the evidence.
	Forbidden func(ctx context.Context, c ledger.Call) (*toolsv1.Call, error)

	circuits circuits
}

// Perform makes the calls of one run, which the caller holds, and returns the run as
// it then stands: those of a provider in their order, those of different ones side by
// side, so that a provider that hangs keeps none of another's waiting. No effect
// starts after `until`: what is left is queued. Results are durable before Perform returns; a slow call
// does not keep the results before it from being recorded.
//
// A context's end does not stop an effect in its middle: only its own fence does.
func (p *Performer) Perform(ctx context.Context, run ledger.RunID, calls []ledger.Call, until time.Time) (ledger.Stored, error) {
	ctx = context.WithoutCancel(ctx)
	outcomes := make(chan ledger.Outcome, len(calls))
	type recorded struct {
		stored ledger.Stored
		err    error
	}
	done := make(chan recorded, 1)
	go func() {
		stored, err := p.record(ctx, run, outcomes)
		done <- recorded{stored, err}
	}()
	var wg sync.WaitGroup
	for _, lane := range lanes(calls) {
		wg.Go(func() {
			for _, c := range lane {
				if o, ok := p.make(ctx, c, until); ok {
					outcomes <- o
				}
			}
		})
	}
	wg.Wait()
	close(outcomes)
	r := <-done
	return r.stored, r.err
}

// lanes are the calls of each provider, in their order.
func lanes(calls []ledger.Call) (list [][]ledger.Call) {
	at := make(map[string]int)
	for _, c := range calls {
		provider := ledger.Provider(c.Shown)
		i, ok := at[provider]
		if !ok {
			i = len(list)
			at[provider] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], c)
	}
	return list
}

// make makes one call, unless the time or the provider doesn't allow it. It is false
// where the call is no longer the caller's, and nothing is to be recorded of it.
func (p *Performer) make(ctx context.Context, c ledger.Call, until time.Time) (ledger.Outcome, bool) {
	provider := ledger.Provider(c.Shown)
	began, held := p.enter(ctx, c, until)
	if held != nil {
		return queued(c, *held), true
	}
	c, ok := p.begin(ctx, c, until)
	if !ok {
		p.circuits.leave(provider, began, p.Now(), nothing, nothing)
		return ledger.Outcome{}, false
	}
	j := p.attempt(ctx, c)
	p.circuits.note(c.Shown, &j.Outcome)
	if j.busy {
		p.circuits.block(provider, p.Now().Add(firstWait))
	}
	p.circuits.leave(provider, began, p.Now(), j.ofProvider, j.ofExecutor)
	return j.Outcome, true
}

// queued is the outcome of a call that was not made.
func queued(c ledger.Call, held heldBack) ledger.Outcome {
	o := c.Outcome()
	o.State, o.Reason, o.NextAt, o.MayCome = "queued", held.reason, held.until, c.Begun
	return o
}

// attempt invokes the executor once and says what came of it.
func (p *Performer) attempt(ctx context.Context, c ledger.Call) *judging {
	j := &judging{Performer: p, call: c, mode: c.Mode, Outcome: c.Outcome()}
	j.Attempted = true
	// An attempt at a creation that left no outcome: whether it acted is looked for.
	if c.Begun && c.Mode == "act" && c.Shown.GetClass() == "create" {
		j.mode = "look"
	}
	ctx, cancel := context.WithDeadline(ctx, LookAt(c.NotAfter).Add(-clockSlack))
	defer cancel()
	faultpoint.Reached("call.before_invoke")
	result, err := p.Executor.Invoke(ctx, &executorv1.Command{
		CallId:    c.Shown.GetCallId(),
		EffectKey: c.Shown.GetEffectKey(),
		Mode:      j.mode,
		Class:     c.Shown.GetClass(),
		Tool:      c.Shown.GetTool(),
		Target:    c.Shown.GetTarget(),
		Payload:   c.Payload,
		NotAfter:  timestamppb.New(c.NotAfter),
	})
	faultpoint.Reached("call.after_invoke")
	if err != nil {
		p.Log.WarnContext(ctx, "executor", "run_id", c.Run, "call_id", c.Shown.GetCallId(), "tool", c.Shown.GetTool(), "error", err)
		j.withoutResult(err)
	} else {
		j.withResult(result)
		p.remember(ctx, j, result)
	}
	return j
}

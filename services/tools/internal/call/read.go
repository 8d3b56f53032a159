package call

import (
	"context"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
)

// remember keeps what a read saw, before the call is done: one whose memory can't be
// written is read again.
func (p *Performer) remember(ctx context.Context, j *judging, r *executorv1.Result) {
	if j.State != "done" || j.call.Shown.GetClass() != "read" || len(r.GetObserved()) == 0 || p.Saw == nil {
		return
	}
	if err := p.Saw(ctx, j.call, r.GetObserved()); err != nil {
		p.Log.WarnContext(ctx, "what was read can't be remembered", "run_id", j.call.Run, "call_id", j.call.Shown.GetCallId(), "error", err)
		j.Evidence = nil
		j.again("executor_away", "what was read could not be remembered", false)
	}
}

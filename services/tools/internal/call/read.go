package call

import (
	"context"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// BegunLater tells whether a call that somebody holds is begun when its request is
// about to be sent, and not with its lease: until then a read stands for those of later events,
// and from then on for no other one, for it may not see what happened since.
func BegunLater(c ledger.Call) bool { return c.Mode == "act" && c.Shown.GetClass() == "read" }

// begin fixes the fence of a read that waited for its turn, and is false where it is not
// to be made any more.
func (p *Performer) begin(ctx context.Context, c ledger.Call, until time.Time) (begun ledger.Call, ok bool) {
	if !BegunLater(c) {
		return c, true
	}
	ok, err := p.Ledger.Extend(ctx, c.Owner, ledger.CallID(c.Shown.GetCallId()), until, LookAt(until))
	if err != nil {
		// Begun or not, it is taken up again when its lease has run out.
		p.Log.WarnContext(ctx, "a read can't be begun", "run_id", c.Run, "call_id", c.Shown.GetCallId(), "error", err)
		return c, false
	}
	c.NotAfter = until
	return c, ok
}

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

package call

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// recordWindow is how long a result may wait to share its commit with the next one.
	recordWindow = 50 * time.Millisecond
	recordTime   = 10 * time.Second

	firstRecordWait   = 50 * time.Millisecond
	longestRecordWait = time.Second
)

// record stores outcomes as they come, several in a commit where they come close together,
// and returns the run as the last one left it.
func (p *Performer) record(ctx context.Context, run ledger.RunID, outcomes <-chan ledger.Outcome) (stored ledger.Stored, err error) {
	var waiting []ledger.Outcome
	var due <-chan time.Time
	none := true
	flush := func() {
		if len(waiting) == 0 {
			return
		}
		s, e := p.keep(ctx, run, waiting)
		if e != nil {
			// The calls stay running in the ledger: the resumer takes them up after their LookAt.
			err = errors.Join(err, fmt.Errorf("call: record: %w", e))
		} else {
			stored = s
		}
		waiting, due = nil, nil
	}
	for {
		select {
		case o, ok := <-outcomes:
			if !ok && none {
				return p.Ledger.Run(ctx, run)
			}
			if !ok {
				flush()
				return stored, err
			}
			none = false
			if len(waiting) == 0 {
				due = time.After(recordWindow)
			}
			waiting = append(waiting, o)
		case <-due:
			flush()
		}
	}
}

// keep records outcomes, and while the ledger is away tries again: nobody else knows what
// came of an attempt, and of one that created something nobody may find it out. From the
// calls' LookAt on others take them up, who look for themselves.
func (p *Performer) keep(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (stored ledger.Stored, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.keepTime(outcomes))
	defer cancel()
	for wait := firstRecordWait; ; wait = min(2*wait, longestRecordWait) {
		if stored, err = p.recordOnce(ctx, run, outcomes); err == nil || !mayRecord(err) {
			return stored, err
		}
		p.Log.WarnContext(ctx, "what came of calls can't be recorded now", "run_id", run, "calls", len(outcomes), "error", err)
		timer := time.NewTimer(p.jittered(wait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return stored, err
		case <-timer.C:
		}
	}
}

func (p *Performer) keepTime(outcomes []ledger.Outcome) time.Duration {
	longest, now := recordTime, p.Now()
	for _, o := range outcomes {
		longest = max(longest, LookAt(o.NotAfter).Sub(now))
	}
	return longest
}

func (p *Performer) recordOnce(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	faultpoint.Reached("call.before_record")
	stored, err := p.Ledger.Record(ctx, run, outcomes)
	faultpoint.Reached("call.after_record")
	for _, id := range stored.Late {
		p.Log.WarnContext(ctx, "an outcome came when the attempt was no longer the call's", "run_id", run, "call_id", id)
	}
	return stored, err
}

// mayRecord tells whether the ledger may take what it didn't: it was away, or had too much
// to do.
func mayRecord(err error) bool {
	return errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
}

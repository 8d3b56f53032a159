package record

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Requeue queues calls of a run again that failed, and with force those whose outcome
// is unknown: one, or with "" all. What was skipped for want of one of them waits for
// it again. It returns those that it queued, which are still to be admitted.
func Requeue(calls []Call, id ledger.CallID, force bool, detail string, now int64) (queued []*Call, err error) {
	for i := range calls {
		c := &calls[i]
		shown, err := c.Decoded()
		if err != nil {
			return nil, err
		}
		if id != "" && c.ID != string(id) || !c.repeatable(force) {
			continue
		}
		c.queueAgain(now)
		shown.Evidence = append(shown.Evidence, &toolsv1.Evidence{Kind: ledger.EvidenceRetry, Detail: detail})
		queued = append(queued, c)
	}
	for i := range calls {
		c := &calls[i]
		if c.Needs == "" || c.Shown.GetState() != "skipped" || c.Shown.GetReason() != dependency {
			continue
		}
		if slices.ContainsFunc(queued, func(q *Call) bool { return slices.Contains(c.needs(), q.ID) }) {
			c.rest("queued", dependency)
			c.hold()
			queued = append(queued, c)
		}
	}
	return queued, nil
}

func (c *Call) repeatable(force bool) bool {
	state, reason := c.Shown.GetState(), c.Shown.GetReason()
	return reason != ledger.ReasonForgotten && (state == "failed" || force && state == "unknown")
}

func (c *Call) queueAgain(now int64) {
	if c.Needs != "" {
		c.rest("queued", dependency)
		c.hold()
		return
	}
	over := c.LookAt
	c.rest("queued", "")
	// The effect of the last attempt may still come: until that is over, this one waits.
	at := max(now, over)
	if c.Admission() == Exclusive {
		over = 0 // It is made, and not looked for; nobody else may act on its key.
	}
	c.NextAt, c.NotAfter, c.LookAt, c.ValidUntil = at, 0, over, at+c.ValidFor
	c.Shown.NextAt = timestamppb.New(ledger.Time(at))
}

// Retry is Requeue at somebody's wish.
func Retry(calls []Call, run ledger.RunID, r ledger.Retrying, now int64) ([]*Call, error) {
	if r.Call != "" {
		if _, err := FindCall(calls, run, r.Call); err != nil {
			return nil, err
		}
	}
	detail := "tried again as " + r.By + " asked"
	if r.Force {
		detail += ", whatever came of it before"
	}
	queued, err := Requeue(calls, r.Call, r.Force, detail+", "+ledger.Time(now).UTC().Format(timeForm), now)
	if err == nil && len(queued) == 0 {
		err = fmt.Errorf("%w: run %s", ledger.ErrSettled, run)
	}
	return queued, err
}

// timeForm dates evidence for people.
const timeForm = "2006-01-02 15:04:05Z"

// Decide queues a held call, which is still to be admitted then, or refuses it.
func Decide(calls []Call, run ledger.RunID, d ledger.Deciding, now int64) (*Call, error) {
	c, err := FindCall(calls, run, d.Call)
	if err != nil {
		return nil, err
	}
	if c.Shown.GetState() != "held" {
		return nil, fmt.Errorf("%w: run %s", ledger.ErrSettled, run)
	}
	if c.waits() {
		return nil, fmt.Errorf("%w: run %s", ledger.ErrWaits, run)
	}
	word := "refused"
	if d.Approve {
		word = "approved"
		c.queueAgain(now)
		c.Shown.Request = nil
	} else {
		c.rest("refused", "rejected")
	}
	detail := fmt.Sprintf("%s by %s, %s", word, d.By, ledger.Time(now).UTC().Format(timeForm))
	if d.Why != "" {
		detail += ": " + d.Why
	}
	c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{Kind: ledger.EvidenceDecision, Detail: detail})
	return c, nil
}

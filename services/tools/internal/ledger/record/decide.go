package record

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// rejected is the reason of a call that somebody refused.
const rejected = "rejected"

// Decide approves a held call, which is still to be admitted where it is open then, or
// refuses it.
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
	if err := c.seen(d.Digest); err != nil {
		return nil, err
	}
	if !d.Approve {
		c.rest("refused", rejected)
		c.say(ledger.EvidenceDecision, said{fmt.Sprintf("refused by %s, %s", d.By, dated(now)), d.Why}, "")
		return c, nil
	}
	but, err := c.approve(d.Decided, now)
	if err != nil {
		return nil, err
	}
	c.say(ledger.EvidenceDecision, said{fmt.Sprintf("approved by %s, %s", d.By, dated(now)), d.Why}, but)
	return c, nil
}

// seen holds a decision to the request that was shown.
func (c *Call) seen(digest string) error {
	if digest == "" {
		return nil
	}
	held, err := ledger.Digest(c.Shown.GetRequest())
	if err == nil && held != digest {
		err = fmt.Errorf("%w: call %s", ledger.ErrChanged, c.ID)
	}
	return err
}

// approve queues the call if what was looked at is what policy would let through now, but
// for what it is held for; else it says what came between.
func (c *Call) approve(r ledger.Resolution, now int64) (but string, err error) {
	if r.Shown == nil || string(r.Call) != c.ID {
		return "", fmt.Errorf("ledger: call %s is approved without being decided again", c.ID)
	}
	state := r.Shown.GetState()
	if state != "held" && (state != "queued" || r.Mode != c.Mode) {
		return butNow(r), c.apply(r, now)
	}
	held, err := c.Input()
	if err != nil {
		return "", err
	}
	more := slices.DeleteFunc(holds(r.Shown), func(reason string) bool { return slices.Contains(holds(c.Shown), reason) })
	next := ledger.Resolution{Call: r.Call, Shown: proto.CloneOf(r.Shown), Payload: r.Payload, Mode: r.Mode, Budgets: r.Budgets}
	next.Shown.State = "held"
	switch {
	case !proto.Equal(held, r.Payload) || c.Shown.GetTarget() != r.Shown.GetTarget():
		but = ", and by now the request is another one, which is held"
		next.Shown.Request = r.Payload
		if state == "queued" { // Policy would not hold it any more, and nobody has seen it.
			next.Shown.Reason = c.Shown.GetReason()
		}
	case state == "held" && len(more) > 0:
		but = ", and by now policy holds it for " + more[0]
		next.Shown.Request = r.Payload
	default:
		next.Shown.State, next.Shown.Reason, next.Shown.Request = "queued", "", nil
	}
	return but, c.apply(next, now)
}

// holds are the reasons for which a call is held. Whoever approves one of an author who is
// not trusted approves with it that it tells another place, where its evidence says so.
func holds(c *toolsv1.Call) (reasons []string) {
	reasons = []string{c.GetReason()}
	if slices.ContainsFunc(c.GetEvidence(), func(e *toolsv1.Evidence) bool { return e.GetKind() == "visibility" }) {
		reasons = append(reasons, "private_to_public")
	}
	return reasons
}

package record

import (
	"math"
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// never is the time of what waits for something else than time.
const never = math.MaxInt64

// dependency is the reason of a call that waits for others, and of one that did in vain.
const dependency = "dependency"

func joined(ids []ledger.CallID) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return strings.Join(list, ",")
}

func (c *Call) needs() []string {
	if c.Needs == "" {
		return nil
	}
	return strings.Split(c.Needs, ",")
}

// Key is what the effect is locked by: its effect key, or while the call waits for
// others, and stands in nobody's way, a name of its own.
func (c *Call) Key() string {
	if c.Needs != "" {
		return c.ID
	}
	return c.Shown.GetEffectKey()
}

// waits: the call is not to be leased before the others of its run are done. It is held
// as long as one of them is: nothing happens by itself until somebody decides.
func (c *Call) waits() bool {
	state := c.Shown.GetState()
	return c.Needs != "" && c.Shown.GetReason() == dependency && (state == "queued" || state == "held")
}

// hold keeps a call that waits from being due, and from running out.
func (c *Call) hold() { c.NextAt, c.ValidUntil, c.Shown.NextAt = never, never, nil }

// Settle lets the calls of a run follow those that they need, and returns those that
// this changed.
func Settle(calls []Call, now int64) (changed []*Call, err error) {
	for i := range calls {
		if _, err := calls[i].Decoded(); err != nil {
			return nil, err
		}
	}
	// A call needs only calls before it: one pass is enough.
	for i := range calls {
		c := &calls[i]
		if !c.waits() || c.NextAt != never {
			continue
		}
		switch state := together(calls, c.needs()); state {
		case c.Shown.GetState():
			continue
		case "queued", "held":
			c.rest(state, dependency)
			c.hold()
		case "done":
			c.rest("queued", dependency)
			c.NextAt, c.ValidUntil = now, now+c.ValidFor
		default:
			c.rest("skipped", dependency)
		}
		changed = append(changed, c)
	}
	return changed, nil
}

// together is done where all of the calls are, queued where all may still come to be,
// held where somebody has to decide on one first, and otherwise what one of them is instead.
func together(calls []Call, ids []string) string {
	all := "done"
	for _, id := range ids {
		i := slices.IndexFunc(calls, func(c Call) bool { return c.ID == id })
		if i < 0 {
			return "skipped"
		}
		switch state := calls[i].Shown.GetState(); state {
		case "done":
		case "held":
			all = "held"
		case "queued", "running":
			if all == "done" {
				all = "queued"
			}
		default:
			return state
		}
	}
	return all
}

// meet takes from the call what it needs where that is there and was decided on with it.
func (c *Call) meet(calls []Call, r ledger.Resolution) {
	if r.Shown.GetReason() != dependency && together(calls, c.needs()) == "done" {
		c.Needs = ""
	}
}

// Resolve gives the call what came of those that it needs, where owner holds it.
func (c *Call) Resolve(owner ledger.Owner, now int64, r ledger.Resolution) (bool, error) {
	shown, err := c.Decoded()
	if err != nil {
		return false, err
	}
	if c.Needs == "" || shown.GetState() != "queued" || c.Owner != string(owner) || c.LeaseUntil <= now {
		return false, nil
	}
	c.learn(r.Shown.GetEvidence())
	if err := c.become(r); err != nil {
		return false, err
	}
	c.Budgets, c.PlannedAt = r.Budgets, now
	shown.State, shown.Reason = r.Shown.GetState(), r.Shown.GetReason()
	if !IsOpen(shown.GetState()) {
		c.rest(shown.GetState(), shown.GetReason())
	}
	return true, nil
}

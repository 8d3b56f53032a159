package record

import (
	"slices"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Holding is for who holds the locks of all keys of the run's calls.
type Holding struct {
	Now int64
	// Holder tells which other call holds a call's effect; "" for none.
	Holder func(c *Call) (string, error)
}

// Recorded is what outcomes made of a run's calls.
type Recorded struct {
	Changed []*Call
	// Late are the calls of which an outcome was late.
	Late []ledger.CallID
	// Left are late outcomes of calls that hold their effect no more, for who has a Holding.
	Left []ledger.Outcome
}

// Record lets outcomes change a run's calls. See ledger.Outcome for what is late.
func Record(calls []Call, run ledger.RunID, outcomes []ledger.Outcome, h *Holding) (r Recorded, err error) {
	for _, o := range outcomes {
		c, err := FindCall(calls, run, o.Call)
		if err != nil {
			return r, err
		}
		switch {
		case c.of(o):
			c.record(o, 0)
		case c.forgotten() || c.known(o):
			continue
		case h == nil && c.mayRegain(o):
			r.Left = append(r.Left, o)
			continue
		default:
			r.Late = append(r.Late, o.Call)
			waiting, err := c.recordLate(calls, o, h)
			if err != nil {
				return r, err
			}
			r.Changed = append(r.Changed, waiting...)
		}
		r.Changed = append(r.Changed, c)
	}
	return r, nil
}

// recordLate takes from a late outcome what it knows. It returns those that wait again.
func (c *Call) recordLate(calls []Call, o ledger.Outcome, h *Holding) ([]*Call, error) {
	state := c.Shown.GetState()
	switch {
	case o.State != "done":
		c.tell(ledger.Outcome{}, "an attempt that was no longer this call's ended as "+o.State+after(", ", o.Reason)+after(": ", lastly(o.Evidence)))
	case state == "done":
		c.tell(o, "another attempt made it as well")
	case !c.means(o):
		c.tell(o, "an attempt of before made it, and by now the effect is another one")
	case state == "skipped":
		c.tell(o, "an attempt that was no longer this call's made it all the same")
	case c.mayRegain(o):
		return c.regain(calls, o, h)
	default:
		return c.made(calls, o)
	}
	return nil, nil
}

// of tells whether an outcome is that of the call's own attempt.
func (c *Call) of(o ledger.Outcome) bool {
	return IsOpen(c.Shown.GetState()) && o.Owner != "" && c.Owner == string(o.Owner) && c.NotAfter == ledger.Micros(o.NotAfter)
}

// known tells whether there is nothing in an outcome that the call does not say already:
// it is recorded again where the answer to the first time was lost.
func (c *Call) known(o ledger.Outcome) bool {
	s := c.Shown
	if o.State == "done" && s.GetState() == "done" {
		return o.ResultRef == "" || o.ResultRef == s.GetResultRef()
	}
	return c.Owner == "" && c.NotAfter == ledger.Micros(o.NotAfter) && s.GetState() == o.State && s.GetReason() == o.Reason
}

// means tells whether the call is still to have the effect that was attempted.
func (c *Call) means(o ledger.Outcome) bool {
	return c.Needs == "" && c.Shown.GetEffectKey() == string(o.Effect)
}

// forgotten: what is left of the call keeps its effect from being made twice, and nothing
// is added to it.
func (c *Call) forgotten() bool {
	s := c.Shown
	return s.GetReason() == ledger.ReasonForgotten || s.GetEffectKey() != "" && s.GetTarget() == ""
}

// tell says what a late outcome told and the call's state does not.
func (c *Call) tell(o ledger.Outcome, detail string) {
	c.Shown.Evidence = append(c.Shown.Evidence, o.Evidence...)
	c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{Kind: ledger.EvidenceLate, Detail: detail, Ref: o.ResultRef})
}

// made has the call be done as a late attempt says, and returns those that wait for it
// again. Another attempt may be under way: until it is over it keeps the key locked.
func (c *Call) made(calls []Call, o ledger.Outcome) (waiting []*Call, err error) {
	before := c.Shown.GetState()
	c.record(o, c.LookAt)
	c.Shown.Request = nil
	c.tell(ledger.Outcome{ResultRef: o.ResultRef}, "made by an attempt that was no longer this call's, which was "+before)
	if IsOpen(before) || before == "held" { // Those that need it wait still.
		return nil, nil
	}
	return again(calls, c.ID)
}

// mayRegain: the call gave up its effect, and is done as the outcome says if nobody has that.
func (c *Call) mayRegain(o ledger.Outcome) bool {
	switch c.Shown.GetState() {
	case "failed", "refused", "held", "dry_run":
		return o.State == "done" && c.means(o)
	default:
		return false
	}
}

func (c *Call) regain(calls []Call, o ledger.Outcome, h *Holding) ([]*Call, error) {
	decided := c.Mode
	c.Mode = "act" // Which it did, whatever was decided since.
	if c.Admission() == Exclusive && !c.Reads() {
		other, err := h.Holder(c)
		if err != nil {
			return nil, err
		}
		if other != "" {
			c.Mode = decided
			c.tell(o, "an attempt that was no longer this call's made it, and by now the effect is that of call "+other)
			return nil, nil
		}
	}
	if decided != "act" {
		c.Redecided, c.Target, c.PlannedAt = true, c.Shown.GetTarget(), h.Now
		c.Payload = append([]byte{}, c.Payload...) // What is empty was read as nil.
	}
	return c.made(calls, o)
}

// again has calls wait anew that were skipped for want of one that is done after all, and
// of each other.
func again(calls []Call, done string) (waiting []*Call, err error) {
	back := []string{done}
	for i := range calls {
		c := &calls[i]
		shown, err := c.Decoded()
		if err != nil {
			return nil, err
		}
		if shown.GetState() != "skipped" || shown.GetReason() != dependency || !slices.ContainsFunc(c.needs(), func(id string) bool { return slices.Contains(back, id) }) {
			continue
		}
		c.rest("queued", dependency)
		c.hold()
		back, waiting = append(back, c.ID), append(waiting, c)
	}
	return waiting, nil
}

func lastly(list []*toolsv1.Evidence) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].GetDetail()
}

// record takes over what came of an attempt; until over another one is under way.
func (c *Call) record(o ledger.Outcome, over int64) {
	s, next := c.Shown, ledger.Micros(o.NextAt)
	// An effect that may still come keeps its key locked.
	if o.State == "running" || o.MayCome && (o.State == "queued" || o.State == "unknown") {
		over = c.LookAt
	}
	c.rest(o.State, o.Reason)
	c.LookAt = over
	if o.State == "queued" {
		c.NextAt = next
		s.NextAt = stamp(next)
	}
	if o.Attempted {
		s.Attempts++
	}
	if o.ResultRef != "" {
		s.ResultRef = o.ResultRef
	}
	if o.URL != "" {
		s.Url = o.URL
	}
	if o.Request != nil {
		s.Request = o.Request
	}
	s.Evidence = append(s.Evidence, o.Evidence...)
}

func after(separator, s string) string {
	if s == "" {
		return ""
	}
	return separator + s
}

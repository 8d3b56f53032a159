package record

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// requeuing is which calls of a run are to be started again, and what is said of it.
type requeuing struct {
	call    ledger.CallID // "" for all that failed
	force   bool
	said    said
	decided []ledger.Resolution
}

// Restart is what a redelivery does.
func Restart(calls []Call, decided []ledger.Resolution, now int64) (changed []*Call, err error) {
	return requeuing{said: said{what: "started again by a redelivery"}, decided: decided}.run(calls, now)
}

// Retry is Restart at somebody's wish.
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
	changed, err := requeuing{r.Call, r.Force, said{detail + ", " + dated(now), r.Why}, r.Decided}.run(calls, now)
	if err == nil && len(changed) == 0 {
		err = fmt.Errorf("%w: run %s", ledger.ErrSettled, run)
	}
	return changed, err
}

// run gives calls that failed what policy makes of them now. What was skipped for want of
// one of them waits for it again. It returns those that it changed; those that are open
// are still to be admitted.
func (r requeuing) run(calls []Call, now int64) (changed []*Call, err error) {
	for i := range calls {
		c := &calls[i]
		if _, err := c.Decoded(); err != nil {
			return nil, err
		}
		if r.call != "" && c.ID != string(r.call) || !c.repeatable(r.force, r.call != "") {
			continue
		}
		decided := find(r.decided, c)
		if decided == nil {
			continue
		}
		c.meet(calls, *decided)
		if err := c.startAgain(*decided, r.said, now); err != nil {
			return nil, err
		}
		changed = append(changed, c)
	}
	for i := range calls {
		c := &calls[i]
		if c.Needs == "" || c.Shown.GetState() != "skipped" || c.Shown.GetReason() != dependency {
			continue
		}
		if !slices.ContainsFunc(changed, func(q *Call) bool { return q.mayCome() && slices.Contains(c.needs(), q.ID) }) {
			continue
		}
		if decided := find(r.decided, c); decided != nil {
			c.waitAgain(*decided, now)
			changed = append(changed, c)
		}
	}
	return changed, nil
}

// mayCome: those that need the call have something to wait for.
func (c *Call) mayCome() bool {
	state := c.Shown.GetState()
	return IsOpen(state) || state == "held"
}

func find(decided []ledger.Resolution, c *Call) *ledger.Resolution {
	i := slices.IndexFunc(decided, func(r ledger.Resolution) bool { return string(r.Call) == c.ID })
	if i < 0 {
		return nil
	}
	return &decided[i]
}

// repeatable: what a human or the plan's memory settled is not, nor what was forgotten.
// What policy refused or only let be shown is for whoever names it.
func (c *Call) repeatable(force, named bool) bool {
	state, reason := c.Shown.GetState(), c.Shown.GetReason()
	switch {
	case reason == ledger.ReasonForgotten, reason == rejected && state == "refused", c.Shown.GetClass() == "memory":
		return false
	case state == "failed", state == "unknown" && force:
		return true
	}
	return named && (state == "refused" || state == "dry_run")
}

// startAgain gives the call what policy makes of it now. One that may have been made stays
// unknown where it is not to be made again, or not before somebody decides: what is held,
// or only shown, keeps no key.
func (c *Call) startAgain(r ledger.Resolution, s said, now int64) error {
	unknown := c.Shown.GetState() == "unknown"
	if unknown && (!IsOpen(r.Shown.GetState()) || c.Mode == "act" && r.Mode != "act") {
		c.learn(r.Shown.GetEvidence())
		c.say(ledger.EvidenceRetry, s, butNow(r))
		return nil
	}
	if unknown && c.Spends() {
		c.doubt()
	}
	if err := c.apply(r, now); err != nil {
		return err
	}
	but := butNow(r)
	if c.waits() {
		but = "" // What policy has come to is nothing before what it needs is there.
	}
	c.say(ledger.EvidenceRetry, s, but)
	return nil
}

// butNow says what is made of a call instead of what was asked for.
func butNow(r ledger.Resolution) string {
	switch state := r.Shown.GetState(); {
	case r.Mode == "dry_run" && IsOpen(state):
		return ", and by now policy only has it shown"
	case IsOpen(state):
		return ""
	default:
		return ", and by now policy has it " + state + ", " + r.Shown.GetReason()
	}
}

// apply replaces what was decided on the call.
func (c *Call) apply(r ledger.Resolution, now int64) error {
	c.learn(r.Shown.GetEvidence())
	c.PlannedAt = now
	state, reason := r.Shown.GetState(), r.Shown.GetReason()
	if c.Needs != "" {
		c.waitAgain(r, now)
		return nil
	}
	if err := c.become(r); err != nil {
		return err
	}
	if IsOpen(state) {
		c.Budgets = r.Budgets
		c.queueAgain(now)
		c.Shown.Reason = reason
		return nil
	}
	c.rest(state, reason)
	return nil
}

// become gives the call the target and the request that policy resolves now.
func (c *Call) become(r ledger.Resolution) (err error) {
	given := r.Shown
	c.Shown.Target, c.Shown.EffectKey, c.Shown.Request = given.GetTarget(), given.GetEffectKey(), given.GetRequest()
	if c.Payload, err = Payload(r.Call, r.Payload); err != nil {
		return err
	}
	c.Needs, c.Mode, c.Redecided = "", r.Mode, true
	if c.Admission() != Free {
		c.Target = given.GetTarget()
	}
	return nil
}

// waitAgain has the call wait for those that it needs, unless policy refuses it by now:
// the rest is decided once they are there.
func (c *Call) waitAgain(r ledger.Resolution, now int64) {
	if r.Shown.GetState() == "refused" {
		c.learn(r.Shown.GetEvidence())
		c.rest("refused", r.Shown.GetReason())
		return
	}
	c.rest("queued", dependency)
	c.hold()
	c.Budgets, c.PlannedAt, c.Redecided = r.Budgets, now, true
	c.Payload = append([]byte{}, c.Payload...) // What is empty was read as nil.
}

func (c *Call) queueAgain(now int64) {
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

// learn adds evidence that is not there yet: policy says most of it again.
func (c *Call) learn(list []*toolsv1.Evidence) {
	for _, e := range list {
		if !slices.ContainsFunc(c.Shown.GetEvidence(), func(known *toolsv1.Evidence) bool { return proto.Equal(known, e) }) {
			c.Shown.Evidence = append(c.Shown.Evidence, e)
		}
	}
}

// said is what somebody asked for, with the time, and why.
type said struct{ what, why string }

func (c *Call) say(kind string, s said, but string) {
	detail := s.what + but
	if s.why != "" {
		detail += ": " + s.why
	}
	c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{Kind: kind, Detail: detail})
}

// dated is the time, for people.
func dated(now int64) string { return ledger.Time(now).UTC().Format("2006-01-02 15:04:05Z") }

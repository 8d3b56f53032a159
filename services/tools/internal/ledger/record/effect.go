package record

import (
	"slices"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Admission is what a call that is to act depends on.
type Admission int

const (
	// Free: it depends on nobody.
	Free Admission = iota
	// Exclusive: on who holds its effect.
	Exclusive
	// Shared: on the other upserts of its key.
	Shared
)

// classRead has no effect: a call of it holds its object only until it is begun. One
// that is under way may not see what happened since.
const classRead = "read"

// Admission tells what the call depends on: only calls of mode act hold effects.
func (c *Call) Admission() Admission {
	if c.Mode != "act" || c.Needs != "" {
		return Free
	}
	switch c.Shown.GetClass() {
	case "create", "set", classRead:
		return Exclusive
	case "upsert":
		return Shared
	default:
		return Free
	}
}

// Reads tells whether the call makes no effect.
func (c *Call) Reads() bool { return c.Shown.GetClass() == classRead }

// Holds tells whether the call holds its effect, or counts among its key's
// upserts.
func (c *Call) Holds() bool {
	state := c.Shown.GetState()
	if c.Reads() {
		return c.Admission() != Free && state == "queued" && c.LookAt == 0
	}
	return c.Admission() != Free && (IsOpen(state) || state == "done" || state == "unknown")
}

// SkipAs puts the call behind the one that holds its effect. What may have been made
// before, and would have another effect by now, stays unknown.
func (c *Call) SkipAs(holder string) {
	if c.stay() {
		c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{Kind: ledger.EvidenceRetry, Detail: "not started again: by now its effect is that of call " + holder})
		return
	}
	c.rest("skipped", "same_as")
	c.Shown.SameAs = holder
}

// Upsert is another call of the same key.
type Upsert struct {
	ID, State, Occurrence       string
	Version, LeaseUntil, LookAt int64
}

// Upsert is the call as others of its key see it.
func (c *Call) Upsert() Upsert {
	return Upsert{c.ID, c.Shown.GetState(), c.Occurrence, c.Version, c.LeaseUntil, c.LookAt}
}

// Upserts are all others of a key that hold it.
type Upserts []Upsert

// Admit lets a call have its turn among the others of its key, or puts it behind them.
func (us Upserts) Admit(c *Call, now int64) {
	if same := us.sameAs(c.Occurrence); same != "" {
		c.SkipAs(same)
	} else if us.laterThan(c.Version) {
		c.rest("skipped", "superseded")
	} else if c.Shown.GetState() == "running" && us.busy(now) {
		c.rest("queued", "")
		c.NextAt, c.NotAfter, c.LookAt = now, 0, 0
	}
}

// Looks bounds how often one LeaseCalls looks past calls that wait for their key.
const Looks = 16

// Postpone puts a call that waits for its key behind all that are due now, and out
// of this look's way. What is shown of it stays: its turn may come at any time.
func (c *Call) Postpone(now int64) { c.NextAt = now + 1 }

// Turn is what becomes of a call that is due.
type Turn int

const (
	// Take: it may be performed.
	Take Turn = iota
	// Wait: another of its key comes first.
	Wait
	// Drop: it was put to rest.
	Drop
)

// Turn decides whether a call that is due may be performed beside the others of its key.
func (us Upserts) Turn(c *Call, now int64) Turn {
	// One that was begun is over by now. Made again it would put back what a later
	// one wrote.
	if us.laterThan(c.Version) {
		begun := c.begun()
		c.rest("skipped", "superseded")
		c.mayHaveActed(begun)
		return Drop
	}
	if us.busy(now) || c.LookAt == 0 && us.begun() {
		return Wait
	}
	return Take
}

// begun: an attempt at the call was made, and nobody knows what came of it.
func (c *Call) begun() bool { return c.Shown.GetState() == "running" || c.LookAt > 0 }

// mayHaveActed says on a call that was put to rest that it was begun before.
func (c *Call) mayHaveActed(begun bool) {
	if begun {
		c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{Kind: ledger.EvidenceAttempt, Detail: "an attempt at it had no answer and may have acted"})
	}
}

// begun tells whether an attempt at one was made whose outcome nobody knows: it
// is looked after before the next one of the key.
func (us Upserts) begun() bool {
	return slices.ContainsFunc(us, func(u Upsert) bool { return u.LookAt > 0 && IsOpen(u.State) })
}

// sameAs returns the call that stands for the same happening, or "".
func (us Upserts) sameAs(occurrence string) string {
	for _, u := range us {
		if u.Occurrence == occurrence {
			return u.ID
		}
	}
	return ""
}

// laterThan: an unknown version, 0, is never older than another.
func (us Upserts) laterThan(version int64) bool {
	for _, u := range us {
		if version != 0 && u.Version > version && u.State != "unknown" {
			return true
		}
	}
	return false
}

// busy: somebody works on the key, or an attempt's effect may still come.
func (us Upserts) busy(now int64) bool {
	for _, u := range us {
		if IsOpen(u.State) && u.LeaseUntil > now || u.LookAt > now {
			return true
		}
	}
	return false
}

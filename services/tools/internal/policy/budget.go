package policy

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Spent is how many calls outside others than this run's were caused within the
// last hour. Only calls that act count: not those refused, held, skipped or
// dry_run, and none of class memory.
type Spent struct {
	Actor uint32 // by events of this event's actor
	Place uint32 // by events of this event's place
}

// budget is how many calls an hour; none where it isn't set.
type budget struct {
	limit uint32
	set   bool
}

// Budgets names what has to be counted before an event can be held to its
// budgets: its actor's ref and its place, as the event has it. Each is "" where
// no budget holds, so that nothing is counted in vain.
func (p *Policy) Budgets(e *eventv1.WebhookEvent) (actor, place string) {
	untrusted := p.actorBudget.set && !p.trustedIn(e, e.GetActor())
	if untrusted {
		actor = project.Person(project.Origin(e), e.GetActor())
	}
	if p.placeBudget.set || untrusted && actor == "" {
		place = e.GetPlace()
	}
	return actor, place
}

// maySpend counts the call where it is still within the budgets. Whoever isn't
// named can't be counted: all that his place's events cause is held against him.
func (d *decider) maySpend(trusted bool) bool {
	if limit := d.policy.placeBudget; limit.set && d.spent.Place >= limit.limit {
		d.note("limit", d.event.GetPlace(), "events of %s have caused %d calls within an hour, and may cause %d: raise place under budgets in POLICY_FILE", placeName(d.here()), d.spent.Place, limit.limit)
		return d.end("refused", "budget")
	}
	caused, who := d.spent.Actor, accountDetail(d.event.GetActor())
	if !named(d.event.GetActor()) {
		caused, who = d.spent.Place, "nobody"
	}
	if limit := d.policy.actorBudget; limit.set && !trusted && caused >= limit.limit {
		d.note("limit", "", "%s, who is not trusted, has caused %d calls within an hour, and may cause %d: raise untrusted_actor under budgets in POLICY_FILE, or add the account to trusted", who, caused, limit.limit)
		return d.end("refused", "budget")
	}
	d.spent.Place++
	d.spent.Actor++
	return true
}

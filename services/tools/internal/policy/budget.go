package policy

import (
	"fmt"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Purse is whose calls a budget counts: all that events of one actor caused, by his ref,
// or those of one place. Just one is set.
type Purse struct{ Actor, Place string }

// Budget is what a call draws on: policy names it, and whoever lets the call through
// counts, in the commit that does so. What is counted here may have been spent by then.
type Budget struct {
	Purse

	// Most is how many calls an hour.
	Most uint32
	// Refusal is the evidence where those are spent.
	Refusal *toolsv1.Evidence
}

// budget is how many calls an hour; none where it isn't set.
type budget struct {
	limit uint32
	set   bool
}

// draw names what the call draws on. Whoever isn't named can't be counted: all that his
// place's events cause is held against him. What only reads acts on nothing.
func (d *decider) draw(trusted bool) {
	if d.Class == classRead {
		return
	}
	if limit := d.policy.placeBudget; limit.set && d.event.GetPlace() != "" {
		d.drawFrom(Purse{Place: d.event.GetPlace()}, limit.limit, d.event.GetPlace(),
			"events of %s have caused the %d calls that they may cause within an hour: raise place under budgets in POLICY_FILE", placeName(d.here()), limit.limit)
	}
	limit := d.policy.actorBudget
	if !limit.set || trusted {
		return
	}
	whose, who := Purse{Actor: project.Person(project.Origin(d.event), d.event.GetActor())}, accountDetail(d.event.GetActor())
	if whose.Actor == "" {
		whose, who = Purse{Place: d.event.GetPlace()}, "nobody"
	}
	if whose == (Purse{}) {
		d.drawFrom(whose, 0, "", "nobody is named, and no place, so nothing can be counted: add accounts to trusted in POLICY_FILE, or take untrusted_actor out of budgets")
		return
	}
	d.drawFrom(whose, limit.limit, "",
		"%s, who is not trusted, has caused the %d calls that are allowed within an hour: raise untrusted_actor under budgets in POLICY_FILE, or add the account to trusted", who, limit.limit)
}

func (d *decider) drawFrom(whose Purse, most uint32, ref, format string, args ...any) {
	d.Budgets = append(d.Budgets, Budget{whose, most, &toolsv1.Evidence{Kind: "limit", Ref: ref, Detail: fmt.Sprintf(format, args...)}})
}

// Foresee refuses what would be refused if the decisions were let through now: caused is
// how much is drawn of each purse that they name, and is counted on.
func Foresee(decisions []Decision, caused map[Purse]uint32) {
	for i := range decisions {
		d := &decisions[i]
		if d.State == "queued" && d.Mode == "act" {
			d.spend(caused)
		}
	}
}

func (d *Decision) spend(caused map[Purse]uint32) {
	for _, b := range d.Budgets {
		if caused[b.Purse] >= b.Most {
			d.State, d.Reason = "refused", "budget"
			d.Evidence = append(d.Evidence, b.Refusal)
			return
		}
	}
	drawn := make(map[Purse]bool)
	for _, b := range d.Budgets {
		drawn[b.Purse] = true
	}
	for whose := range drawn {
		caused[whose]++
	}
}

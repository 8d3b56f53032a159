package policy

import (
	"fmt"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Case is what Decide decides on, with all that it may know: policy looks
// nothing up.
type Case struct {
	Event *eventv1.WebhookEvent
	// How the event proved itself: signature, token, address or operator;
	// whatever else may do as little as can be.
	Authn string
	// As they were judged when the run was opened.
	Links []*toolsv1.Link
	// The visibility, public or private, that events told of places, by the
	// place's ref.
	Told  map[string]string
	Plan  *toolsv1.Plan
	Tools []*toolsv1.Tool
	// Why the event is known to be of our own making, as OwnEvent says it; ""
	// where it isn't.
	Own string
	// What earlier steps gave, by StepName. A call that needs one which isn't
	// there is queued for dependency, to be decided again (the whole plan, with
	// the policy of then) once it is. Where Results is nil nobody will do so and
	// it is skipped, as calls of class memory always are.
	Results map[string]Result
}

// Result is what a step gave that later ones of its rule may use.
type Result struct{ Ref, URL string }

// StepName is a step's key among the results of its run.
func StepName(rule, step string) string { return rule + "/" + step }

// Decision is what policy made of one planned call.
type Decision struct {
	Call *toolsv1.PlannedCall
	// queued (may be performed; reason dependency: not yet), done (class memory:
	// the ledger writes it), held, refused, dry_run or skipped.
	State string
	// Why it is not queued or done; see switchyard.error.v1.CallReason.
	Reason string
	// How the executor is to be asked, where it is: act or dry_run. A held call
	// is act, once somebody approves it.
	Mode  string
	Class string // set, upsert, create, memory or read
	// How the event proved itself: what a read finds is remembered as it would be.
	Proof string
	// The resolved ref; "" where the target's path names nothing.
	Target string
	// As planned: what tells calls of one step apart. Of a target that is a
	// choice, the ref that it makes.
	TargetPath string
	// The tool's input without its target's path; complete unless refused or
	// skipped. A choice that is the target is in it too. Fields of several
	// values are lists of strings.
	Payload  map[string]any
	Evidence []*toolsv1.Evidence
	// What the call draws on once it is let through: also one that is held, or waits.
	Budgets []Budget
}

// Decide says what becomes of each planned call, in the plan's order. The error
// is a *PlanError.
//
// The reasons, in the order in which they are looked for: too_many,
// kill_switch, own_event, authn, no_such_link and dependency, target, choice,
// tier_off, dependency, dry run, tier, private_to_public. Calls of class memory
// know none of kill_switch, own_event and authn, and end with the choice. Budgets are
// only named.
func (p *Policy) Decide(c Case) ([]Decision, error) {
	planned, err := checkPlan(c.Plan, c.Tools)
	if err != nil {
		return nil, err
	}
	told := toldIn(c.Told)
	decisions := make([]Decision, 0, len(planned))
	for i, call := range c.Plan.GetCalls() {
		d := decider{policy: p, Case: c, event: c.Event, told: told, tool: planned[i]}
		d.Decision = Decision{
			Call: call, Mode: "act", Class: planned[i].GetClass(), Proof: c.Authn,
			TargetPath: targetPath(call, planned[i]), Payload: make(map[string]any),
		}
		if i >= p.maxCalls {
			d.note("limit", "", "call %d of a run that may have %d: raise max_calls in POLICY_FILE, or plan fewer", i+1, p.maxCalls)
			d.end("refused", "too_many")
		} else {
			d.decide()
		}
		decisions = append(decisions, d.Decision)
	}
	return decisions, nil
}

// decider decides one call. Its steps report whether the next one is due.
type decider struct {
	Case
	Decision

	policy *Policy
	event  *eventv1.WebhookEvent
	told   map[scope]string
	tool   *toolsv1.Tool
	// The target is a choice: no text and no path named it.
	chosen bool
	// The target is what an earlier step made.
	made bool
	// An argument is the result of a step that has none yet.
	waits bool
}

func (d *decider) decide() {
	if !d.proved() || !d.resolve() {
		return
	}
	if d.waits && d.Target == "" {
		d.mayWait()
		return
	}
	if !d.mayTarget() || !d.mayChoose() {
		return
	}
	if d.Class == classMemory {
		d.end("done", "")
		return
	}
	// What is held or shown is the whole request: that is decided once it is there. What
	// is off stays off.
	if !d.mayEver() {
		return
	}
	if d.waits {
		d.mayWait()
		return
	}
	if d.mayAct() {
		d.end("queued", "")
	}
}

func (d *decider) end(state, reason string) bool {
	d.State, d.Reason = state, reason
	return false
}

func (d *decider) note(kind, ref, format string, args ...any) {
	d.Evidence = append(d.Evidence, &toolsv1.Evidence{Kind: kind, Ref: ref, Detail: fmt.Sprintf(format, args...)})
}

// level is what the event may do by how it proved itself.
func (d *decider) level() string {
	if level, ok := d.policy.authn[d.Authn]; ok {
		return level
	}
	return allowMemory
}

// proved ends what goes outside and whose event may not, whatever it asks for.
func (d *decider) proved() bool {
	switch {
	case d.Class == classMemory:
		return true
	case d.policy.killed:
		d.note("limit", "", "kill_switch in POLICY_FILE is on: nothing acts outside")
		return d.end("refused", "kill_switch")
	case d.Own != "":
		d.note("event", d.event.GetRef(), "%s", d.Own)
		return d.end("refused", "own_event")
	case d.level() == allowMemory:
		d.note("trust", "", "authn %s is memory only: authn in POLICY_FILE says what it may do", d.Authn)
		return d.end("refused", "authn")
	}
	return true
}

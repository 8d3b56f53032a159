package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Decision is what policy made of one planned call.
type Decision struct {
	Call *toolsv1.PlannedCall
	// queued (may be performed), done (class memory: the ledger writes it),
	// held, refused, dry_run or skipped.
	State string
	// Why it is not queued or done; see switchyard.error.v1.CallReason.
	Reason string
	// How the executor is to be asked, where it is: act or dry_run. A held call
	// is act, once somebody approves it.
	Mode  string
	Class string // set, upsert, create or memory
	// The resolved ref; "" where the target's path names nothing.
	Target string
	// As planned: what tells calls of one step apart.
	TargetPath string
	// The tool's input without its target; complete unless refused or skipped.
	Payload  map[string]any
	Evidence []*toolsv1.Evidence
}

// Decide says what becomes of each planned call, in the plan's order. Links are
// those that were judged when the run was opened; authn is how the event proved
// itself: signature, token, address or operator, and whatever else may do as
// little as can be. Told is the visibility, public or private, that events told
// of places, by the place's ref. The error is a *PlanError.
//
// The reasons, in the order in which they are looked for: too_many, authn,
// no_such_link and dependency, target, choice, tier_off, dry run, tier,
// private_to_public. Calls of class memory end with the choice.
func (p *Policy) Decide(
	e *eventv1.WebhookEvent, authn string, links []*toolsv1.Link, told map[string]string, plan *toolsv1.Plan, tools []*toolsv1.Tool,
) ([]Decision, error) {
	planned, err := checkPlan(plan, tools)
	if err != nil {
		return nil, err
	}
	decisions := make([]Decision, 0, len(planned))
	for i, call := range plan.GetCalls() {
		d := decider{policy: p, event: e, authn: authn, links: links, told: toldIn(told), tool: planned[i]}
		d.Decision = Decision{
			Call: call, Mode: "act", Class: planned[i].GetClass(),
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
	policy *Policy
	event  *eventv1.WebhookEvent
	authn  string
	links  []*toolsv1.Link
	told   map[scope]string
	tool   *toolsv1.Tool
	Decision
}

func (d *decider) decide() {
	if !d.proved() || !d.resolve() || !d.mayTarget() || !d.mayChoose() {
		return
	}
	if d.Class == classMemory {
		d.end("done", "")
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
	if level, ok := d.policy.authn[d.authn]; ok {
		return level
	}
	return allowMemory
}

func (d *decider) proved() bool {
	if d.Class != classMemory && d.level() == allowMemory {
		d.note("trust", "", "authn %s is memory only: authn in POLICY_FILE says what it may do", d.authn)
		return d.end("refused", "authn")
	}
	return true
}

// resolve turns arguments into target and payload.
func (d *decider) resolve() bool {
	for _, field := range d.tool.GetFields() {
		argument, ok := d.Call.GetArguments()[field.GetName()]
		if !ok {
			continue
		}
		switch field.GetOrigin() {
		case originTarget, originField:
			if !d.resolvePath(field, argument.GetPath()) {
				return false
			}
		case originChoice:
			d.Payload[field.GetName()] = argument.GetChoice().GetValues()[0]
		case originText:
			d.Payload[field.GetName()] = sanitize(argument.GetText(), field)
		}
	}
	return true
}

func (d *decider) resolvePath(field *toolsv1.ToolField, path string) bool {
	value, evidence, err := Resolve(d.event, d.links, path)
	switch {
	case errors.Is(err, ErrDependency):
		// No step's result is known while the plan is being fixed.
		return d.end("skipped", "dependency")
	case err != nil && !required(field) && isEventPath(path):
		return true // this event doesn't have that field
	case err != nil:
		d.note("link", "", "%s names nothing that this event may act on: its links tell why; pairs and trusted in POLICY_FILE decide", path)
		return d.end("refused", "no_such_link")
	}
	if field.GetOrigin() == originTarget {
		d.Target = value
		d.Evidence = append(d.Evidence, evidence...)
		return true
	}
	if !d.policy.fits(field.GetPattern(), value) || tooLong(field, value) {
		d.note("event", d.event.GetRef(), "%s does not fit %s", path, field.GetName())
		return d.end("refused", "no_such_link")
	}
	d.Payload[field.GetName()] = value
	return true
}

// mayTarget holds the target to the tool's pattern, to the event's reach and to
// what the policy allows the tool. The pairs count as they are now, not as they
// were when the links were judged.
func (d *decider) mayTarget() bool {
	for _, field := range d.tool.GetFields() {
		if field.GetOrigin() == originTarget && (!d.policy.fits(field.GetPattern(), d.Target) || tooLong(field, d.Target)) {
			d.note("target", "", "%s is no target of %s", d.TargetPath, d.tool.GetName())
			return d.end("refused", "target")
		}
	}
	here, there := scopeOf(d.event.GetPlace()), scopeIn(d.event, d.Target)
	if !d.own() {
		if !d.isLink() || !d.policy.related(here, there) {
			d.note("target", "", "%s is no link that %q may act on: add the two places to pairs in POLICY_FILE", d.TargetPath, here)
			return d.end("refused", "target")
		}
		if here != there {
			d.note("pair", "", "%s, %s", here, there)
		}
	}
	patterns, narrowed := d.policy.targets[d.tool.GetName()]
	matches := func(p pattern) bool { return p.matches(there) }
	if narrowed && !slices.ContainsFunc(patterns, matches) {
		d.note("target", "", "%s is not allowed in %s: add it under targets in POLICY_FILE", d.tool.GetName(), there)
		return d.end("refused", "target")
	}
	return true
}

func (d *decider) own() bool {
	return d.Target == d.event.GetRef() || d.Target == d.event.GetPlace()
}

func (d *decider) isLink() bool {
	return slices.ContainsFunc(d.links, func(l *toolsv1.Link) bool { return l.GetTarget() && l.GetRef() == d.Target })
}

func (d *decider) mayChoose() bool {
	there := scopeIn(d.event, d.Target)
	for _, field := range d.tool.GetFields() {
		value, given := d.Payload[field.GetName()].(string)
		if field.GetOrigin() != originChoice || !given {
			continue
		}
		listed := slices.ContainsFunc(d.policy.choices[d.tool.GetName()], func(c choice) bool {
			return c.field == field.GetName() && c.scope.matches(there) && slices.Contains(c.values, value)
		})
		if !listed || !d.policy.fits(field.GetPattern(), value) || tooLong(field, value) {
			d.note("choice", "", "%s %q is not listed for %s (listed: %s): add it under choices in POLICY_FILE", field.GetName(), value, there, d.listed(field.GetName(), there))
			return d.end("refused", "choice")
		}
		d.note("choice", "", "%s %s is listed for %s", field.GetName(), value, there)
	}
	return true
}

// listed are the values of a field that policy allows in a place. They and the
// refused value are the operator's words, never a stranger's.
func (d *decider) listed(field string, there scope) string {
	var values []string
	for _, c := range d.policy.choices[d.tool.GetName()] {
		if c.field == field && c.scope.matches(there) {
			values = append(values, c.values...)
		}
	}
	if len(values) == 0 {
		return "none"
	}
	return strings.Join(values, ", ")
}

// mayAct decides whether an effect outside happens now, never, or once somebody
// approved it. A dry run comes before what is held: approving a call must not
// make an unsealed event act.
func (d *decider) mayAct() bool {
	trusted := d.policy.trustedIn(d.event, d.event.GetActor())
	tier := d.policy.tiers["untrusted"]
	if trusted {
		tier = d.policy.tiers["trusted"]
	}
	if tier != allowAuto {
		d.note("trust", "", "%s: trusted %t, tier %s by tiers in POLICY_FILE", accountDetail(d.event.GetActor()), trusted, tier)
	}
	switch {
	case tier == allowOff:
		return d.end("refused", "tier_off")
	case d.level() == allowDryRun:
		d.Mode = "dry_run"
		if d.authn == "operator" {
			return d.end("dry_run", "operator_event")
		}
		return d.end("dry_run", "policy")
	case tier == allowHold:
		return d.end("held", "tier")
	}
	return d.mayTell()
}

// mayTell holds what would carry a private place's news to a public one. Within
// one place there is nobody new to tell.
func (d *decider) mayTell() bool {
	here, there := scopeOf(d.event.GetPlace()), scopeIn(d.event, d.Target)
	if d.own() || here != "" && here == there {
		return true
	}
	source := d.event.GetVisibility()
	if source != "public" && source != "private" {
		source = d.visibility(here)
	}
	if source == "public" || d.visibility(there) == "private" {
		return true
	}
	d.note("visibility", d.Target, "from a place that is not known to be public to one that is not known to be private")
	return d.end("held", "private_to_public")
}

// visibility is what events told of a place, else what the policy states.
func (d *decider) visibility(place scope) string {
	if told, ok := d.told[place]; ok {
		return told
	}
	return d.policy.places[place]
}

// toldIn leaves out the places of which nothing was told.
func toldIn(told map[string]string) map[scope]string {
	places := make(map[scope]string, len(told))
	for ref, visibility := range told {
		if place := scopeOf(ref); place != "" && (visibility == "public" || visibility == "private") {
			places[place] = visibility
		}
	}
	return places
}

func isEventPath(path string) bool {
	return strings.HasPrefix(path, "event.") && path != "event.text" && !strings.HasPrefix(path, "event.text.")
}

func tooLong(field *toolsv1.ToolField, value string) bool {
	limit := field.GetMaxLength()
	return limit > 0 && utf8.RuneCountInString(value) > int(limit)
}

func sanitize(text string, field *toolsv1.ToolField) string {
	return Sanitize(text, int(field.GetMaxLength()))
}

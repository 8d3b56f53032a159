package policy

// mayEver ends what is off for whoever caused the event, whatever else it is.
func (d *decider) mayEver() bool {
	tier, trusted := d.tier()
	if tier == allowOff {
		d.noteTier(tier, trusted)
		return d.end("refused", "tier_off")
	}
	return true
}

// mayAct decides whether a call outside is made now, or once somebody approved
// it. A dry run comes before what is held: approving a call must not make an
// unsealed event act.
func (d *decider) mayAct() bool {
	tier, trusted := d.tier()
	if tier != allowAuto {
		d.noteTier(tier, trusted)
	}
	switch {
	case d.level() == allowDryRun:
		if d.Authn == "operator" {
			return d.show("operator_event", "what an operator sends is shown and not sent, by authn in POLICY_FILE")
		}
		return d.show("policy", "events by "+d.Authn+" are shown and not sent, by authn in POLICY_FILE")
	case d.policy.dryRun:
		return d.show("policy", "dry_run in POLICY_FILE is on: requests are shown and not sent")
	}
	d.draw(trusted)
	if tier == allowHold {
		// Who approves it approves this too, and has to know.
		d.mayTell()
		return d.end("held", "tier")
	}
	return d.mayTell()
}

// mayWait has the call wait for what it needs. What it will draw on is kept for it.
func (d *decider) mayWait() {
	_, trusted := d.tier()
	d.draw(trusted)
	d.end("queued", "dependency")
}

// show ends a decision with a dry run. The evidence begins with the reason, which the
// call has another one beside while it waits.
func (d *decider) show(reason, why string) bool {
	d.Mode = "dry_run"
	d.note("dry_run", "", "%s: %s", reason, why)
	return d.end("dry_run", reason)
}

func (d *decider) tier() (tier string, trusted bool) {
	trusted = d.policy.trustedIn(d.event, d.event.GetActor())
	return d.policy.tier(d.tool.GetName(), trusted), trusted
}

func (d *decider) noteTier(tier string, trusted bool) {
	d.note("trust", "", "%s: trusted %t, tier %s by tiers in POLICY_FILE", accountDetail(d.event.GetActor()), trusted, tier)
}

// mayTell holds what would carry a private place's news to a public one. Within
// one place there is nobody new to tell, and a read tells nobody anything.
func (d *decider) mayTell() bool {
	here, there := d.here(), d.there()
	if d.Class == classRead || d.own() || here != "" && here == there {
		return true
	}
	source := d.event.GetVisibility()
	if source != "public" && source != "private" {
		source = d.visibility(here)
	}
	if source == "public" || d.visibility(there) == "private" {
		return true
	}
	d.note("visibility", d.Target, "from a place that is not known to be public to one that is not known to be private: places in POLICY_FILE may state what %s is", placeName(there))
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

package rehearsal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Want is what a test demands; what it leaves out may be anything.
type Want struct {
	Class     string `yaml:"class"`
	DecidedBy string `yaml:"decided_by"`
	// Calls are all calls, in their order, and no rule that failed; an empty
	// list demands none.
	Calls *[]Call `yaml:"calls"`
	// NotActedOn are links that must be left aside, each with its reason.
	NotActedOn []Unused `yaml:"not_acted_on"`
}

// Call is what a test demands of a call.
type Call struct {
	Tool   string `yaml:"tool"`
	Target string `yaml:"target"`
	Rule   string `yaml:"rule"`
	// State and Reason are policy's decision; without a state the call must be
	// let through: queued, or done for a write to the memory.
	State  string `yaml:"state"`
	Reason string `yaml:"reason"`
	// With are arguments: a path or a choice as it stands, a part of a text.
	With map[string]string `yaml:"with"`
}

// Unused is a link that nothing acts on.
type Unused struct {
	Ref    string `yaml:"ref"`
	Reason string `yaml:"reason"`
}

func (w Want) any() bool {
	return w.Class != "" || w.DecidedBy != "" || w.Calls != nil || len(w.NotActedOn) > 0
}

// diff lists what differs, a line for each side; none where all is as wanted.
func (w Want) diff(got *agentv1.PlanEventResponse) []string {
	var lines []string
	differ := func(what, want, got string) {
		if want != "" && want != got {
			lines = append(lines, "- "+what+": "+want, "+ "+what+": "+got)
		}
	}
	differ("class", w.Class, got.GetPlan().GetClass())
	differ("decided by", w.DecidedBy, got.GetPlan().GetDecidedBy())
	if w.Calls != nil {
		lines = append(lines, w.callsDiff(got)...)
	}
	for _, u := range w.NotActedOn {
		reason := Reason(got, u.Ref)
		if reason != u.Reason || reason == "" {
			lines = append(lines, fmt.Sprintf("- not acted on: %s %s", u.Ref, u.Reason), fmt.Sprintf("+ not acted on: %s %s", u.Ref, reason))
		}
	}
	return lines
}

func (w Want) callsDiff(got *agentv1.PlanEventResponse) []string {
	var lines []string
	calls := got.GetCalls()
	for i := range max(len(*w.Calls), len(calls)) {
		switch {
		case i >= len(calls):
			lines = append(lines, "- call: "+(*w.Calls)[i].String())
		case i >= len(*w.Calls):
			lines = append(lines, "+ call: "+describe(calls[i], got.GetPlan().GetCalls()[i], nil))
		case !(*w.Calls)[i].fits(calls[i], got.GetPlan().GetCalls()[i]):
			lines = append(lines, "- call: "+(*w.Calls)[i].String(), "+ call: "+describe(calls[i], got.GetPlan().GetCalls()[i], (*w.Calls)[i].With))
		}
	}
	for _, g := range got.GetPlan().GetGaps() {
		lines = append(lines, "+ missing: "+g.GetCode()+": "+g.GetDetail())
	}
	return lines
}

func (c Call) fits(got *toolsv1.Call, planned *toolsv1.PlannedCall) bool {
	same := func(want, got string) bool { return want == "" || want == got }
	if c.State == "" && got.GetState() != "queued" && got.GetState() != "done" {
		return false
	}
	for name, want := range c.With {
		a := planned.GetArguments()[name]
		value := sent(got, name, a)
		if value != want && (a.GetText() == "" || !strings.Contains(value, want)) {
			return false
		}
	}
	return same(c.Tool, got.GetTool()) && same(c.Target, got.GetTarget()) && same(c.Rule, got.GetRule()) &&
		same(c.State, got.GetState()) && same(c.Reason, got.GetReason())
}

// String shows a wanted call.
func (c Call) String() string {
	words := []string{cmp.Or(c.Tool, "any tool"), cmp.Or(c.Target, "anything"), cmp.Or(c.State, "let through")}
	if c.Reason != "" {
		words = append(words, c.Reason)
	}
	return strings.Join(words, " ") + byRule(c.Rule) + arguments(c.With)
}

// byRule tells a rule's name from the other words of a call.
func byRule(name string) string {
	if name == "" {
		return ""
	}
	return " (rule " + name + ")"
}

// describe shows a call with those arguments that were asked for.
func describe(c *toolsv1.Call, planned *toolsv1.PlannedCall, asked map[string]string) string {
	with := map[string]string{}
	for name := range asked {
		// A tool without the argument has no value to show.
		if a, ok := planned.GetArguments()[name]; ok {
			with[name] = sent(c, name, a)
		}
	}
	words := strings.Join([]string{c.GetTool(), c.GetTarget(), c.GetState(), c.GetReason()}, " ")
	return strings.Join(strings.Fields(words), " ") + byRule(c.GetRule()) + arguments(with)
}

func arguments(with map[string]string) string {
	var b strings.Builder
	names := make([]string, 0, len(with))
	for name := range with {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%q", name, with[name])
	}
	return b.String()
}

// breaker is what policy breaks mentions and the like with: nobody types it.
const breaker = "\u200b"

// sent is an argument as a test reads it: a text as it would be sent, after
// policy has cleaned it. Of a call that is refused there is only what was planned.
func sent(c *toolsv1.Call, name string, a *toolsv1.Argument) string {
	if cleaned, ok := c.GetRequest().GetFields()[name]; ok && a.GetText() != "" {
		return strings.ReplaceAll(cleaned.GetStringValue(), breaker, "")
	}
	return Value(a)
}

// Value is an argument as a person reads it.
func Value(a *toolsv1.Argument) string {
	switch v := a.GetValue().(type) {
	case *toolsv1.Argument_Path:
		return v.Path
	case *toolsv1.Argument_Choice:
		return strings.Join(v.Choice.GetValues(), ", ")
	}
	return a.GetText()
}

// Reason is why nothing acts on a link: policy's word, or no_rule; "" for a
// link that a call acts on, or that is not there.
func Reason(resp *agentv1.PlanEventResponse, ref string) string {
	for _, l := range resp.GetLinks() {
		if l.GetRef() != ref {
			continue
		}
		if !l.GetTarget() {
			return l.GetReason()
		}
		if !slices.ContainsFunc(resp.GetCalls(), func(c *toolsv1.Call) bool { return c.GetTarget() == ref }) {
			return "no_rule"
		}
	}
	return ""
}

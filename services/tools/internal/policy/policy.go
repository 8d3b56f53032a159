package policy

import (
	"fmt"
	"regexp"
	"sync"
)

// defaultMaxCalls is the most calls of one run where the policy doesn't say.
const defaultMaxCalls = 20

// The words that a policy's authn and tiers map to.
const (
	allowAuto   = "auto"
	allowDryRun = "dry_run"
	allowMemory = "memory"
	allowHold   = "hold"
	allowOff    = "off"
)

// Policy is what the operator allows. It never changes once made, and is safe
// for concurrent use. Make one with Parse or Default.
type Policy struct {
	pairs    map[pair]bool
	paired   map[scope]bool // in any pair
	places   map[scope]string
	sites    map[string]string // host by origin
	links    []string          // hosts that text may link to
	trusted  map[string]bool
	choices  map[string][]choice // by tool
	targets  map[string][]pattern
	maxCalls int
	authn    map[string]string
	tiers    map[string]string
	// By tool, what it says otherwise.
	toolTiers   map[string]map[string]string
	actorBudget budget // of each actor that isn't trusted
	placeBudget budget // of each place
	killed      bool
	dryRun      bool
	// The fields' patterns, compiled once each.
	compiled sync.Map
}

// pair holds two scopes in the order of their bytes: pairs work both ways.
type pair struct{ a, b scope }

// choice lists the values of one field, for targets in scopes that match.
type choice struct {
	scope  pattern
	field  string
	values []string
}

// Default allows what needs no consent: nothing is paired, nobody is listed and
// no choice is open, so that events remember and otherwise act in their own
// place only.
func Default() *Policy {
	return &Policy{
		pairs:    make(map[pair]bool),
		paired:   make(map[scope]bool),
		places:   make(map[scope]string),
		sites:    make(map[string]string),
		trusted:  make(map[string]bool),
		choices:  make(map[string][]choice),
		targets:  make(map[string][]pattern),
		maxCalls: defaultMaxCalls,
		authn: map[string]string{
			"signature": allowAuto,
			"token":     allowMemory,
			"address":   allowMemory,
			"operator":  allowDryRun,
		},
		tiers:     map[string]string{"trusted": allowAuto, "untrusted": allowAuto},
		toolTiers: make(map[string]map[string]string),
	}
}

// Killed tells whether nothing may act outside, also what was allowed before
// and waits: look before each attempt.
func (p *Policy) Killed() bool { return p.killed }

// DryRun tells whether requests are shown instead of sent.
func (p *Policy) DryRun() bool { return p.dryRun }

// Summary counts what the policy says, for whoever has to tell one from another.
func (p *Policy) Summary() string {
	values := 0
	for _, choices := range p.choices {
		for _, c := range choices {
			values += len(c.values)
		}
	}
	text := fmt.Sprintf("%s, %s, %d trusted, %s", counted(len(p.pairs), "pair"), counted(len(p.places), "place"), len(p.trusted), counted(values, "choice"))
	if p.killed {
		text += ", kill_switch on"
	}
	if p.dryRun {
		text += ", dry_run on"
	}
	return text
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// tier is what a tool does for an account by whether it is trusted.
func (p *Policy) tier(tool string, trusted bool) string {
	word := "untrusted"
	if trusted {
		word = "trusted"
	}
	if tier, ok := p.toolTiers[tool][word]; ok {
		return tier
	}
	return p.tiers[word]
}

func makePair(a, b scope) pair {
	if b < a {
		a, b = b, a
	}
	return pair{a, b}
}

// fits tells whether a value fits a field's pattern. A pattern that doesn't
// compile fits nothing.
func (p *Policy) fits(form, value string) bool {
	if form == "" {
		return true
	}
	if re, ok := p.compiled.Load(form); ok {
		return re.(*regexp.Regexp).MatchString(value)
	}
	re, err := regexp.Compile(form)
	if err != nil {
		return false
	}
	p.compiled.Store(form, re)
	return re.MatchString(value)
}

// related tells whether an event in one place may act in the other: they are
// the same one or a pair. A place that isn't known is related to nothing.
func (p *Policy) related(a, b scope) bool {
	return a != "" && b != "" && (a == b || p.pairs[makePair(a, b)])
}

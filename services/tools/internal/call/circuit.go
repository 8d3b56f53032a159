package call

import (
	"slices"
	"strings"
	"sync"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// breakAfter is how many attempts in a row must fail before a provider is taken
	// for away: nothing is sent to it then until a probe succeeds.
	breakAfter = 5
	// probeAfter is when the first probe is sent; each that fails doubles the wait.
	// The executor is ours, and asking whether it is back costs nobody anything.
	probeAfter   = 5 * time.Second
	longestProbe = time.Minute
	// inFlight bounds a provider's attempts at a time, of all requests together, to half
	// of what an executor takes of one provider's by default: one that hangs is held
	// back here, and not there.
	inFlight = 32
	// hanging is for how long slowest attempts of a provider must have been under way
	// for no further one to be sent.
	hanging = 3 * time.Second
	slowest = 8
)

// executor names the circuit of the executor itself; no provider is called so.
const executor = ""

// circuits hold back the attempts at providers that are away, that hang, or that
// want no more requests for a while.
type circuits struct {
	mu       sync.Mutex
	at       map[string]*circuit
	accounts map[ledger.Account]bool // those that the ledger knows; without Blocked
	// Until when a provider, or an installation there, wants no more requests, by its own
	// word or the executor's about it.
	blocked map[string]time.Time
}

type circuit struct {
	failures int
	// Zero while the circuit is closed.
	openUntil time.Time
	probe     time.Duration
	longest   time.Duration
	probing   bool
	// When each attempt under way began, and a place for each.
	under  []time.Time
	places chan struct{}
}

// heldBack says why an attempt is not made, and when to see again.
type heldBack struct {
	reason string
	until  time.Time
}

func (c *circuits) of(provider string) *circuit {
	if c.at == nil {
		c.at = make(map[string]*circuit)
	}
	if c.at[provider] == nil {
		c.at[provider] = &circuit{longest: longestProbe, places: make(chan struct{}, inFlight)}
		if provider == executor {
			c.at[provider].longest = probeAfter
		}
	}
	return c.at[provider]
}

// places are those of a provider's attempts, unless it is known already that none may begin.
func (c *circuits) places(of *toolsv1.Call, now time.Time) (chan struct{}, *heldBack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of(ledger.Provider(of)).places, c.held(of, now)
}

// begin notes that an attempt begins, unless it may not.
func (c *circuits) begin(of *toolsv1.Call, now time.Time) *heldBack {
	c.mu.Lock()
	defer c.mu.Unlock()
	if held := c.held(of, now); held != nil {
		return held
	}
	provider := ledger.Provider(of)
	exec, at := c.of(executor), c.of(provider)
	exec.probing, at.probing = !exec.openUntil.IsZero(), !at.openUntil.IsZero()
	at.under = append(at.under, now)
	return nil
}

// held tells why no attempt at a call may begin; nil where one may.
func (c *circuits) held(of *toolsv1.Call, now time.Time) *heldBack {
	provider := ledger.Provider(of)
	exec, at := c.of(executor), c.of(provider)
	if until, held := exec.holds(now); held {
		return &heldBack{"executor_away", until}
	}
	for _, limited := range []string{provider, ledger.Installation(of)} {
		if until := c.blocked[limited]; until.After(now) {
			return &heldBack{reasonRateLimited, until}
		}
	}
	if until, held := at.holds(now); held {
		return &heldBack{reasonProviderAway, until}
	}
	if at.hangs(now) {
		return &heldBack{reasonProviderAway, now.Add(firstWait)}
	}
	return nil
}

// holds tells whether the circuit is open, and to when. Once that is past, one
// attempt is let through, and the others wait for what comes of it.
func (c *circuit) holds(now time.Time) (until time.Time, held bool) {
	if c.probing {
		return now.Add(firstWait), true
	}
	return c.openUntil, c.openUntil.After(now)
}

// hangs tells whether a provider takes too long for too many attempts.
func (c *circuit) hangs(now time.Time) bool {
	return len(c.under) >= slowest && now.Sub(c.under[slowest-1]) >= hanging
}

// verdict is what an attempt says of the provider, or of the executor before it.
type verdict int

const (
	nothing verdict = iota
	well
	away
)

// leave is told when an attempt began, and what it says.
func (c *circuits) leave(provider string, began, now time.Time, ofProvider, ofExecutor verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.of(provider)
	if i := slices.IndexFunc(at.under, began.Equal); i >= 0 {
		at.under = slices.Delete(at.under, i, i+1)
		<-at.places
	}
	at.judge(began, now, ofProvider)
	c.of(executor).judge(began, now, ofExecutor)
}

func (c *circuit) judge(began, now time.Time, v verdict) {
	open := !c.openUntil.IsZero()
	if open && began.Before(c.openUntil) && v != well {
		return // From before it opened.
	}
	c.probing = false
	switch v {
	case nothing:
	case well:
		c.failures, c.openUntil, c.probe = 0, time.Time{}, 0
	case away:
		if c.failures++; c.failures >= breakAfter {
			c.probe = min(max(2*c.probe, probeAfter), c.longest)
			c.openUntil = now.Add(c.probe)
		}
	}
}

// except are the providers whose calls are not to be leased now. What only an installation
// holds back is leased, and put off to when it is free again.
func (c *circuits) except(now time.Time) (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, at := range c.at {
		if _, held := at.holds(now); name != executor && (held || at.hangs(now) || len(at.under) >= inFlight) {
			names = append(names, name)
		}
	}
	for name, until := range c.blocked {
		if until.After(now) && !strings.Contains(name, ":") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// executorAway tells whether nothing can be sent at all, and whether just one may be tried.
func (c *circuits) executorAway(now time.Time) (shut, probe bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.of(executor)
	_, shut = at.holds(now)
	return shut, !at.openUntil.IsZero()
}

// block holds back this process's attempts at what a provider limits; false where they
// are for so long already.
func (c *circuits) block(limited string, until time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !until.After(c.blocked[limited]) {
		return false
	}
	if c.blocked == nil {
		c.blocked = make(map[string]time.Time)
	}
	c.blocked[limited] = until
	return true
}

// learn takes over what the ledger has of all processes.
func (c *circuits) learn(accounts []ledger.Account) {
	for _, a := range accounts {
		c.block(a.Provider, a.Blocked)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accounts == nil {
		c.accounts = make(map[ledger.Account]bool)
	}
	for _, a := range accounts {
		c.accounts[ledger.Account{Provider: a.Provider, Name: a.Name}] = true
	}
}

// note has the ledger told only what it does not know, and this process obey at once.
func (c *circuits) note(of *toolsv1.Call, o *ledger.Outcome) {
	if !c.block(ledger.Limited(of, o.Account), o.Blocked) {
		o.Blocked = time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.Blocked.IsZero() && c.accounts[ledger.Account{Provider: ledger.Provider(of), Name: o.Account}] {
		o.Account = ""
	}
}

package call

import (
	"strings"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// MaxAttempts is how many attempts at a call may fail, by the provider's or the
	// executor's fault, before it is given up: with the waits between them about a
	// quarter of an hour.
	MaxAttempts = 10

	firstWait   = 2 * time.Second
	longestWait = 5 * time.Minute
	// An executor that can't be reached at all did nothing: what waits for it is tried
	// again for as long as it is valid.
	longestAwayWait = 15 * time.Second
)

// backoff is the wait after the n-th failure, from 1 on: twice the one before.
func (p *Performer) backoff(n int) time.Duration {
	wait := longestWait
	if n < 8 {
		wait = min(wait, firstWait<<(n-1))
	}
	return p.jittered(wait)
}

// awayBackoff is the wait for an executor that a call did not reach: a quarter of
// the time that the call has waited already.
func (p *Performer) awayBackoff(c ledger.Call) time.Duration {
	age := p.Now().Sub(c.ValidUntil.Add(-ValidFor))
	return p.jittered(min(max(age/4, firstWait), longestAwayWait))
}

// jittered is between half of a wait and all of it, so that calls that failed
// together are not tried together again.
func (p *Performer) jittered(wait time.Duration) time.Duration {
	if p.Random == nil {
		return wait
	}
	return wait/2 + time.Duration(p.Random()*float64(wait/2))
}

// failures counts the attempts at a call that failed since somebody had it started
// again. Being told to wait is no failure.
func failures(c *toolsv1.Call) int { return attempts(c, counts) }

// tooSlow counts those that came too late to start their effect. That is no failure: nothing
// was asked for, by a request that had little time left, a slow read before it or a clock that
// is off, and it may be well with the next one. But each costs its provider requests and the
// call a line of evidence, so that they come to lie apart.
func tooSlow(c *toolsv1.Call) int {
	return attempts(c, func(detail string) bool { return strings.HasPrefix(detail, reasonDeadline) })
}

func attempts(c *toolsv1.Call, are func(detail string) bool) (n int) {
	for _, e := range c.GetEvidence() {
		switch {
		case e.GetKind() == ledger.EvidenceRetry:
			n = 0
		case e.GetKind() == ledger.EvidenceAttempt && are(e.GetDetail()):
			n++
		}
	}
	return n
}

func counts(attempt string) bool {
	return strings.HasPrefix(attempt, "executor_away") || strings.HasPrefix(attempt, "provider_away")
}

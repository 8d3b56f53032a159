package call

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// What a Result with outcome retry, or rejected to a look, gives as its reason.
const (
	reasonRateLimited  = "rate_limited"
	reasonProviderAway = "provider_away"
	reasonDeadline     = "deadline"
	reasonNotFound     = "not_found"
)

// judging turns what came of one attempt at a call into what is recorded of it.
type judging struct {
	*Performer
	call ledger.Call
	mode string // act, look or dry_run
	ledger.Outcome
	// What the attempt says of who was asked.
	ofProvider, ofExecutor verdict
	// busy: the executor takes no more of the provider's calls for the moment.
	busy bool
}

// harmless: the attempt made no effect, whatever came of it.
func (j *judging) harmless() bool {
	return j.mode == "dry_run" || j.call.Shown.GetClass() == "read"
}

func (j *judging) note(kind, format string, args ...any) {
	j.Evidence = append(j.Evidence, &toolsv1.Evidence{Kind: kind, Detail: fmt.Sprintf(format, args...)})
}

func (j *judging) withoutResult(err error) {
	var invoke *InvokeError
	errors.As(err, &invoke)
	switch {
	case invoke != nil && invoke.Refused:
		j.never(err.Error())
	case invoke != nil && invoke.Busy:
		j.heldOff(err)
	case invoke != nil && invoke.NotSent:
		// Nobody was asked: that is no attempt.
		j.Attempted = false
		j.State, j.Reason, j.NextAt = "queued", "executor_away", j.Now().Add(j.awayBackoff(j.call))
		j.MayCome, j.ofExecutor = j.pending(), away
	default:
		j.ofProvider = away
		j.unknown("executor_away", "no answer")
	}
}

// heldOff queues the call for an executor that has no room for it: it is there, and
// nobody was asked. What it said is told once, however often the call finds it so.
func (j *judging) heldOff(err error) {
	j.Attempted = false
	j.State, j.Reason, j.NextAt = "queued", reasonRateLimited, j.Now().Add(j.awayBackoff(j.call))
	j.MayCome, j.ofExecutor, j.busy = j.pending(), well, true
	detail := reasonRateLimited + ": the executor is busy: " + err.Error()
	if !slices.ContainsFunc(j.call.Shown.GetEvidence(), func(e *toolsv1.Evidence) bool { return e.GetDetail() == detail }) {
		j.note(ledger.EvidenceAttempt, "%s", detail)
	}
}

// pending: an attempt before this one may have acted.
func (j *judging) pending() bool { return j.call.Begun && !j.harmless() }

func (j *judging) end(state, reason string) { j.State, j.Reason = state, reason }

// again queues the call after a failure, or gives it up after too many. An effect
// that may still come, or may have been made, keeps the call from being called failed.
func (j *judging) again(reason, detail string, mayCome bool) {
	n := failures(j.call.Shown)
	if counts(reason) {
		n++
	}
	j.note(ledger.EvidenceAttempt, "%s%s", reason, after(": ", detail))
	if counts(reason) && n >= MaxAttempts {
		j.end("failed", "attempts")
		if mayCome {
			j.State = "unknown"
		}
		return
	}
	if reason == reasonDeadline {
		n += tooSlow(j.call.Shown) + 1
	}
	j.State, j.Reason, j.MayCome = "queued", reason, mayCome
	j.NextAt = j.Now().Add(j.backoff(max(1, n)))
}

// unknown: the attempt may have acted. What can be told to be done already is tried
// again once the attempt is over; a creation is looked for.
func (j *judging) unknown(reason, detail string) {
	if j.mode == "look" && reason == "" {
		j.end("unknown", "")
		j.note(ledger.EvidenceAttempt, "looked for, and it can't be told whether it is there%s", after(": ", detail))
		return
	}
	if reason == "" {
		reason = reasonProviderAway
	}
	j.again(reason, detail, !j.harmless())
	if j.State == "unknown" {
		j.MayCome = j.mode == "act"
		return
	}
	if over := LookAt(j.call.NotAfter); j.MayCome && j.mode == "act" && j.NextAt.Before(over) {
		j.NextAt = over
	}
}

func (j *judging) withResult(r *executorv1.Result) {
	j.ResultRef, j.URL, j.Account = r.GetRef(), r.GetUrl(), r.GetAccount()
	j.ofProvider, j.ofExecutor = well, well
	if r.GetAccount() != "" && (r.GetOutcome() == "done" || r.GetOutcome() == "already") {
		j.note("executor", "acted as %s", r.GetAccount())
	}
	detail := r.GetReason()
	if r.GetHttpStatus() != 0 {
		detail = fmt.Sprintf("HTTP %d%s", r.GetHttpStatus(), after(" ", detail))
	}
	switch r.GetOutcome() {
	case "done":
		j.end("done", "")
		if r.GetReason() != "" {
			j.note("executor", "%s", r.GetReason())
		}
	case "already":
		j.end("done", "")
		if j.mode == "look" {
			j.note("already", "it was there when it was looked for")
		} else {
			j.note("already", "it was so before")
		}
	case "dry_run":
		j.ofProvider = nothing
		j.end("dry_run", "no_token")
		j.Request = r.GetRequest()
		// Else it is one because the executor could not act.
		if j.mode == "dry_run" {
			j.Reason = whyDry(j.call.Shown)
		}
	case "rejected":
		j.rejected(r, detail)
	case "retry":
		j.retry(r, detail)
	default:
		if j.ofProvider = away; j.mode == "look" {
			j.ofProvider = nothing // It may be well, and have no marker to look for.
		}
		j.unknown("", detail)
		j.obey(r.GetRetryAfter().AsDuration())
	}
}

// obey puts the next attempt off for as long as the provider asks.
func (j *judging) obey(wait time.Duration) {
	if at := j.Now().Add(wait); j.State == "queued" && at.After(j.NextAt) {
		j.NextAt = at
	}
}

// whyDry is the reason that policy gave for a dry run. The call's own is another one
// by now, if it had to wait.
func whyDry(c *toolsv1.Call) string {
	for _, e := range c.GetEvidence() {
		if e.GetKind() == ledger.EvidenceDryRun {
			reason, _, _ := strings.Cut(e.GetDetail(), ":")
			return reason
		}
	}
	return "policy"
}

// rejected: nothing was done and never will be. To a look it says that the effect
// is not there, for certain (not_found), or that nobody may look.
func (j *judging) rejected(r *executorv1.Result, detail string) {
	switch {
	case j.mode != "look":
		j.never(detail)
	case r.GetReason() == reasonNotFound:
		j.note(ledger.EvidenceAttempt, "looked for: it was not made")
		j.State, j.NextAt = "queued", j.Now()
	default:
		j.unknown("", detail)
	}
}

// never ends a call of which this attempt did nothing, nor would another. One before
// it may have acted: then nobody knows what came of the call.
func (j *judging) never(detail string) {
	j.end("failed", "rejected")
	j.note("executor", "%s", detail)
	if j.pending() {
		j.State = "unknown"
		j.note(ledger.EvidenceAttempt, "an attempt before this one had no answer and may have acted")
	}
}

// retry: certainly nothing was done.
func (j *judging) retry(r *executorv1.Result, detail string) {
	reason := r.GetReason()
	switch reason {
	case reasonRateLimited:
	case reasonDeadline:
		j.ofProvider = nothing
	default:
		reason, j.ofProvider = reasonProviderAway, away
	}
	switch {
	case r.GetDetail() != "": // With the status, where there was one.
		detail = r.GetDetail()
	case detail == reason:
		detail = ""
	}
	j.again(reason, detail, j.pending())
	wait := r.GetRetryAfter().AsDuration()
	j.obey(wait)
	if j.State == "queued" && wait > 0 && reason == reasonRateLimited {
		j.Blocked = j.Now().Add(wait)
	}
}

func after(separator, s string) string {
	if s == "" {
		return ""
	}
	return separator + s
}

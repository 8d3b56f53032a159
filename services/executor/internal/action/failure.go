package action

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/reach"
)

// Failure is a request that the provider did not take, or may have taken, as a
// Result has it.
type Failure struct {
	// Outcome is Rejected, Retry or Unknown.
	Outcome string
	// Reason is a word where callers branch on it, else a sentence for people
	// without secrets, at most 400 characters.
	Reason string
	// Detail is a sentence for people, as Reason is, where Reason is a word.
	Detail     string
	RetryAfter time.Duration
	// Status is the provider's; 0 where none was received.
	Status int
	// read: the provider's answer to the request that acts says so.
	read bool
	// renewed: the credentials were refused, and others may be had.
	renewed bool
	err     error
}

// Error is the reason and, below it, the cause.
func (f *Failure) Error() string {
	if f.err == nil {
		return f.Outcome + ": " + f.Reason
	}
	return f.Outcome + ": " + f.Reason + ": " + f.err.Error()
}

func (f *Failure) Unwrap() error { return f.err }

// Refuse is a Failure of ours: nothing was done, and never will be.
func Refuse(format string, args ...any) *Failure {
	return &Failure{Outcome: Rejected, Reason: said(fmt.Sprintf(format, args...), nil)}
}

// Conclude is what the provider's answer to the request that acts says: it took
// the request, did not do what was asked for, and never will.
func Conclude(format string, args ...any) *Failure {
	f := Refuse(format, args...)
	f.read = true
	return f
}

// ConcludeRetry is what an answer that was taken says: nothing was done, and it may
// be tried again after the wait; 0 for none.
func ConcludeRetry(reason string, wait time.Duration) *Failure {
	return &Failure{Outcome: Retry, Reason: reason, RetryAfter: wait, read: true}
}

// Reject is the Result of a command that nothing can be sent for.
func Reject(err error) *executorv1.Result {
	return &executorv1.Result{Outcome: Rejected, Reason: said(err.Error(), nil)}
}

// Unsure is a Failure of ours: nobody can tell what there is.
func Unsure(format string, args ...any) *Failure {
	return &Failure{Outcome: Unknown, Reason: said(fmt.Sprintf(format, args...), nil)}
}

// Status is that of the provider's refusal in err; 0 if it is none.
func Status(err error) int {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Status
	}
	return 0
}

func late() *Failure { return &Failure{Outcome: Retry, Reason: ReasonDeadline, err: errLate} }

// unsigned is a request that has no credentials: it was not sent.
func (p *Provider) unsigned(err error) error {
	if _, ok := errors.AsType[*Failure](err); ok {
		return err
	}
	return &Failure{Outcome: Retry, Reason: ReasonProviderAway, err: fmt.Errorf("%s: credentials: %w", p.o.Name, err)}
}

// undelivered is a request that got no answer.
func (a *attempt) undelivered(req *http.Request, err error, wrote, reads bool) error {
	switch {
	case errors.Is(err, errLate):
		return late()
	case !reads && wrote && !reach.NotSent(err):
		a.acted.Store(true)
		return &Failure{Outcome: Unknown, Reason: fmt.Sprintf("%s gave no answer to a request that may have reached it", a.p.o.Name), err: a.trouble(err)}
	case req.Context().Err() != nil && errors.Is(req.Context().Err(), context.DeadlineExceeded):
		return &Failure{Outcome: Retry, Reason: ReasonDeadline, err: a.trouble(err)}
	}
	trouble := a.trouble(err)
	return &Failure{Outcome: Retry, Reason: ReasonProviderAway, Detail: said(trouble.Error(), nil), err: trouble}
}

// trouble keeps the URL out, which net/http's errors have.
func (a *attempt) trouble(err error) error {
	return errors.New(reach.Explain(a.p.o.Setting, a.p.o.URL, err).String())
}

// refused is an answer that is no success.
func (a *attempt) refused(resp *http.Response, secrets []string, reads bool) *Failure {
	body := drained(resp.Body)
	_ = resp.Body.Close() // all that is wanted of it was read
	f := &Failure{Status: resp.StatusCode}
	wait, limited := limit(resp, body, a.p.o.Now())
	switch {
	case limited:
		f.Outcome, f.Reason, f.RetryAfter = Retry, ReasonRateLimited, wait
		f.Detail = a.p.sentence(resp.StatusCode, body, secrets)
	case resp.StatusCode >= 500 && !reads:
		// It may have failed after the effect.
		a.acted.Store(true)
		f.Outcome, f.Reason = Unknown, fmt.Sprintf("%s failed with %d and may have acted", a.p.o.Name, resp.StatusCode)
		f.RetryAfter = retryAfter(resp.Header, a.p.o.Now())
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusRequestTimeout:
		f.Outcome, f.Reason, f.RetryAfter = Retry, ReasonProviderAway, retryAfter(resp.Header, a.p.o.Now())
		f.Detail = a.p.sentence(resp.StatusCode, body, secrets)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		f.Outcome, f.Reason = Rejected, fmt.Sprintf("%s says %d: the target has moved, and redirects are not followed: name it by its new name", a.p.o.Name, resp.StatusCode)
	default:
		f.Outcome, f.Reason = Rejected, a.p.sentence(resp.StatusCode, body, secrets)
	}
	return f
}

func (p *Provider) sentence(status int, body []byte, secrets []string) string {
	sentence := fmt.Sprintf("%s says %d %s", p.o.Name, status, http.StatusText(status))
	if message := said(p.o.Message(body), secrets); message != "" {
		sentence += ": " + message
	}
	return bounded(sentence)
}

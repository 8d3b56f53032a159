package fault

import (
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect"

	errorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/error/v1"
)

// Reason is one of the words that switchyard.error.v1.Fault lists.
type Reason string

// The reasons, each with the code it travels under (see code).
const (
	SealInvalid       Reason = "seal_invalid"
	Scope             Reason = "scope"
	PlanInvalid       Reason = "plan_invalid"
	EventInvalid      Reason = "event_invalid"
	EffectsOnlyInRuns Reason = "effects_only_in_runs"
	RunUnknown        Reason = "run_unknown"
	Overloaded        Reason = "overloaded"
	Unavailable       Reason = "unavailable"
	Deadline          Reason = "deadline"
	TokenMissing      Reason = "token_missing"
)

type fault struct {
	reason Reason
	detail string
}

func (f *fault) Error() string { return string(f.reason) + ": " + f.detail }

// New makes a fault. The detail is shown to callers: no secrets, no text of an event.
func New(r Reason, format string, args ...any) error {
	return &fault{reason: r, detail: fmt.Sprintf(format, args...)}
}

// ReasonOf returns the reason of a fault made here or received from a peer,
// and "" for every other error.
func ReasonOf(err error) Reason {
	reason, _ := split(err)
	return reason
}

// Detail returns what a fault says for a person; "" for every other error.
func Detail(err error) string {
	_, detail := split(err)
	return detail
}

func split(err error) (Reason, string) {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.reason, f.detail
	}
	ce, ok := errors.AsType[*connect.Error](err)
	if !ok {
		return "", ""
	}
	for _, d := range ce.Details() {
		msg, derr := d.Value()
		if derr != nil {
			continue
		}
		if f, ok := msg.(*errorv1.Fault); ok {
			return Reason(f.GetReason()), f.GetDetail()
		}
	}
	return "", ""
}

// FromPeer turns what a call to another service failed with into a fault where
// it is one: a peer that is away or too slow is nobody's bug.
func FromPeer(err error) error {
	if err == nil || ReasonOf(err) != "" {
		return err
	}
	switch connect.CodeOf(err) {
	case connect.CodeUnavailable:
		return &fault{reason: Unavailable, detail: "a service that this one needs can't be reached"}
	case connect.CodeDeadlineExceeded, connect.CodeCanceled:
		return &fault{reason: Deadline, detail: "no answer within the deadline"}
	case connect.CodeResourceExhausted:
		return &fault{reason: Overloaded, detail: "too much is in flight"}
	default:
		return err
	}
}

// ToConnect is the one place that maps errors to codes. The second result says
// whether the error is ours to log: it leaves as internal, with a fixed sentence.
func ToConnect(err error) (_ *connect.Error, internal bool) {
	if reason, detail := split(err); reason != "" {
		return faultError(reason, detail), false
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return faultError(Deadline, "not finished within the deadline"), false
	}
	var ce *connect.Error
	if errors.As(err, &ce) && !connect.IsWireError(err) {
		return ce, false
	}
	return connect.NewError(connect.CodeInternal, errors.New("internal error: the service's log has the cause")), true
}

func faultError(reason Reason, detail string) *connect.Error {
	ce := connect.NewError(code(reason), errors.New(string(reason)+": "+detail))
	if d, err := connect.NewErrorDetail(&errorv1.Fault{Reason: string(reason), Detail: detail}); err == nil {
		ce.AddDetail(d)
	}
	return ce
}

func code(r Reason) connect.Code {
	switch r {
	case SealInvalid, Scope:
		return connect.CodePermissionDenied
	case TokenMissing:
		return connect.CodeUnauthenticated
	case PlanInvalid, EventInvalid:
		return connect.CodeInvalidArgument
	case EffectsOnlyInRuns:
		return connect.CodeFailedPrecondition
	case RunUnknown:
		return connect.CodeNotFound
	case Overloaded:
		return connect.CodeResourceExhausted
	case Unavailable:
		return connect.CodeUnavailable
	case Deadline:
		return connect.CodeDeadlineExceeded
	}
	return connect.CodeInternal
}

package report

import (
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// maxChecks is more than any request is put to; a check beyond it is left out.
const maxChecks = 20

// rejected is the status of every refusal.
const rejected = "rejected"

// Delivery is one request on its way to its answer. It belongs to its request's
// goroutine until it is added to a Reporter, and to that from then on.
type Delivery struct {
	// Source is one of ours; "" for a path that names none.
	Source   string
	Instance string
	// Type is the provider's word for the event, of an unverified request as its
	// header claims.
	Type string
	// Header is what the request says of itself; nil for nothing.
	Header *eventv1.Delivery
	// Address is the sender's, without a port.
	Address string
	// Authn is how the request proved itself; "" where it didn't.
	Authn string
	// EventID is set once a body is an event.
	EventID string
	// BodyBytes is how much of the body was read.
	BodyBytes int
	// Explain is asked for more checks, off the request's path and only of a
	// refusal that is kept; nil for none. It holds the body.
	Explain func() []Check

	started  time.Time
	took     time.Duration
	code     int
	status   string
	reason   string
	runID    string
	replayed bool
	checks   []Check
}

// Check is one thing that was looked at. It names settings, never their values,
// and nothing of a body.
type Check struct {
	Name, Outcome, Detail, Remedy string
}

// The outcomes of a check.
const (
	OK     = "ok"
	Failed = "failed"
	Note   = "note"
)

// Begin makes the record of a request that came at a time. Until it is told
// another answer it says what a request is answered that panics: 503.
func Begin(at time.Time) *Delivery {
	return &Delivery{started: at, code: http.StatusServiceUnavailable, status: rejected, reason: "unavailable", checks: make([]Check, 0, 6)}
}

// Check adds what was found. remedy is "" where nothing is wrong.
func (d *Delivery) Check(name, outcome, detail, remedy string) {
	if len(d.checks) < maxChecks {
		d.checks = append(d.checks, Check{name, outcome, detail, remedy})
	}
}

// Answered sets the agent's answer.
func (d *Delivery) Answered(code int, a *agentv1.Answer) {
	d.code, d.status, d.reason = code, a.GetStatus(), ""
	d.runID, d.replayed = a.GetRunId(), a.GetReplayed()
	if a.GetEventId() != "" {
		d.EventID = a.GetEventId()
	}
}

// Refused sets the refusal.
func (d *Delivery) Refused(code int, reason string) {
	d.code, d.status, d.reason = code, rejected, reason
}

// record holds every string to its bound: one that is too long would have the
// whole batch refused.
func (d *Delivery) record(id string) *toolsv1.DeliveryRecord {
	out := &toolsv1.DeliveryRecord{
		Id:         id,
		Source:     cut(d.Source, 40),
		Instance:   cut(d.Instance, 32),
		Delivery:   d.Header,
		Code:       uint32(d.code), //nolint:gosec // an HTTP status code
		Status:     cut(d.status, 40),
		Reason:     cut(d.reason, 60),
		Type:       cut(d.Type, 100),
		EventId:    cut(d.EventID, 36),
		RunId:      cut(d.runID, 36),
		BodyBytes:  uint64(max(d.BodyBytes, 0)), //nolint:gosec // not negative
		ReceivedAt: timestamppb.New(d.started),
		Address:    cut(d.Address, 45),
		Authn:      cut(d.Authn, 20),
		Replayed:   d.replayed,
		Took:       durationpb.New(d.took),
	}
	for _, c := range d.checks {
		out.Checks = append(out.Checks, &toolsv1.DeliveryCheck{
			Name: cut(c.Name, 40), Outcome: c.Outcome, Detail: cut(c.Detail, 500), Remedy: cut(c.Remedy, 500),
		})
	}
	return out
}

// cut returns at most n characters of s, as valid UTF-8.
func cut(s string, n int) string {
	if len(s) > 4*n {
		s = s[:4*n]
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

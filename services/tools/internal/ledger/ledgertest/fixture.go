package ledgertest

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

const (
	kindEvent = iota
	kindRun
	kindCall
	kindEffect
	kindDelivery
)

const (
	change = "github:pr:acme/api#42"
	issue  = "jira:issue:ACME-7"
	repo   = "github:repo:acme/api"

	// runLease and callLease are on the store's clock.
	runLease  = 20 * time.Second
	callLease = 30 * time.Second

	us    ledger.Owner = "us"
	them  ledger.Owner = "them"
	other ledger.Owner = "other"
)

// event is the n-th event: of a change, an hour after the one before.
func event(n int) *eventv1.WebhookEvent {
	at := newClock().now.Add(time.Duration(n) * time.Hour)
	return &eventv1.WebhookEvent{
		Id: id(kindEvent, n), DedupKey: id(kindEvent, n), Source: "github", Kind: "change.updated", Type: "pull_request", Action: "edited",
		Ref: change, NativeId: "42", Place: repo, Visibility: "private", Actor: &eventv1.Account{Id: "7", Login: "ana"},
		OccurredAt: timestamppb.New(at), ReceivedAt: timestamppb.New(at), Occurrence: id(kindEvent, n),
	}
}

// windowed is the n-th event of one key, received after d.
func windowed(n int, key string, d time.Duration) *eventv1.WebhookEvent {
	e := event(n)
	e.DedupKey, e.DedupWindow = key, durationpb.New(10*time.Minute)
	e.ReceivedAt = timestamppb.New(newClock().now.Add(d))
	return e
}

// opening opens the n-th run with an event.
func opening(n int, e *eventv1.WebhookEvent) ledger.Opening {
	sealed, err := proto.Marshal(e)
	if err != nil {
		panic(err) // The suite's own event.
	}
	at := e.GetOccurredAt().AsTime()
	return ledger.Opening{
		Run: ledger.RunID(id(kindRun, n)), Event: e, Sealed: sealed, Body: []byte("body"), Authn: "signature",
		Delivery: &eventv1.Delivery{DeliveryId: id(kindRun, n), ReceivedAt: e.GetReceivedAt()},
		Delta: project.Delta{
			Entities:     []project.Entity{{Ref: e.GetRef(), Kind: "change", NativeID: "42", Place: repo}, {Ref: issue, Kind: "issue", Stub: true}},
			Links:        []project.Link{{From: e.GetRef(), To: issue, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: "comment", At: at, Author: e.GetActor()}},
			Observations: []project.Observation{{Subject: e.GetRef(), Name: e.GetKind(), SubKey: e.GetId(), At: at, Value: "v"}},
		},
		Links: []*toolsv1.Link{{Kind: "issue", Ref: issue, Where: "comment", Target: true, Confirmed: true}},
		Owner: us, Lease: runLease,
	}
}

// opened opens the n-th run with the n-th event.
func (h *harness) opened(n int) ledger.RunID {
	h.Helper()
	o, err := h.Open(h.ctx, opening(n, event(n)))
	h.ok(err)
	return ledger.RunID(o.Run.GetRunId())
}

func plan(class string) *toolsv1.Plan {
	return &toolsv1.Plan{RulesHash: "ab", Class: class, DecidedBy: "metadata", Calls: []*toolsv1.PlannedCall{{
		Rule: "rule", Step: "step", Tool: "jira.transition",
		Arguments: map[string]*toolsv1.Argument{
			"target": {Value: &toolsv1.Argument_Path{Path: "link.issue[0]"}},
			"status": {Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{"Done"}}}},
		},
	}}}
}

// intent is the n-th call, held by us and to be performed at once. It shares
// its effect with every intent of the same key.
func (h *harness) intent(n, key int, class string) ledger.Call {
	now := h.clock.Now()
	payload, err := structpb.NewStruct(map[string]any{"status": "Done"})
	if err != nil {
		h.Fatalf("payload: %v", err)
	}
	return ledger.Call{
		Shown: &toolsv1.Call{
			CallId: id(kindCall, n), EffectKey: id(kindEffect, key), Rule: "rule", Step: "step", Tool: "jira.transition",
			Class: class, Target: issue, State: "running",
		},
		Payload: payload, Mode: "act", Occurrence: id(kindEvent, n), Version: now,
		NotAfter: now.Add(8 * time.Second), LookAt: now.Add(20 * time.Second), ValidUntil: now.Add(time.Hour),
		Owner: us, Lease: callLease,
	}
}

// queued is an intent that nobody holds.
func (h *harness) queued(n, key int, class string) ledger.Call {
	c := h.intent(n, key, class)
	c.Shown.State = "queued"
	c.Owner, c.Lease, c.NotAfter, c.LookAt = "", 0, time.Time{}, time.Time{}
	return c
}

// pinned opens the n-th run and pins calls to it.
func (h *harness) pinned(n int, calls ...ledger.Call) ledger.Pinned {
	h.Helper()
	p, err := h.Pin(h.ctx, ledger.Pinning{Run: h.opened(n), Plan: plan("change.updated"), Calls: calls})
	h.ok(err)
	return p
}

// call returns the one call of the n-th run as the store has it now.
func (h *harness) call(n int) *toolsv1.Call {
	h.Helper()
	s, err := h.Run(h.ctx, ledger.RunID(id(kindRun, n)))
	h.ok(err)
	if len(s.Run.GetCalls()) != 1 {
		h.Fatalf("run %d has %d calls, want 1", n, len(s.Run.GetCalls()))
	}
	return s.Run.GetCalls()[0]
}

// wantCall compares the call of the n-th run.
func (h *harness) wantCall(n int, state, reason string) {
	h.Helper()
	if c := h.call(n); c.GetState() != state || c.GetReason() != reason {
		h.Errorf("call of run %d is %s %q, want %s %q", n, c.GetState(), c.GetReason(), state, reason)
	}
}

// settle records the outcome of the n-th run's n-th call.
func (h *harness) settle(n int, state, reason string) ledger.Stored {
	h.Helper()
	s, err := h.Record(h.ctx, ledger.RunID(id(kindRun, n)), []ledger.Outcome{{Call: ledger.CallID(id(kindCall, n)), State: state, Reason: reason, Attempted: true}})
	h.ok(err)
	return s
}

// lease leases up to ten calls and returns their ids.
func (h *harness) lease(owner ledger.Owner) []string {
	h.Helper()
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: owner, Limit: 10, Lease: callLease})
	h.ok(err)
	var ids []string
	for _, c := range calls {
		ids = append(ids, c.Shown.GetCallId())
	}
	return ids
}

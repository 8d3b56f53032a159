package forward

import (
	"context"
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
)

// Authn says how a request proved itself.
type Authn string

// How a request proves itself.
const (
	// Signature: an HMAC over the raw body.
	Signature Authn = "signature"
	// Token: one that the request carries. Nothing covers the body.
	Token Authn = "token"
)

// maxReads bounds the public look-ups of runs, apart from the deliveries.
const maxReads = 32

// Agent is the way to the agent.
type Agent struct {
	client     agentv1connect.AgentServiceClient
	keys       seal.Keys
	deliveries gate
	reads      gate
}

// New makes the way to the agent. More than maxInFlight deliveries at a time
// are refused as overloaded.
func New(client agentv1connect.AgentServiceClient, keys seal.Keys, maxInFlight int) *Agent {
	return &Agent{
		client:     client,
		keys:       keys,
		deliveries: make(gate, maxInFlight),
		reads:      make(gate, maxReads),
	}
}

// Deliver seals the event with its raw body and returns the agent's answer.
// See Reason for what an error means to the provider.
func (a *Agent) Deliver(ctx context.Context, e *eventv1.WebhookEvent, d *eventv1.Delivery, body []byte, authn Authn) (*agentv1.Answer, error) {
	if !a.deliveries.enter() {
		return nil, fault.New(fault.Overloaded, "%d deliveries are in flight", cap(a.deliveries))
	}
	defer a.deliveries.leave()
	sealed, err := a.seal(e, body, authn)
	if err != nil {
		return nil, err
	}
	resp, err := a.client.HandleEvent(ctx, &agentv1.HandleEventRequest{
		Input:    &agentv1.HandleEventRequest_Sealed{Sealed: sealed},
		Delivery: d,
	})
	if err != nil {
		return nil, fmt.Errorf("forward: %w", fault.FromPeer(err))
	}
	if resp.GetAnswer().GetStatus() == "" {
		return nil, errors.New("forward: the agent answered without a status")
	}
	return resp.GetAnswer(), nil
}

// seal marshals the event, once and for all: everybody behind ingress passes
// these bytes on.
func (a *Agent) seal(e *eventv1.WebhookEvent, body []byte, authn Authn) (*eventv1.SealedEvent, error) {
	marshalled, err := proto.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("forward: marshal event %s: %w", e.GetId(), err)
	}
	keyID, mac := a.keys.Seal(marshalled, string(authn))
	return &eventv1.SealedEvent{
		Event: marshalled,
		Body:  s2.Encode(nil, body),
		Authn: string(authn),
		KeyId: keyID,
		Mac:   mac,
	}, nil
}

// Run returns the answer of a run as it stands now. A run that nobody knows is
// the fault run_unknown.
func (a *Agent) Run(ctx context.Context, runID string) (*agentv1.Answer, error) {
	if !a.reads.enter() {
		return nil, fault.New(fault.Overloaded, "%d look-ups are in flight", cap(a.reads))
	}
	defer a.reads.leave()
	resp, err := a.client.GetRun(ctx, &agentv1.GetRunRequest{RunId: runID})
	if err != nil {
		return nil, fmt.Errorf("forward: %w", fault.FromPeer(err))
	}
	return resp.GetAnswer(), nil
}

// Reason is what the provider is told of an error. None is the provider's fault
// here: its request was fine, so even an event that a service behind refuses is
// answered with 503.
func Reason(err error) answer.Reason {
	if fault.ReasonOf(err) == fault.Overloaded {
		return answer.Overloaded
	}
	return answer.Unavailable
}

// gate lets as many in as it has room for, and turns the others away at once.
type gate chan struct{}

func (g gate) enter() bool {
	select {
	case g <- struct{}{}:
		return true
	default:
		return false
	}
}

func (g gate) leave() { <-g }

package record

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Forget leaves of a call what keeps its effect from happening twice. What was
// still to be made is not made; of an attempt under way the outcome will not be known.
func (c *Call) Forget() error {
	s, err := c.Decoded()
	if err != nil {
		return err
	}
	c.settle()
	bare := &toolsv1.Call{
		CallId: s.GetCallId(), EffectKey: s.GetEffectKey(), Rule: s.GetRule(), Step: s.GetStep(), Tool: s.GetTool(), Class: s.GetClass(),
		State: s.GetState(), Reason: s.GetReason(), SameAs: s.GetSameAs(), Attempts: s.GetAttempts(),
	}
	for _, e := range s.GetEvidence() {
		bare.Evidence = append(bare.Evidence, &toolsv1.Evidence{Kind: e.GetKind()})
	}
	c.Shown, c.Payload = bare, []byte{}
	return c.Encode()
}

// settle lets nobody make the call any more.
func (c *Call) settle() {
	switch c.Shown.GetState() {
	case "queued", "held":
		if c.begun() || c.doubted() {
			c.rest("unknown", ledger.ReasonForgotten)
		} else {
			c.rest("skipped", ledger.ReasonForgotten)
		}
	case "running":
		c.rest("unknown", ledger.ReasonForgotten)
	case "failed":
		// Not to be queued again by a redelivery.
		c.rest("failed", ledger.ReasonForgotten)
	}
}

// Replace puts another input in the place of a call's, which is decoded. It is not made any more:
// what it would say is not what was decided.
func (c *Call) Replace(input *structpb.Struct) (err error) {
	c.settle()
	if c.Payload, err = (proto.MarshalOptions{}).MarshalAppend([]byte{}, input); err != nil {
		return fmt.Errorf("ledger: encode the payload of call %s: %w", c.ID, err)
	}
	return c.Encode()
}

// Input is the tool's, without its target.
func (c *Call) Input() (*structpb.Struct, error) {
	payload := &structpb.Struct{}
	if err := proto.Unmarshal(c.Payload, payload); err != nil {
		return nil, fmt.Errorf("ledger: payload of call %s: %w", c.ID, err)
	}
	return payload, nil
}

// Forget takes from an entity what was told before, and keeps what newer events
// tell. It reports whether anything is left.
func (e *Entity) Forget(newer func(event string) (bool, error)) (left bool, err error) {
	for name, a := range e.Attributes {
		keep, err := newer(a.Event)
		if err != nil {
			return false, err
		}
		if !keep {
			delete(e.Attributes, name)
			continue
		}
		if a.Changes, err = changesBy(a.Changes, newer); err != nil {
			return false, err
		}
		e.Attributes[name] = a
	}
	left, err = newer(e.Version.Event)
	if err != nil || left {
		return left, err
	}
	e.Kind, e.NativeID, e.Place, e.Seen, e.Vouched, e.Version = "", "", "", false, false, Version{}
	clear(e.Texts)
	return len(e.Attributes) > 0, nil
}

// changesBy leaves the changes of newer events.
func changesBy(list []Version, newer func(event string) (bool, error)) (kept []Version, err error) {
	for _, v := range list {
		keep, err := newer(v.Event)
		if err != nil {
			return nil, err
		}
		if keep {
			kept = append(kept, v)
		}
	}
	return kept, nil
}

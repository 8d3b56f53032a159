package record

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// MayBeSuperseded tells whether the call's target is to be looked at.
func (c *Call) MayBeSuperseded() bool {
	return c.Sets != "" && c.Mode == "act" && c.Version != 0 && IsOpen(c.Shown.GetState())
}

// Attribute is the name of what the call sets.
func (c *Call) Attribute() string {
	name, _, _ := strings.Cut(c.Sets, "=")
	return name
}

// value is what the call sets it to.
func (c *Call) value() (string, error) {
	name, value, fixed := strings.Cut(c.Sets, "=")
	if fixed {
		return value, nil
	}
	payload, err := c.Input()
	return payload.GetFields()[name].GetStringValue(), err
}

// Overtaken returns the events that changed the attribute of its target since the one
// that the call was planned on, the newest first; none where it is now what the call
// would set it to. By whom they are is for the store to tell.
func (c *Call) Overtaken(of *Entity) (events []string, err error) {
	if of == nil {
		return nil, nil
	}
	a := of.Attributes[c.Attribute()]
	value, err := c.value()
	if err != nil || strings.EqualFold(value, a.Value) {
		return nil, err
	}
	for _, v := range slices.Backward(a.Changes) {
		if v.At > c.Version {
			events = append(events, v.Event)
		}
	}
	return events, nil
}

// Supersede puts the call to rest for an event by which somebody else changed it later.
func (c *Call) Supersede(event string) {
	detail := fmt.Sprintf("%s was changed by somebody else after the event that this was planned on", c.Attribute())
	c.rest("skipped", "superseded")
	c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{Kind: "event", Detail: detail, Ref: event})
	c.mayHaveActed(c.Again)
}

// Actor is the ref of who acted in an event; "" where nobody is named.
func Actor(encoded []byte) (string, error) {
	e := &eventv1.WebhookEvent{}
	if err := proto.Unmarshal(encoded, e); err != nil {
		return "", fmt.Errorf("ledger: event: %w", err)
	}
	return project.Person(project.Origin(e), e.GetActor()), nil
}

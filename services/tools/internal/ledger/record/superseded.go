package record

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// MayBeSuperseded tells whether the call's target is to be looked at.
func (c *Call) MayBeSuperseded() bool {
	return c.Sets != "" && c.Mode == "act" && c.Version != 0 && IsOpen(c.Shown.GetState())
}

// Outdated tells whether an attribute of its target has been set since the event that
// the call was planned on, and not to what the call would set it to.
func (c *Call) Outdated(a Attribute) (bool, error) {
	if a.Unvouched || a.At <= c.Version {
		return false, nil
	}
	payload, err := c.Input()
	if err != nil {
		return false, err
	}
	for _, v := range payload.GetFields() {
		if says(v, a.Value) {
			return false, nil
		}
	}
	return true, nil
}

func says(v *structpb.Value, value string) bool {
	for _, element := range v.GetListValue().GetValues() {
		if says(element, value) {
			return true
		}
	}
	return strings.EqualFold(v.GetStringValue(), value)
}

// Supersede puts the call to rest for an attribute that somebody else set later.
func (c *Call) Supersede(a Attribute) {
	detail := fmt.Sprintf("%s was set by somebody else after the event that this was planned on", c.Sets)
	c.rest("skipped", "superseded")
	c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{Kind: "event", Detail: detail, Ref: a.Event})
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

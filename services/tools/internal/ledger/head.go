package ledger

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Head is what lists and explanations show of an event: no text.
func Head(e *eventv1.WebhookEvent) *toolsv1.EventHead {
	return &toolsv1.EventHead{
		Source:     e.GetSource(),
		Instance:   e.GetInstance(),
		Kind:       e.GetKind(),
		Type:       e.GetType(),
		Action:     e.GetAction(),
		Ref:        e.GetRef(),
		Place:      e.GetPlace(),
		Visibility: e.GetVisibility(),
		Actor:      e.GetActor(),
		OccurredAt: e.GetOccurredAt(),
		ReceivedAt: e.GetReceivedAt(),
	}
}

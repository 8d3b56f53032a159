package classify

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

// The words of Plan.decided_by that this package gives.
const (
	byMetadata = "metadata"
	byDefault  = "default"
)

// stage looks at an event and the classes that rules declare for it (nil for
// none), and may say which it is.
type stage func(event *eventv1.WebhookEvent, declared *rule.Classes) (rule.Class, bool)

// stages are asked in this order, cheapest first; the first that can tell decides.
func stages() []stage { return []stage{metadata} }

// Event returns the class of an event: one of those that the first matching
// rule declares, its default where no stage can tell; the event's kind where
// no rule declares any.
func Event(event *eventv1.WebhookEvent, links []*toolsv1.Link, rules *rule.Set) rule.Class {
	declared := rules.Classes(event, links)
	for _, decide := range stages() {
		if class, ok := decide(event, declared); ok {
			return class
		}
	}
	return rule.Class{Name: declared.Default, DecidedBy: byDefault}
}

// metadata decides where there is nothing to choose between: the only class
// that is declared, or the kind.
func metadata(event *eventv1.WebhookEvent, declared *rule.Classes) (rule.Class, bool) {
	switch {
	case declared == nil:
		return rule.Class{Name: event.GetKind(), DecidedBy: byMetadata}, true
	case len(declared.Names) == 1:
		return rule.Class{Name: declared.Default, DecidedBy: byMetadata}, true
	}
	return rule.Class{}, false
}

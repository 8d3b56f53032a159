package classify

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/agent/internal/classify/lexicon"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

// The words of Plan.decided_by that this package gives.
const (
	byMetadata = "metadata"
	byLexicon  = "lexicon"
	byDefault  = "default"
)

// Classifier classifies events. It keeps nothing of them, and may be used by
// any number of goroutines.
type Classifier struct{ lexicon *lexicon.Lexicon }

// New makes a classifier. It loads the lexicon, some milliseconds' work.
func New() *Classifier { return &Classifier{lexicon: lexicon.New()} }

// stage looks at an event and the classes that rules declare for it (nil for
// none), and may say which it is.
type stage func(event *eventv1.WebhookEvent, declared *rule.Classes) (rule.Class, bool)

// stages are asked in this order, cheapest first; the first that can tell decides.
func (c *Classifier) stages() []stage { return []stage{metadata, c.words} }

// Event returns the class of an event: one of those that the first matching
// rule declares, its default where no stage can tell; the event's kind where
// no rule declares any.
func (c *Classifier) Event(event *eventv1.WebhookEvent, links []*toolsv1.Link, rules *rule.Set) rule.Class {
	declared := rules.Classes(event, links)
	for _, decide := range c.stages() {
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

// words decides by what the event's text says. Whoever wrote it chooses among
// the declared classes, and nothing else.
func (c *Classifier) words(event *eventv1.WebhookEvent, declared *rule.Classes) (rule.Class, bool) {
	d, ok := c.lexicon.Decide(event.GetText().GetParts(), declared.Names)
	if !ok {
		return rule.Class{}, false
	}
	return rule.Class{Name: d.Class, DecidedBy: byLexicon, Confidence: d.Confidence, Words: d.Words}, true
}

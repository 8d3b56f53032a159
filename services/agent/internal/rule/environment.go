package rule

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// environment answers an expression's variables for one event. What no
// expression asks for is never built.
type environment struct {
	event *eventv1.WebhookEvent
	links []*toolsv1.Link
}

var _ cel.Activation = (*environment)(nil)

func (e *environment) Parent() cel.Activation { return nil }

func (e *environment) ResolveName(name string) (any, bool) {
	switch name {
	case "event.actor":
		return e.actor(), true
	case "event.changes":
		return e.changes(), true
	case "event.fields":
		if f := e.event.GetFields(); f != nil {
			return f, true
		}
		return &structpb.Struct{}, true
	}
	if kind, ok := strings.CutPrefix(name, "link."); ok {
		return e.targetRefs(kind), true
	}
	if field, ok := strings.CutPrefix(name, "event."); ok {
		return e.eventString(field)
	}
	return nil, false
}

func (e *environment) eventString(field string) (any, bool) {
	switch field {
	case "kind":
		return e.event.GetKind(), true
	case "source":
		return e.event.GetSource(), true
	case "ref":
		return e.event.GetRef(), true
	case "place":
		return e.event.GetPlace(), true
	case "type":
		return e.event.GetType(), true
	case "action":
		return e.event.GetAction(), true
	case "visibility":
		return e.event.GetVisibility(), true
	case "occurrence":
		return e.event.GetOccurrence(), true
	}
	return nil, false
}

func (e *environment) actor() map[string]string {
	a := e.event.GetActor()
	return map[string]string{
		"id":          a.GetId(),
		"login":       a.GetLogin(),
		"type":        a.GetType(),
		"association": a.GetAssociation(),
	}
}

func (e *environment) changes() []map[string]string {
	changes := make([]map[string]string, 0, len(e.event.GetChanges()))
	for _, c := range e.event.GetChanges() {
		changes = append(changes, map[string]string{"field": c.GetField(), "from": c.GetFrom(), "to": c.GetTo()})
	}
	return changes
}

func (e *environment) targetRefs(kind string) []string {
	targets := targetsOf(e.links, kind)
	refs := make([]string, len(targets))
	for i, l := range targets {
		refs[i] = l.GetRef()
	}
	return refs
}

// targetsOf returns the links of a kind that policy lets a rule act on, in the
// order of their index.
func targetsOf(links []*toolsv1.Link, kind string) []*toolsv1.Link {
	var targets []*toolsv1.Link
	for _, l := range links {
		if l.GetTarget() && l.GetKind() == kind {
			targets = append(targets, l)
		}
	}
	slices.SortStableFunc(targets, func(a, b *toolsv1.Link) int { return int(a.GetIndex()) - int(b.GetIndex()) })
	return targets
}

package project

import (
	"strings"
	"unicode/utf8"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// maxValue bounds an observation's value, in bytes.
const maxValue = 400

// observations says what was seen. The first one is named by the event's kind,
// so that no event is silent; what questions ask besides has names of its own
// (see details); each verified change adds one named by its field.
//
// The sub-key is the occurrence, not the event's id: one fact that comes
// through two hooks is one observation.
func observations(e *eventv1.WebhookEvent) []Observation {
	at, occurrence := happened(e), e.GetOccurrence()
	if occurrence == "" {
		occurrence = e.GetId()
	}
	actor := Person(Origin(e), e.GetActor())
	seen := func(name, value string) Observation {
		return Observation{Subject: e.GetRef(), Name: name, SubKey: occurrence, At: at, Value: clip(value), Place: e.GetPlace(), Actor: actor}
	}
	list := []Observation{seen(e.GetKind(), value(e))}
	named := map[string]bool{e.GetKind(): true}
	for _, d := range details(e.GetKind()) {
		if text := d.value(e); text != "" {
			named[d.name] = true
			list = append(list, seen(d.name, text))
		}
	}
	for _, change := range e.GetChanges() {
		name := strings.ToLower(change.GetField())
		// A change without values is of a text field: it is named in the first observation.
		if named[name] || !isObservable(name) || change.GetFrom() == "" && change.GetTo() == "" {
			continue
		}
		named[name] = true
		list = append(list, seen(name, change.GetTo()))
	}
	return list
}

// value is the word that tells the most about an event of its kind.
func value(e *eventv1.WebhookEvent) string {
	switch e.GetKind() {
	case "change.merged":
		return field(e, "merge_commit_sha")
	case "change.opened", "change.updated", "change.closed":
		return field(e, "head_sha")
	case "commit.pushed":
		return field(e, "after")
	case "change.reviewed":
		return field(e, "state")
	case "issue.created", "issue.closed", "issue.transitioned":
		return changed(e, "status")
	case "issue.assigned":
		return changed(e, "assignee")
	case "issue.updated":
		var names []string
		for _, change := range e.GetChanges() {
			names = append(names, change.GetField())
		}
		return strings.Join(names, ",")
	case "comment.created", "comment.updated", "comment.deleted":
		return field(e, "id")
	case "build.finished", "deployment.finished":
		return field(e, "conclusion")
	case "page.updated", "database.updated":
		return field(e, "updated_properties")
	default:
		return strings.Trim(e.GetType()+"."+e.GetAction(), ".")
	}
}

func field(e *eventv1.WebhookEvent, name string) string {
	text, _ := Scalar(e.GetFields().GetFields()[name])
	return text
}

// changed is what a field is after the event.
func changed(e *eventv1.WebhookEvent, name string) string {
	if to, ok := changedTo(e, name); ok {
		return to
	}
	return field(e, name)
}

// changedTo is what a verified change made of a field. It reports false where
// the event changed something else.
func changedTo(e *eventv1.WebhookEvent, name string) (string, bool) {
	for _, change := range e.GetChanges() {
		if strings.EqualFold(change.GetField(), name) && (change.GetFrom() != "" || change.GetTo() != "") {
			return change.GetTo(), true
		}
	}
	return "", false
}

// clip bounds a value, never in the middle of a character.
func clip(value string) string {
	if len(value) <= maxValue {
		return value
	}
	end := maxValue
	for !utf8.RuneStart(value[end]) {
		end--
	}
	return value[:end]
}

// isObservable holds an observation's name to the charset of facts.observe:
// providers let people name fields of their own.
func isObservable(name string) bool {
	if name == "" || len(name) > 64 || !isLower(name[0]) {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !isLower(c) && !isDigit(c) && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

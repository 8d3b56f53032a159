package rule

import (
	"regexp"
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/near"
)

// teach puts what the compiler of expressions says into words that a rule's author
// can act on. name is what stands at the place: "event.title".
func teach(msg, name string) string {
	switch undeclared, isName := strings.CutPrefix(msg, "undeclared reference to '"); {
	case isName && (strings.HasPrefix(undeclared, "event'") || strings.HasPrefix(undeclared, "link'")):
		return unreadable(name)
	case isName:
		word, _, _ := strings.Cut(undeclared, "'")
		return word + " is nothing that a rule may read: " + outside(word)
	case strings.HasPrefix(msg, "Syntax error: token recognition error at: '$'"):
		return "no expression takes a step's result: a later step's target or object does, as $<step>.ref"
	case strings.Contains(msg, "token recognition error at: '="):
		return msg + " (is equal to is ==)"
	case strings.HasPrefix(msg, "Syntax error: mismatched input '<EOF>'"):
		return "Syntax error: something is missing at the end, as in event.kind == \"ping\""
	case strings.HasPrefix(msg, "Syntax error: "):
		return expecting.ReplaceAllString(msg, "")
	}
	return msg
}

// expecting is a list of all that a parser would take.
var expecting = regexp.MustCompile(` expecting (\{.*\}|'.*')$`)

// unreadable says of a name under event or link what may be read in its place.
func unreadable(name string) string {
	if meant := near.Name(name, Variables()); meant != "" && meant != name {
		return name + " is nothing that a rule may read: did you mean " + meant + "?"
	}
	_, last, _ := strings.Cut(name, ".")
	switch {
	case slices.Contains(textNames(), last):
		return name + " is text that people wrote, and expressions read no text, never: let classify tell texts apart (classes: [bug, feature]) and bind a step to a class with for; to be read are " + readable()
	case slices.Contains(eventFields(), last):
		return name + " is nothing that a rule may read: did you mean event.fields." + last + "?"
	}
	return name + " is nothing that a rule may read: it reads " + readable() + ", never text"
}

// readable lists what may be read, and the two maps with an example.
func readable() string {
	names := slices.DeleteFunc(Variables(), func(v string) bool { return strings.HasPrefix(v, "link.") })
	for i, v := range names {
		switch v {
		case "event.actor":
			names[i] = "event.actor.{" + strings.Join(actorKeys(), ",") + "}"
		case "event.fields":
			names[i] = "event.fields.<name> (such as event.fields.labels)"
		}
	}
	return strings.Join(names, ", ") + " and link.{" + strings.Join(linkKinds(), ",") + "}"
}

// outside says what a word was probably meant to be that is no variable at all.
func outside(word string) string {
	switch {
	case slices.Contains(eventStrings(), word):
		return "did you mean event." + word + "?"
	case slices.Contains(eventFields(), word):
		return "did you mean event.fields." + word + "?"
	}
	return "a word stands in quotes (\"" + word + "\"), and names begin with event. or link."
}

// textNames are what people call the texts of an event.
func textNames() []string {
	return []string{"text", "title", "body", "comment", "message", "summary", "description", "content", "page"}
}

package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// maxMarkers is how many markers of one event's text are looked at.
const maxMarkers = 20

// markerForm is the marker that ends bodies of ours, with its effect key.
var markerForm = regexp.MustCompile(`<!-- switchyard:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) -->`)

// Ours is what the ledger knows of our own doing, as far as it may have to do
// with one event.
type Ours struct {
	// The accounts that acted for us, as the executor's results told them:
	// github:user:switchyard-bot.
	Accounts []string
	// Those of Markers that the ledger knows as effects on the event's object.
	Markers []string
	// The refs of what calls of ours made: a new issue, a comment.
	Made []string
	// What calls of ours set on this object within the last ten minutes.
	Changes []Change
}

// Change is a value that a call set, as events word it. Of a comment and of a new
// issue, whose events change no field, it is the text or the title.
type Change struct{ Field, Value string }

const (
	commentField = "comment"
	titleField   = "title"
)

// Markers are the effect keys in an event's text. Anybody can paste one: what
// they prove is for the ledger to say, and then only together with an account.
func Markers(e *eventv1.WebhookEvent) []string {
	var keys []string
	for _, part := range e.GetText().GetParts() {
		for _, found := range markerForm.FindAllStringSubmatch(part.GetValue(), maxMarkers) {
			if len(keys) < maxMarkers && !slices.Contains(keys, found[1]) {
				keys = append(keys, found[1])
			}
		}
	}
	return keys
}

// OwnEvent says why an event is of our own making, for Case.Own; "" where it
// isn't known to be. Our account alone proves nothing where a person uses it
// too, and a marker alone proves nothing at all: it takes our account and a bot
// account, a marker that the ledger knows for the object, what a call of ours
// made, or a value that one set within the last ten minutes.
func OwnEvent(e *eventv1.WebhookEvent, ours Ours) string {
	account := project.Person(project.Origin(e), e.GetActor())
	isOurs := func(a string) bool { return account != "" && sameAccount(a, account) }
	if !slices.ContainsFunc(ours.Accounts, isOurs) {
		return ""
	}
	if isBot(e.GetActor()) {
		return fmt.Sprintf("by our account %s, a bot", account)
	}
	for _, key := range Markers(e) {
		if slices.Contains(ours.Markers, key) {
			return fmt.Sprintf("by our account %s, with the marker of our effect %s", account, key)
		}
	}
	for _, ref := range ours.Made {
		if isAbout(e, ref) {
			return fmt.Sprintf("by our account %s, about %s, which we made", account, ref)
		}
	}
	for _, c := range ours.Changes {
		if c.Value != "" && tells(e, c) {
			return fmt.Sprintf("by our account %s, which has just set %s so", account, c.Field)
		}
	}
	return ""
}

// tells says whether an event tells just what a call set.
func tells(e *eventv1.WebhookEvent, c Change) bool {
	written := c.Field == commentField || c.Field == titleField && TellsOfMaking(e)
	if !written {
		return slices.ContainsFunc(e.GetChanges(), func(change *eventv1.FieldChange) bool {
			return change.GetField() == c.Field && strings.EqualFold(change.GetTo(), c.Value)
		})
	}
	// Providers fold lines and blanks, each in its own way.
	plain := func(s string) string { return strings.Join(strings.Fields(markerForm.ReplaceAllString(s, "")), " ") }
	return slices.ContainsFunc(e.GetText().GetParts(), func(part *eventv1.Part) bool {
		return part.GetWhere() == c.Field && plain(part.GetValue()) == plain(c.Value)
	})
}

// sameAccount ignores the case of GitHub's logins and the dashes of Notion's ids.
func sameAccount(a, b string) bool {
	plain := func(s string) string {
		if strings.HasPrefix(s, "notion") {
			s = strings.ReplaceAll(s, "-", "")
		}
		return string(fold(s))
	}
	return plain(a) == plain(b)
}

func isBot(a *eventv1.Account) bool {
	return slices.Contains([]string{"Bot", "bot", "app", "agent"}, a.GetType()) || strings.HasSuffix(a.GetLogin(), "[bot]")
}

// isAbout tells whether an event tells of the making of what a ref names: its
// subject's, or that of the comment that its occurrence has ("comment:<id>",
// with "@" and more behind it where the comment was changed). What becomes of an
// issue later is another matter, even if our account does it.
func isAbout(e *eventv1.WebhookEvent, made string) bool {
	ref, ok := project.ParseRef(made)
	if !ok {
		return false
	}
	if ref.Type != "comment" {
		return made == e.GetRef() && TellsOfMaking(e)
	}
	occurred, _, _ := strings.Cut(e.GetOccurrence(), "@")
	id, isComment := strings.CutPrefix(occurred, "comment:")
	return isComment && id != "" && id == ref.Name[strings.LastIndexAny(ref.Name, "#/:")+1:] && ref.Origin == project.Origin(e)
}

// TellsOfMaking tells whether an event tells that its subject was made.
func TellsOfMaking(e *eventv1.WebhookEvent) bool {
	return slices.Contains([]string{"issue.created", "page.created"}, e.GetKind())
}

// Changes are what a call sets, as its provider's event will word it; none for
// tools whose events tell no values.
func Changes(tool string, payload map[string]any) []Change {
	switch tool {
	case "jira.transition":
		return changesOf("status", payload["status"])
	case "jira.assign":
		return changesOf("assignee", payload["assignee"])
	case "github.add_labels":
		return changesOf("labels", payload["labels"])
	case "github.assign":
		return changesOf("assignee", payload["assignees"])
	case "github.request_review":
		return reviewers(changesOf("reviewer", payload["reviewers"]))
	case "github.close_issue":
		return changesOf("status", "closed")
	case "github.add_comment", "jira.add_comment", "notion.add_comment":
		return changesOf(commentField, payload["body"])
	case "jira.create_issue":
		// Its marker is a property, which no webhook has.
		return changesOf(titleField, payload["summary"])
	}
	return nil
}

// reviewers are told without their organization where they are teams.
func reviewers(changes []Change) []Change {
	for i, c := range changes {
		changes[i].Value = c.Value[strings.LastIndexByte(c.Value, '/')+1:]
	}
	return changes
}

func changesOf(field string, value any) []Change {
	switch v := value.(type) {
	case string:
		return []Change{{Field: field, Value: v}}
	case []any:
		var changes []Change
		for _, one := range v {
			changes = append(changes, changesOf(field, one)...)
		}
		return changes
	}
	return nil
}

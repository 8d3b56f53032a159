package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

var (
	// ErrNoSuchLink: the path names nothing that this event may act with. A
	// path into text names nothing, ever.
	ErrNoSuchLink = errors.New("no such link")
	// ErrDependency: the path is a step's result, "$step.ref" or "$step.url",
	// which the event and its links don't have.
	ErrDependency = errors.New("result of another step")
)

// pathForm is what a path looks like that could resolve for some event; other
// paths are mistakes of whoever planned.
var pathForm = regexp.MustCompile(
	`^(event(\.[A-Za-z0-9_-]+)+(\[[0-9]+\])?|link\.[a-z]+\[(0|[1-9][0-9]{0,8})\]|\$[a-z0-9][a-z0-9_-]*\.(ref|url))$`)

// Resolve turns a path into its value, with what that rests on. Paths are
//
//	event.ref event.place event.kind event.type event.action
//	event.source event.occurrence event.native_id
//	event.actor (the account's ref) event.actor.login event.actor.id
//	event.fields.<name> (a scalar, or a list of strings joined by commas)
//	link.<kind>[n] (the ref of a target)
//
// Numbers are rendered in full, never with an exponent. The error wraps
// ErrNoSuchLink or ErrDependency; its text has the path and nothing of the event.
func Resolve(e *eventv1.WebhookEvent, links []*toolsv1.Link, path string) (string, []*toolsv1.Evidence, error) {
	switch root, rest, _ := strings.Cut(path, "."); root {
	case "event":
		if value, ok := eventValue(e, rest); ok {
			return value, []*toolsv1.Evidence{{Kind: "event", Detail: path, Ref: e.GetRef()}}, nil
		}
	case "link":
		if link := linkAt(links, rest); link.GetTarget() {
			return link.GetRef(), linkEvidence(link), nil
		}
	default:
		if strings.HasPrefix(root, "$") {
			return "", nil, fmt.Errorf("%w: %s", ErrDependency, path)
		}
	}
	return "", nil, fmt.Errorf("%w: %s", ErrNoSuchLink, path)
}

// eventValue reports false for fields that don't exist and for empty ones:
// there is nothing to act with in either case.
func eventValue(e *eventv1.WebhookEvent, name string) (string, bool) {
	var value string
	switch name {
	case "ref":
		value = e.GetRef()
	case "place":
		value = e.GetPlace()
	case "kind":
		value = e.GetKind()
	case "type":
		value = e.GetType()
	case "action":
		value = e.GetAction()
	case "source":
		value = e.GetSource()
	case "occurrence":
		value = e.GetOccurrence()
	case "native_id":
		value = e.GetNativeId()
	case "actor":
		value = project.Person(project.Origin(e), e.GetActor())
	case "actor.login":
		value = e.GetActor().GetLogin()
	case "actor.id":
		value = e.GetActor().GetId()
	default:
		if field, ok := strings.CutPrefix(name, "fields."); ok {
			value, _ = project.Scalar(e.GetFields().GetFields()[field])
		}
	}
	return value, value != ""
}

// linkAt finds "issue[0]" among the links; nil if there is none. A link has one
// spelling: "issue[00]" would be a second call for the same target.
func linkAt(links []*toolsv1.Link, name string) *toolsv1.Link {
	for _, link := range links {
		if name == fmt.Sprintf("%s[%d]", link.GetKind(), link.GetIndex()) {
			return link
		}
	}
	return nil
}

func linkEvidence(link *toolsv1.Link) []*toolsv1.Evidence {
	detail := fmt.Sprintf("in %s by %s, %s", link.GetWhere(), link.GetRule(), link.GetConfidence())
	return []*toolsv1.Evidence{
		{Kind: "link", Detail: detail, Ref: link.GetRef()},
		{Kind: "trust", Detail: accountDetail(link.GetAuthor())},
	}
}

// accountDetail names an account with what speaks for it.
func accountDetail(a *eventv1.Account) string {
	name := a.GetLogin()
	if name == "" {
		name = a.GetId()
	}
	for _, word := range []string{a.GetAssociation(), a.GetType()} {
		if word != "" {
			return name + " " + word
		}
	}
	return name
}

package project

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// Event says what an event means for the memory: its subject with what the
// event tells of it, the place and the person that acted, stubs for all that
// its text names, the links to them, and at least one observation.
//
// Text becomes links and nothing else: no attribute and no observation carries any.
func Event(e *eventv1.WebhookEvent) Delta {
	links := append(native(e), extract(e)...)
	return Delta{
		Entities:     entities(e, links),
		Links:        links,
		Observations: observations(e),
	}
}

// attributeFields are the event fields that describe the subject itself, by
// the group of the kind. A comment's or a build's fields describe something
// else: its url would replace the url of what was commented on.
func attributeFields(kind string) []string {
	if kind == "change.reviewed" {
		// Its url and state are the review's: the change is not "approved" as it is "open".
		return []string{"number", "draft", "base", "head", "head_sha", "labels"}
	}
	group, _, _ := strings.Cut(kind, ".")
	switch group {
	case "change":
		return []string{
			"number", "url", "state", "draft", "merged", "base", "head",
			"head_sha", "merge_commit_sha", "labels", "assignee",
			"created_at", "closed_at", "merged_at",
		}
	case "issue":
		return []string{
			"number", "key", "url", "state", "status", "status_category",
			"resolution", "issue_type", "priority", "assignee", "labels",
			"created_at", "closed_at",
		}
	case "page", "database":
		return []string{"entity_type", "parent_id", "parent_type", "data_source_id"}
	default:
		return nil
	}
}

// entities lists each ref once: what is told about it before stubs.
func entities(e *eventv1.WebhookEvent, links []Link) []Entity {
	version := Version{At: happened(e), KindRank: kindRank(e.GetKind()), EventID: e.GetId()}
	var list []Entity
	known := make(map[string]bool)
	add := func(entity Entity) {
		ref, ok := ParseRef(entity.Ref)
		if !ok || known[entity.Ref] {
			return
		}
		known[entity.Ref] = true
		entity.Kind = ref.Kind()
		list = append(list, entity)
	}

	add(Entity{Ref: e.GetRef(), NativeID: e.GetNativeId(), Place: e.GetPlace(), Attributes: subject(e, version)})
	place := Entity{Ref: e.GetPlace()}
	if v := e.GetVisibility(); v == "public" || v == "private" {
		place.Attributes = []Attribute{{Name: "visibility", Value: v, Version: version}}
	}
	add(place)
	add(person(e, version))
	for _, link := range links {
		ref, _ := ParseRef(link.To)
		add(Entity{Ref: link.To, Place: ref.Place(), Stub: true})
	}
	return list
}

func subject(e *eventv1.WebhookEvent, version Version) []Attribute {
	var list []Attribute
	for _, name := range attributeFields(e.GetKind()) {
		value, ok := Scalar(e.GetFields().GetFields()[name])
		if !ok {
			// An empty field is left out of the event; its change tells that it was emptied.
			value, ok = changedTo(e, name)
		}
		if ok {
			list = append(list, Attribute{Name: name, Value: value, Version: version, Changed: changes(e, name)})
		}
	}
	switch {
	case strings.HasSuffix(e.GetKind(), ".deleted") && !strings.HasPrefix(e.GetKind(), "comment."):
		list = append(list, Attribute{Name: "deleted", Value: "true", Version: version})
	case strings.HasSuffix(e.GetKind(), ".restored"):
		list = append(list, Attribute{Name: "deleted", Value: "false", Version: version})
	}
	if e.GetRef() == e.GetPlace() && (e.GetVisibility() == "public" || e.GetVisibility() == "private") {
		list = append(list, Attribute{Name: "visibility", Value: e.GetVisibility(), Version: version})
	}
	return list
}

func person(e *eventv1.WebhookEvent, version Version) Entity {
	actor := e.GetActor()
	entity := Entity{Ref: Person(Origin(e), actor), NativeID: actor.GetId()}
	if login := actor.GetLogin(); login != "" {
		entity.Attributes = append(entity.Attributes, Attribute{Name: "login", Value: login, Version: version})
	}
	if kind := actor.GetType(); kind != "" {
		entity.Attributes = append(entity.Attributes, Attribute{Name: "type", Value: kind, Version: version})
	}
	return entity
}

// native are the links that the provider states itself.
func native(e *eventv1.WebhookEvent) []Link {
	return append(commits(e), names(e)...)
}

// names links the subject with its other name, where it was renamed or moved.
func names(e *eventv1.WebhookEvent) []Link {
	for _, change := range e.GetChanges() {
		if change.GetField() != "ref" {
			continue
		}
		other := change.GetFrom()
		if other == e.GetRef() {
			other = change.GetTo()
		}
		ref, ok := ParseRef(other)
		if own, known := ParseRef(e.GetRef()); ok && known && other != e.GetRef() && own.Source() == ref.Source() && own.Type == ref.Type {
			return []Link{{From: e.GetRef(), To: other, Kind: ref.Kind(), Rule: "native", Confidence: certain, At: happened(e)}}
		}
	}
	return nil
}

// commits links what has a commit with it.
func commits(e *eventv1.WebhookEvent) []Link {
	var field string
	switch e.GetKind() {
	case "change.merged":
		field = "merge_commit_sha"
	case "commit.pushed":
		field = "after"
	case "deployment.created", "deployment.finished":
		field = "head_sha"
	default:
		return nil
	}
	sha, _ := Scalar(e.GetFields().GetFields()[field])
	place, ok := ParseRef(e.GetPlace())
	if !ok || place.Type != "repo" || !isSHA(sha) || strings.Trim(sha, "0") == "" {
		return nil
	}
	return []Link{{
		From: e.GetRef(), To: Ref{place.Origin, "commit", strings.ToLower(place.Name) + "@" + sha}.String(),
		Kind: "commit", Rule: "native", Confidence: certain, At: happened(e),
	}}
}

// happened is the provider's time of the event, or the time of receipt where
// the body has none.
func happened(e *eventv1.WebhookEvent) time.Time {
	if e.GetOccurredAt() != nil {
		return e.GetOccurredAt().AsTime()
	}
	if e.GetReceivedAt() != nil {
		return e.GetReceivedAt().AsTime()
	}
	return time.Time{}
}

// kindRank orders events of one moment: what ends something comes after what
// begins it. Providers' times are whole seconds, so that this is not rare.
func kindRank(kind string) int {
	_, verb, _ := strings.Cut(kind, ".")
	switch verb {
	case "opened", "created":
		return 1
	case "updated", "assigned", "reviewed", "moved", "restored", "pushed":
		return 2
	case "transitioned":
		return 3
	case "merged", "closed", "finished", "published":
		return 4
	case "deleted":
		return 5
	default:
		return 0
	}
}

// Scalar renders a field's value, numbers in full; lists of strings are joined by commas, which
// no identifier contains. It reports false for anything nested and for null.
func Scalar(v *structpb.Value) (string, bool) {
	switch kind := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return kind.StringValue, true
	case *structpb.Value_BoolValue:
		return strconv.FormatBool(kind.BoolValue), true
	case *structpb.Value_NumberValue:
		return strconv.FormatFloat(kind.NumberValue, 'f', -1, 64), true
	case *structpb.Value_ListValue:
		var words []string
		for _, item := range kind.ListValue.GetValues() {
			word, ok := item.GetKind().(*structpb.Value_StringValue)
			if !ok {
				return "", false
			}
			words = append(words, word.StringValue)
		}
		return strings.Join(words, ","), true
	default:
		return "", false
	}
}

// WholeTexts names the texts of the subject that an event carries whole: a link
// that stood in one, and is not in it now, stands no longer. It leaves out what
// many texts share one word for (each comment is another text, each commit
// another message), pages, of which an event carries parts, and texts that were cut.
func WholeTexts(e *eventv1.WebhookEvent) []string {
	var whole []string
	for _, where := range []string{"title", "body", "branch"} {
		there, cut := false, false
		for _, p := range e.GetText().GetParts() {
			if p.GetWhere() == where {
				there, cut = true, cut || p.GetTruncated()
			}
		}
		if there && !cut {
			whole = append(whole, where)
		}
	}
	return whole
}

// Standing leaves out of the links that are known of an event's subject those
// that stood in a text which the event carries, and no longer has them.
func Standing(e *eventv1.WebhookEvent, own, known []Link) []Link {
	whole := WholeTexts(e)
	return slices.DeleteFunc(slices.Clone(known), func(l Link) bool {
		if l.From != e.GetRef() || !slices.Contains(whole, l.Where) || l.At.After(happened(e)) {
			return false
		}
		return !slices.ContainsFunc(own, func(o Link) bool { return o.To == l.To && o.Where == l.Where })
	})
}

package rule

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

const (
	maxFileBytes   = 1 << 20
	maxFindings    = 50
	maxExpression  = 4096 // code points
	maxCost        = 100_000
	maxCalls       = 100 // of a plan, as the contract has it
	maxFanOut      = 5   // links of a kind that act, an event
	maxGaps        = 20  // of a plan; more are counted in the last one
	maxGapRunes    = 500
	maxChoiceRunes = 200  // as the contract has it
	defaultText    = 4000 // runes, for a text field without a limit of its own
)

// namePattern is the contract's for the names of rules and steps; classes are held to it too.
const namePattern = `^[a-z0-9][a-z0-9_-]{0,63}$`

// sources and kinds are the contract's; a test holds them to event.proto.
func sources() []string { return []string{"github", "jira", "notion"} }

func kinds() []string {
	return []string{
		"change.opened", "change.updated", "change.merged", "change.closed", "change.reviewed",
		"commit.pushed",
		"issue.created", "issue.updated", "issue.transitioned", "issue.assigned", "issue.closed", "issue.deleted",
		"comment.created", "comment.updated", "comment.deleted",
		"build.finished", "deployment.created", "deployment.finished", "release.published",
		"page.created", "page.updated", "page.moved", "page.deleted", "page.restored",
		"database.updated", "ping", "other",
	}
}

// sends says whether a source may send a kind at all; "" stands for any source.
// What a source doesn't send yet and might is not refused.
func sends(source, kind string) bool {
	family, _, _ := strings.Cut(kind, ".")
	switch source {
	case "github":
		// Pages are a wiki's.
		return family != "page" && family != "database" || kind == "page.created" || kind == "page.updated"
	case "jira":
		return slices.Contains([]string{"issue", "comment", "release", "other"}, family)
	case "notion":
		return slices.Contains([]string{"page", "database", "comment", "ping", "other"}, family)
	}
	return true
}

func linkKinds() []string {
	return []string{"issue", "change", "commit", "page", "repository", "person"}
}

// eventStrings are the event's fields that hold one string each.
func eventStrings() []string {
	return []string{"kind", "source", "ref", "place", "type", "action", "visibility", "occurrence"}
}

// eventPaths are what a field's path may name beside event.fields.<name>: what
// tools resolves on the sealed event. event.actor is the actor's ref.
func eventPaths() []string {
	return []string{"kind", "source", "ref", "place", "type", "action", "occurrence", "native_id", "actor", "actor.login", "actor.id"}
}

// Variables returns the names that `when` and templates may read, sorted:
// verified values and identifiers only. Each link.<kind> is the list of the
// refs that policy lets a rule act on, in the order of their index.
func Variables() []string {
	names := make([]string, 0, 20)
	for name := range variableTypes() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func variableTypes() map[string]*cel.Type {
	types := map[string]*cel.Type{
		"event.actor":   cel.MapType(cel.StringType, cel.StringType),
		"event.changes": cel.ListType(cel.MapType(cel.StringType, cel.StringType)),
		"event.fields":  cel.MapType(cel.StringType, cel.DynType),
	}
	for _, name := range eventStrings() {
		types["event."+name] = cel.StringType
	}
	for _, kind := range linkKinds() {
		types["link."+kind] = cel.ListType(cel.StringType)
	}
	return types
}

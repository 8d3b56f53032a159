package respond

import (
	"fmt"
	"strconv"
	"strings"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

func linkPath(l *toolsv1.Link) string {
	return "link." + l.GetKind() + "[" + strconv.FormatUint(uint64(l.GetIndex()), 10) + "]"
}

// Sentence says for a person what happened and what came of it, from verified
// fields only: "Pull request acme/api#42 was merged: 2 actions as a dry run."
func Sentence(run *toolsv1.Run) string {
	event := run.GetEvent()
	return subject(event.GetRef()) + " " + verb(event) + ": " + outcome(run) + "."
}

// subject names an entity by its ref, shortly.
func subject(ref string) string {
	_, rest, _ := strings.Cut(ref, ":")
	typ, name, _ := strings.Cut(rest, ":")
	if len(name) > maxName {
		name = name[:maxName] + "…"
	}
	switch typ {
	case "pr":
		return "Pull request " + name
	case "repo":
		return "Repository " + name
	case "":
		return "An event"
	default:
		return strings.ToUpper(typ[:1]) + typ[1:] + " " + name
	}
}

// maxName bounds a name in a sentence, in bytes: a ref is ASCII.
const maxName = 80

// verb says what an event of a kind did to its subject.
func verb(event *toolsv1.EventHead) string {
	switch kind := event.GetKind(); kind {
	case "change.opened", "change.updated", "change.merged", "change.closed", "change.reviewed",
		"issue.created", "issue.updated", "issue.transitioned", "issue.assigned", "issue.closed", "issue.deleted",
		"page.created", "page.updated", "page.moved", "page.deleted", "page.restored",
		"database.updated", "release.published":
		_, participle, _ := strings.Cut(kind, ".")
		return "was " + participle
	case "commit.pushed":
		return "was pushed to"
	case "comment.created", "comment.updated", "comment.deleted":
		_, participle, _ := strings.Cut(kind, ".")
		return "had a comment " + participle
	case "ping":
		return "sent a ping"
	default:
		return "had an event (" + event.GetType() + ")"
	}
}

// outcome says what came of it: the calls by state, in a fixed order.
func outcome(run *toolsv1.Run) string {
	switch {
	case run.GetPlan() == nil:
		return "remembered, not decided yet"
	case len(run.GetPlan().GetCalls()) == 0 && len(run.GetPlan().GetGaps()) > 0:
		return "remembered, what the rules ask for could not be planned"
	case len(run.GetPlan().GetCalls()) == 0:
		return "remembered, no rule acts on it"
	}
	n := sorted(run.GetCalls())
	var parts []string
	for _, s := range []struct{ state, words string }{
		{"done", "done"},
		{"dry_run", "as a dry run"},
		{"running", "running"},
		{"queued", "queued"},
		{"held", "held for a decision"},
		{"refused", "refused by policy"},
		{rejected, "rejected by a person"},
		{"failed", "failed"},
		{"unknown", "with an unknown outcome"},
		{"skipped", "skipped"},
	} {
		if k := n[s.state]; k > 0 {
			parts = append(parts, fmt.Sprintf("%d %s %s", k, plural(k), s.words))
		}
	}
	if len(run.GetPlan().GetGaps()) > 0 {
		parts = append(parts, "not all that the rules ask for could be planned")
	}
	return strings.Join(parts, ", ")
}

// rejected is the reason of a refused call that a person decided on.
const rejected = "rejected"

// sorted counts calls by state, and apart those that a person refused.
func sorted(calls []*toolsv1.Call) counts {
	n := counts{}
	for _, c := range calls {
		if c.GetState() == "refused" && c.GetReason() == rejected {
			n[rejected]++
			continue
		}
		n[c.GetState()]++
	}
	return n
}

func plural(n uint32) string {
	if n == 1 {
		return "action"
	}
	return "actions"
}

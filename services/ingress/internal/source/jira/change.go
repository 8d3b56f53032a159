package jira

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// name is the field's id where Jira gives one: the label is translated and, at
// times, capitalized. A field of the site's own may bear the label of one of
// Jira's ("Status"), with anybody's text for a value: without an id it is told
// apart by a name that none of Jira's has. Source of fieldtype:
// developer.atlassian.com, Jira Cloud platform, "Webhooks", changelog.
func (c change) name() string {
	switch {
	case c.FieldID != "":
		return strings.ToLower(c.FieldID)
	case c.FieldType != "jira":
		return "custom:" + strings.ToLower(c.Field)
	}
	return strings.ToLower(c.Field)
}

// verified is what rules may see of a change; assignee is who the issue has now.
// Summary, description and fields of the site's own keep their values to
// themselves: people wrote them.
func (c change) verified(assignee *user) *eventv1.FieldChange {
	out := &eventv1.FieldChange{Field: source.Name(c.name())}
	switch c.name() {
	case "status", "priority", "resolution", "issuetype":
		out.From, out.To = source.Name(c.FromString), source.Name(c.ToString)
	case "assignee":
		// The strings are display names.
		out.From, out.To = source.Printable(c.From, 200), source.Printable(c.To, 200)
		if assignee != nil && c.To != "" && (c.To == assignee.Key || c.To == assignee.Name) {
			// One account, one id: a change may have the user's key beside an account id.
			out.To = account(assignee).GetId()
		}
	case "key":
		// The issue moved to another project.
		out.From, out.To = issueKey(c.FromString), issueKey(c.ToString)
	case "labels":
		out.From, out.To = labels(c.FromString), labels(c.ToString)
	}
	return out
}

// labels holds Jira's space-separated labels to 400 characters.
func labels(s string) string {
	kept := strings.Join(source.Labels(strings.Fields(s)), " ")
	if len(kept) > 400 {
		kept = kept[:strings.LastIndexByte(kept[:401], ' ')]
	}
	return kept
}

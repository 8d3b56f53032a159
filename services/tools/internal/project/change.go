package project

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// changes tells whether an event says that it changed a field of its subject: most
// events of an issue repeat what is so anyway, and that is no reason to leave alone
// what was decided before. It is of what calls set, status and assignee: nobody asks
// about the rest. What an issue was created with is no change.
//
// GitHub's action says what it changed, and Jira's changelog lists it.
func changes(e *eventv1.WebhookEvent, name string) bool {
	if name != "status" && name != "assignee" {
		return false
	}
	_, listed := changedTo(e, name)
	switch e.GetKind() {
	case "issue.created":
		return false
	case "issue.transitioned", "issue.closed":
		return listed || name == "status"
	case "issue.assigned":
		return listed || name == "assignee"
	case "issue.updated":
		// An old Jira Server sends no changelog: whatever is told may be what changed.
		return listed || e.GetSource() == "jira" && len(e.GetChanges()) == 0
	default:
		return listed
	}
}

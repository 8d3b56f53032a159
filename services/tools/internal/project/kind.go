package project

// Kinds is the event's vocabulary; a test holds it to event.proto. An
// observation of one of these names says that something happened; all others
// say more about it.
func Kinds() []string {
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

package tools

import "github.com/switchyard-dev/switchyard/services/tools/internal/policy"

// setBy is the attribute of its target that a call sets, where one value replaces
// another, with its value where the input has no field of that name; "" for what adds
// to a list. The names are those that events tell them by. Notion's events
// name properties by their ids and tell no value: of its calls there is nothing to
// compare with.
func setBy(d policy.Decision) string {
	switch d.Call.GetTool() {
	case "jira.transition":
		return "status"
	case "jira.assign":
		return "assignee"
	case "github.close_issue":
		return "status=closed"
	}
	return ""
}

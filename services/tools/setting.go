package tools

import "github.com/switchyard-dev/switchyard/services/tools/internal/policy"

// setBy is the attribute of its target that a call sets, where one value replaces
// another; "" for what adds to a list.
func setBy(d policy.Decision) string {
	switch d.Call.GetTool() {
	case "jira.transition", "notion.update_status":
		return "status"
	case "jira.assign", "notion.assign_task":
		return "assignee"
	case "github.close_issue":
		return "state"
	}
	return ""
}

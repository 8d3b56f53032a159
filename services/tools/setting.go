package tools

import "github.com/switchyard-dev/switchyard/services/tools/internal/policy"

// setBy is the attribute of its target that a call sets, as events tell it; "" where
// there is none that one value replaces.
func setBy(d policy.Decision) string {
	switch d.Call.GetTool() {
	case "jira.transition", "notion.update_status":
		return "status"
	case "jira.assign", "notion.assign_task":
		return "assignee"
	case "github.close_issue":
		return "state"
	default:
		return ""
	}
}

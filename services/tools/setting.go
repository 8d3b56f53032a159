package tools

import (
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// setting is what a tool sets, as events word it.
type setting struct {
	// attribute of its target, where one value replaces another; "" where it adds to a list.
	attribute string
	// field that an event's change has, and the argument that has the value; "" for always.
	field, argument, always string
}

// settings has the tools whose doing comes back as an event.
func settings(tool string) setting {
	switch tool {
	case "jira.transition", "notion.update_status":
		return setting{"status", "status", "status", ""}
	case "jira.assign", "notion.assign_task":
		return setting{"assignee", "assignee", "assignee", ""}
	case "github.close_issue":
		return setting{"state", "state", "", "closed"}
	case "github.assign":
		return setting{"", "assignee", "assignees", ""}
	case "github.add_labels":
		return setting{"", "label", "labels", ""}
	case "github.add_comment", "jira.add_comment", "notion.add_comment":
		return setting{"", "comment", "body", ""}
	default:
		return setting{}
	}
}

// setBy is the attribute of its target that a call sets; "" where there is none that
// one value replaces.
func setBy(d policy.Decision) string { return settings(d.Call.GetTool()).attribute }

// changes are the values that an effect of ours set.
func changes(e ledger.Effect) (list []policy.Change) {
	s := settings(e.Tool)
	if s.field == "" {
		return nil
	}
	if s.always != "" {
		return []policy.Change{{Field: s.field, Value: s.always}}
	}
	value := e.Payload.GetFields()[s.argument]
	values := value.GetListValue().GetValues()
	if values == nil {
		values = []*structpb.Value{value}
	}
	for _, v := range values {
		list = append(list, policy.Change{Field: s.field, Value: v.GetStringValue()})
	}
	return list
}

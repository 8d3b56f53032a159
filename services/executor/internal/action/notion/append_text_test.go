package notion_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

func TestAppendText(t *testing.T) {
	actiontest.Run(t, notion.AppendText{Workspace: nowhere()}, actiontest.Case{
		Tool: "notion.append_text", Class: "create", Target: pageRef, Payload: map[string]any{"body": "Merged.\n\nSee\nacme/api#42"},
		Request: `{
			"method": "PATCH",
			"url": "https://api.notion.com/v1/blocks/267d8e4e-98ab-81ce-88f2-c23f71324a63/children",
			"headers": ` + writes + `,
			"body": {"children": [
				{"object": "block", "type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": "Merged."}}]}},
				{"object": "block", "type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": "See\nacme/api#42"}}]}}
			]}
		}`,
		Invalid: map[string]map[string]any{
			"nothing":       {"body": ""},
			"too long":      {"body": strings.Repeat("x", 4001)},
			"unknown field": {"body": "x", "after": "y"},
		},
		OtherTarget: otherKind,
	})
}

package notion_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

func TestAddComment(t *testing.T) {
	actiontest.Run(t, notion.AddComment{Workspace: nowhere()}, actiontest.Case{
		Tool: "notion.add_comment", Class: "create", Target: pageRef, Payload: map[string]any{"body": "Merged.\nhttps://example.com"},
		Request: `{
			"method": "POST",
			"url": "https://api.notion.com/v1/comments",
			"headers": ` + writes + `,
			"body": {
				"parent": {"page_id": "267d8e4e-98ab-81ce-88f2-c23f71324a63"},
				"rich_text": [{"type": "text", "text": {"content": "Merged.\nhttps://example.com"}}]
			}
		}`,
		Invalid: map[string]map[string]any{
			"nothing":       {"body": ""},
			"too long":      {"body": strings.Repeat("x", 2001)},
			"unknown field": {"body": "x", "discussion": "y"},
		},
		OtherTarget: otherKind,
	})
}

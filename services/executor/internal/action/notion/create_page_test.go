package notion_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

const database = "f0a1bf337ff04d24b5b6efb3ea006b15"

func TestCreatePage(t *testing.T) {
	actiontest.Run(t, notion.CreatePage{Workspace: nowhere()}, actiontest.Case{
		Tool: "notion.create_page", Class: "create", Target: "notion:database:" + database,
		Payload: map[string]any{"database": database, "title": "Payments\nfail", "body": "Since noon."},
		Request: `{
			"method": "POST",
			"url": "https://api.notion.com/v1/pages",
			"headers": ` + writes + `,
			"body": {
				"parent": {"type": "data_source_id", "data_source_id": "f0a1bf33-7ff0-4d24-b5b6-efb3ea006b15"},
				"properties": {"{its property of type title}": {"title": [{"type": "text", "text": {"content": "Payments fail"}}]}},
				"children": [{"object": "block", "type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": "Since noon."}}]}}]
			},
			"before": [{
				"method": "GET",
				"url": "https://api.notion.com/v1/data_sources/f0a1bf33-7ff0-4d24-b5b6-efb3ea006b15",
				"why": "the name of the property that holds the title"
			}]
		}`,
		Invalid: map[string]map[string]any{
			"no database":   {"title": "x"},
			"dashes":        {"database": "f0a1bf33-7ff0-4d24-b5b6-efb3ea006b15", "title": "x"},
			"no title":      {"database": database},
			"long title":    {"database": database, "title": strings.Repeat("x", 201)},
			"unknown field": {"database": database, "title": "x", "icon": "y"},
		},
	})
}

package notion_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

func TestReadPage(t *testing.T) {
	actiontest.Run(t, notion.ReadPage{Workspace: nowhere()}, actiontest.Case{
		Tool: "notion.read_page", Class: "read", Target: pageRef,
		Request: `{
			"method": "GET",
			"url": "` + pageAt + `",
			"headers": {"Accept": "application/json", "Notion-Version": "2026-03-11"}
		}`,
		Invalid:     map[string]map[string]any{"unknown field": {"property": "Status"}},
		OtherTarget: otherKind,
	})
}

package notion_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

func TestUpdateStatus(t *testing.T) {
	for name, c := range map[string]struct {
		payload  map[string]any
		property string
	}{
		"the usual property": {map[string]any{"status": "Done"}, "Status"},
		"a named one":        {map[string]any{"status": "Done", "property": "Stage"}, "Stage"},
	} {
		t.Run(name, func(t *testing.T) {
			actiontest.Run(t, notion.UpdateStatus{Workspace: nowhere()}, actiontest.Case{
				Tool: "notion.update_status", Class: "set", Target: pageRef, Payload: c.payload,
				Request: `{
					"method": "PATCH",
					"url": "` + pageAt + `",
					"headers": ` + writes + `,
					"body": {"properties": {"` + c.property + `": {"status": {"name": "Done"}}}},
					"before": [
						{"method": "GET", "url": "` + pageAt + `", "why": "` + c.property + ` already Done is done; a property of type select is set as such"},
						{"method": "GET", "url": "https://api.notion.com/v1/data_sources/{the page's data source}", "why": "of a select only: the option has to be there"}
					]
				}`,
				Invalid: map[string]map[string]any{
					"no status":     {"property": "Stage"},
					"long status":   {"status": strings.Repeat("x", 101)},
					"long property": {"status": "Done", "property": strings.Repeat("x", 101)},
					"unknown field": {"status": "Done", "color": "red"},
				},
				OtherTarget: otherKind,
			})
		})
	}
}

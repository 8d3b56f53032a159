package notion_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

func TestAssignTask(t *testing.T) {
	for name, id := range map[string]string{"as events have it": somebody, "as refs have it": "2200a9116a9644bbbd386bfb1e01b9f6"} {
		t.Run(name, func(t *testing.T) {
			actiontest.Run(t, notion.AssignTask{Workspace: nowhere()}, actiontest.Case{
				Tool: "notion.assign_task", Class: "set", Target: pageRef, Payload: map[string]any{"assignee": id},
				Request: `{
					"method": "PATCH",
					"url": "` + pageAt + `",
					"headers": ` + writes + `,
					"body": {"properties": {"Assignee": {"people": [{"object": "user", "id": "` + somebody + `"}]}}},
					"before": [{"method": "GET", "url": "` + pageAt + `", "why": "Assignee of only this user already is done"}]
				}`,
				Invalid: map[string]map[string]any{
					"nobody":        {"property": "Owner"},
					"a name":        {"assignee": "dev-one"},
					"unknown field": {"assignee": id, "notify": true},
				},
				OtherTarget: otherKind,
			})
		})
	}
}

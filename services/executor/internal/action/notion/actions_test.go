package notion_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

const (
	aPage   = "notion:page:1c0ffee000004000800000000000000a"
	aPageAt = "{url}/v1/pages/" + provider.NotionPage
	noMark  = "Notion has no place for a mark that people don't see"
)

func TestUpdateStatus(t *testing.T) {
	for name, c := range map[string]struct {
		payload            map[string]any
		property, is, sent string
	}{
		"the usual property": {map[string]any{"status": "Done"}, "Status", "Done", ""},
		"a named select":     {map[string]any{"status": "High", "property": "Priority"}, "Priority", "High", `{"properties": {"Priority": {"select": {"name": "High"}}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			actiontest.Run(t, actiontest.Case{
				Tool: "notion.update_status", Target: aPage, Payload: c.payload,
				Request: `{
					"method": "PATCH",
					"url": "` + aPageAt + `",
					"headers": ` + writes + `,
					"body": {"properties": {"` + c.property + `": {"status": {"name": "` + c.is + `"}}}},
					"before": [
						{"method": "GET", "url": "` + aPageAt + `", "why": "` + c.property + ` already ` + c.is + ` is done; a property of type select is set as such"},
						{"method": "GET", "url": "{url}/v1/data_sources/{the page's data source}", "why": "of a select only: the option has to be there"}
					]
				}`,
				Sent: c.sent,
				Invalid: map[string]map[string]any{
					"no status":     {"property": "Stage"},
					"long status":   {"status": strings.Repeat("x", 101)},
					"long property": {"status": "Done", "property": strings.Repeat("x", 101)},
					"unknown field": {"status": "Done", "color": "red"},
				},
				OtherTarget: otherKind,
				Open:        world(func(w *notion.Workspace) action.Action { return notion.UpdateStatus{Workspace: w} }),
			})
		})
	}
}

func TestAssignTask(t *testing.T) {
	for name, id := range map[string]string{"as events have it": provider.NotionBot, "as refs have it": hex(provider.NotionBot)} {
		t.Run(name, func(t *testing.T) {
			actiontest.Run(t, actiontest.Case{
				Tool: "notion.assign_task", Target: aPage, Payload: map[string]any{"assignee": id},
				Request: `{
					"method": "PATCH",
					"url": "` + aPageAt + `",
					"headers": ` + writes + `,
					"body": {"properties": {"Assignee": {"people": [{"object": "user", "id": "` + provider.NotionBot + `"}]}}},
					"before": [{"method": "GET", "url": "` + aPageAt + `", "why": "Assignee of only this user already is done"}]
				}`,
				Invalid: map[string]map[string]any{
					"nobody":        {"property": "Owner"},
					"a name":        {"assignee": "dev-one"},
					"unknown field": {"assignee": id, "notify": true},
				},
				OtherTarget: otherKind,
				Open:        world(func(w *notion.Workspace) action.Action { return notion.AssignTask{Workspace: w} }),
			})
		})
	}
}

func TestAppendText(t *testing.T) {
	actiontest.Run(t, actiontest.Case{
		Tool: "notion.append_text", Target: aPage, Payload: map[string]any{"body": "Merged.\n\nSee\nacme/api#42"},
		Request: `{
			"method": "PATCH",
			"url": "{url}/v1/blocks/` + provider.NotionPage + `/children",
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
		Blind:       noMark,
		Open:        world(func(w *notion.Workspace) action.Action { return notion.AppendText{Workspace: w} }),
	})
}

func TestAddComment(t *testing.T) {
	actiontest.Run(t, actiontest.Case{
		Tool: "notion.add_comment", Target: aPage, Payload: map[string]any{"body": "Merged.\nhttps://example.com"},
		Request: `{
			"method": "POST",
			"url": "{url}/v1/comments",
			"headers": ` + writes + `,
			"body": {
				"parent": {"page_id": "` + provider.NotionPage + `"},
				"rich_text": [{"type": "text", "text": {"content": "Merged.\nhttps://example.com"}}]
			}
		}`,
		Invalid: map[string]map[string]any{
			"nothing":       {"body": ""},
			"too long":      {"body": strings.Repeat("x", 2001)},
			"unknown field": {"body": "x", "discussion": "y"},
		},
		OtherTarget: otherKind,
		Blind:       noMark,
		Open:        world(func(w *notion.Workspace) action.Action { return notion.AddComment{Workspace: w} }),
	})
}

func TestCreatePage(t *testing.T) {
	in := hex(provider.NotionDataSource)
	body := func(title string) string {
		return `{
			"parent": {"type": "data_source_id", "data_source_id": "` + provider.NotionDataSource + `"},
			"properties": {"` + title + `": {"title": [{"type": "text", "text": {"content": "Payments fail"}}]}},
			"children": [{"object": "block", "type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": "Since noon."}}]}}]
		}`
	}
	actiontest.Run(t, actiontest.Case{
		Tool: "notion.create_page", Target: "notion:database:" + in,
		Payload: map[string]any{"database": in, "title": "Payments\nfail", "body": "Since noon."},
		Request: `{
			"method": "POST",
			"url": "{url}/v1/pages",
			"headers": ` + writes + `,
			"body": ` + body("{its property of type title}") + `,
			"before": [{
				"method": "GET",
				"url": "{url}/v1/data_sources/` + provider.NotionDataSource + `",
				"why": "the name of the property that holds the title"
			}]
		}`,
		Sent: body("Name"),
		Invalid: map[string]map[string]any{
			"no database":      {"title": "x"},
			"another database": {"database": database, "title": "x"},
			"dashes":           {"database": provider.NotionDataSource, "title": "x"},
			"no title":         {"database": in},
			"long title":       {"database": in, "title": strings.Repeat("x", 201)},
			"unknown field":    {"database": in, "title": "x", "icon": "y"},
		},
		OtherTarget: otherKind,
		Blind:       noMark,
		Open:        world(func(w *notion.Workspace) action.Action { return notion.CreatePage{Workspace: w} }),
	})
}

func TestReadPage(t *testing.T) {
	actiontest.Run(t, actiontest.Case{
		Tool: "notion.read_page", Target: aPage,
		Request: `{
			"method": "GET",
			"url": "` + aPageAt + `",
			"headers": {"Accept": "application/json", "Notion-Version": "2026-03-11"}
		}`,
		Invalid:     map[string]map[string]any{"unknown field": {"property": "Status"}},
		OtherTarget: otherKind,
		Open:        world(func(w *notion.Workspace) action.Action { return notion.ReadPage{Workspace: w} }),
	})
}

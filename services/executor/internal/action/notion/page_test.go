package notion

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

const task = `{
	"object": "page", "id": "267d8e4e-98ab-81ce-88f2-c23f71324a63",
	"created_time": "2026-01-02T03:04:00.000Z", "last_edited_time": "2026-01-02T03:05:00.000Z",
	"created_by": {"object": "user", "id": "019a87c7-d197-44a4-b19a-baa684400f81"},
	"last_edited_by": {"object": "user", "id": "2200a911-6a96-44bb-bd38-6bfb1e01b9f6"},
	"in_trash": false, "is_locked": true, "url": "https://www.notion.so/Secret-plans-267d8e4e98ab81ce88f2c23f71324a63",
	"parent": {"type": "data_source_id", "data_source_id": "f0a1bf33-7ff0-4d24-b5b6-efb3ea006b15", "database_id": "1d6b1040-a9fb-48d9-9a3d-041429816e9f"},
	"properties": {
		"Name": {"id": "title", "type": "title", "title": [{"type": "text", "plain_text": "Secret plans", "text": {"content": "Secret plans"}}]},
		"Notes": {"id": "a", "type": "rich_text", "rich_text": [{"plain_text": "Secret notes"}]},
		"Status": {"id": "b", "type": "status", "status": {"id": "1", "name": "In progress", "color": "blue"}},
		"Priority": {"id": "c", "type": "select", "select": null},
		"Assignee": {"id": "d", "type": "people", "people": [
			{"object": "user", "id": "2200a911-6a96-44bb-bd38-6bfb1e01b9f6", "name": "Secret Person"},
			{"object": "user", "id": "019a87c7-d197-44a4-b19a-baa684400f81"}
		]}
	}
}`

func parse(t *testing.T, raw string) page {
	t.Helper()
	var p page
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestObservedHasNoFreeText(t *testing.T) {
	got := parse(t, task).observed()
	want := map[string]string{
		"page.created_time":     "2026-01-02T03:04:00.000Z",
		"page.created_by":       "019a87c7-d197-44a4-b19a-baa684400f81",
		"page.last_edited_time": "2026-01-02T03:05:00.000Z",
		"page.last_edited_by":   "2200a911-6a96-44bb-bd38-6bfb1e01b9f6",
		"page.in_trash":         "false",
		"page.is_locked":        "true",
		"page.parent":           "notion:data_source:f0a1bf337ff04d24b5b6efb3ea006b15",
		"page.database":         "notion:database:1d6b1040a9fb48d99a3d041429816e9f",
		"page.status":           "In progress",
		"page.assignees":        "019a87c7-d197-44a4-b19a-baa684400f81,2200a911-6a96-44bb-bd38-6bfb1e01b9f6",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	for name, value := range got {
		if strings.Contains(value, "Secret") {
			t.Errorf("%s has other people's words: %s", name, value)
		}
	}
}

func TestObservedOfOtherPages(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want map[string]string // "-": not observed
	}{
		"a page below a page":   {`{"parent": {"type": "page_id", "page_id": "2f0d8e4e-98ab-8065-b3a2-ec9fd4b3e57a"}}`, map[string]string{"page.parent": "notion:page:2f0d8e4e98ab8065b3a2ec9fd4b3e57a", "page.status": "-", "page.assignees": "-", "page.database": "-"}},
		"a page of a workspace": {`{"parent": {"type": "workspace", "workspace": true}, "in_trash": true}`, map[string]string{"page.parent": "workspace", "page.in_trash": "true"}},
		"a select is a status":  {`{"properties": {"Stage": {"type": "select", "select": {"name": "New"}}}}`, map[string]string{"page.status": "New"}},
		"a status comes first":  {`{"properties": {"Area": {"type": "select", "select": {"name": "UI"}}, "Stage": {"type": "status", "status": {"name": "New"}}}}`, map[string]string{"page.status": "New"}},
		"nobody is assigned":    {`{"properties": {"Owner": {"type": "people", "people": []}}}`, map[string]string{"page.assignees": ""}},
		"control characters":    {`{"properties": {"Status": {"type": "status", "status": {"name": "Do\u0000\u202ene"}}}}`, map[string]string{"page.status": "Done"}},
		"too long":              {`{"properties": {"Status": {"type": "status", "status": {"name": "` + strings.Repeat("x", 500) + `"}}}}`, map[string]string{"page.status": strings.Repeat("x", 400)}},
		"many people": {`{"properties": {"Assignee": {"type": "people", "people": [` + strings.TrimSuffix(strings.Repeat(`{"id": "019a87c7-d197-44a4-b19a-baa684400f81"},`, 20), ",") + `]}}}`,
			map[string]string{"page.assignees": strings.Repeat("019a87c7-d197-44a4-b19a-baa684400f81,", 9) + "and 11 more"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := parse(t, c.raw).observed()
			for key, want := range c.want {
				if value, ok := got[key]; ok != (want != "-") || ok && value != want {
					t.Errorf("%s: got %q (%v), want %q", key, value, ok, want)
				}
			}
		})
	}
}

func TestNamed(t *testing.T) {
	p := parse(t, task)
	for name, want := range map[string]string{
		"Status":   "",
		"Priority": "",
		"Name":     `the page has no property "Name" of type status or select; it has Priority, Status`,
		"Gone":     `the page has no property "Gone" of type status or select; it has Priority, Status`,
	} {
		_, err := p.named(name, "status", "select")
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := p.named("Status", "relation"); err == nil || !strings.Contains(err.Error(), "nor any other") {
		t.Errorf("a type that isn't there: %v", err)
	}
}

func TestTitle(t *testing.T) {
	for raw, want := range map[string]string{
		`{"properties": {"Tags": {"type": "multi_select"}, "Task": {"type": "title", "title": {}}}}`: "Task",
		`{"properties": {"Tags": {"type": "multi_select"}}}`:                                         "",
	} {
		var d dataSource
		if err := json.Unmarshal([]byte(raw), &d); err != nil {
			t.Fatal(err)
		}
		if got, err := d.title(); got != want || (err == nil) != (want != "") {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

package providertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

func notionClient(t *testing.T, url string) *client {
	return &client{t: t, url: url, check: open(t, "notion"), header: http.Header{"Authorization": {"Bearer " + Token}, "Notion-Version": {"2026-03-11"}}}
}

func text(s string) string { return `[{"type":"text","text":{"content":"` + s + `"}}]` }

func TestNotionKeepsWhatItIsTold(t *testing.T) {
	n := NewNotion(t, provider.Options{})
	c := notionClient(t, n.URL)
	page := "/v1/pages/" + provider.NotionPage
	blocks := "/v1/blocks/" + provider.NotionPage + "/children"
	c.do("GET", "/v1/users/me", "").want(t, 200, provider.NotionBot)
	c.do("GET", "/v1/databases/"+provider.NotionDatabase, "").want(t, 200, provider.NotionDataSource)
	c.do("GET", "/v1/data_sources/"+provider.NotionDataSource, "").want(t, 200, `"In review"`)
	c.do("GET", "/v1/pages/"+strings.ReplaceAll(provider.NotionPage, "-", ""), "").want(t, 200, `"In progress"`)

	c.do("PATCH", page, `{"properties":{"Status":{"status":{"name":"Done"}},"Assignee":{"people":[]},"Priority":{"select":{"name":"Urgent"}},"Notes":{"rich_text":`+text("n")+`}}}`).want(t, 200, `"Done"`)
	got := n.Page(provider.NotionPage)
	if got.Properties["Status"].Option != "Done" || got.Properties["Priority"].Option != "Urgent" || len(got.Properties["Assignee"].People) != 0 || got.Title() != "Retry refused payments" {
		t.Errorf("got %+v", got)
	}
	c.do("PATCH", blocks, `{"children":[{"object":"block","type":"paragraph","paragraph":{"rich_text":`+text("first")+`}},{"type":"heading_2","heading_2":{"rich_text":`+text("second")+`}}]}`).want(t, 200, "second")
	c.do("PATCH", blocks, `{"children":[{"paragraph":{"rich_text":`+text("zeroth")+`}}],"position":{"type":"start"}}`).want(t, 200, "zeroth")
	list := c.do("GET", blocks+"?page_size=2", "").want(t, 200, "first")
	cursor, _ := list.field("next_cursor").(string)
	c.do("GET", blocks+"?page_size=2&start_cursor="+cursor, "").want(t, 200, `"has_more":false`)
	if b := n.Page(provider.NotionPage).Blocks; len(b) != 3 || b[0].Text != "zeroth" || b[2].Type != "heading_2" {
		t.Errorf("blocks %+v", b)
	}

	note := c.do("POST", "/v1/comments", `{"parent":{"page_id":"`+provider.NotionPage+`"},"rich_text":`+text("looks good")+`}`).want(t, 200, "looks good")
	c.do("POST", "/v1/comments", fmt.Sprintf(`{"discussion_id":"%s","rich_text":%s}`, note.field("discussion_id"), text("indeed"))).want(t, 200, "indeed")
	c.do("GET", "/v1/comments?block_id="+provider.NotionPage, "").want(t, 200, "indeed")

	c.do("POST", "/v1/pages", `{"parent":{"type":"data_source_id","data_source_id":"`+provider.NotionDataSource+`"},"properties":{"title":{"title":`+text("new one")+`}},"children":[{"paragraph":{"rich_text":`+text("body")+`}}]}`).want(t, 200, "new one")
	c.do("POST", "/v1/pages", `{"parent":{"page_id":"`+provider.NotionPage+`"},"properties":{"title":{"title":`+text("below")+`}}}`).want(t, 200, "below")
	q := c.do("POST", "/v1/data_sources/"+provider.NotionDataSource+"/query", `{"page_size":1}`).want(t, 200, "new one")
	if q.field("has_more") != true {
		t.Errorf("query %s", q.body)
	}
	if pages := n.Pages(); len(pages) != 3 || pages[1].Blocks[0].Text != "body" || pages[1].Properties["Status"].Option != "Not started" {
		t.Errorf("pages %+v", pages)
	}
}

func TestNotionRefuses(t *testing.T) {
	n := NewNotion(t, provider.Options{})
	c := notionClient(t, n.URL)
	c.with("Authorization", "Bearer other").do("GET", "/v1/users/me", "").want(t, 401, `"code":"unauthorized"`)
	const none = "1c0ffee0-0000-4000-8000-0000000000ee"
	page := "/v1/pages/" + provider.NotionPage
	for name, tc := range map[string]struct {
		method, path, body string
		status             int
		says               string
	}{
		"another page":            {"GET", "/v1/pages/" + none, "", 404, `"code":"object_not_found"`},
		"no id":                   {"GET", "/v1/pages/AAA", "", 400, "should be a valid uuid"},
		"an option it lacks":      {"PATCH", page, `{"properties":{"Status":{"status":{"name":"Nope"}}}}`, 400, `"code":"validation_error"`},
		"a property it lacks":     {"PATCH", page, `{"properties":{"Stage":{"status":{"name":"Done"}}}}`, 400, "not a property that exists"},
		"a property's other type": {"PATCH", page, `{"properties":{"Status":{"select":{"name":"Done"}}}}`, 400, "expected to be status"},
		"a stranger":              {"PATCH", page, `{"properties":{"Assignee":{"people":[{"id":"` + none + `"}]}}}`, 404, "user"},
		"a comment on nothing":    {"POST", "/v1/comments", `{"parent":{"page_id":"` + none + `"},"rich_text":` + text("x") + `}`, 404, "page"},
		"a page in nothing":       {"POST", "/v1/pages", `{"parent":{"data_source_id":"` + none + `"},"properties":{}}`, 404, "object_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			one := *c
			one.t = t
			one.do(tc.method, tc.path, tc.body).want(t, tc.status, tc.says)
		})
	}
	if len(n.Changes()) != 0 {
		t.Errorf("changes %+v", n.Changes())
	}
}

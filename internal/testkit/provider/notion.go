package provider

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Notion fakes Notion's API, version 2026-03-11, for pages with their properties
// and paragraphs, data sources, and comments. It has a data source of tasks with
// the page that the example webhook is about.
type Notion struct {
	server
	o       Options
	users   []string // ids
	pages   []*Page
	sources []*dataSource
	nextID  int
}

// What the fake has from the start.
const (
	NotionBot        = "1c0ffee0-0000-4000-8000-000000000009"
	NotionPerson     = "1c0ffee0-0000-4000-8000-000000000004"
	NotionPage       = "1c0ffee0-0000-4000-8000-00000000000a"
	NotionDatabase   = "1c0ffee0-0000-4000-8000-00000000000b"
	NotionDataSource = "1c0ffee0-0000-4000-8000-00000000000c"
)

// NewNotion makes a Notion.
func NewNotion(o Options) *Notion {
	n := &Notion{o: o, users: []string{NotionPerson, NotionBot}}
	n.now, n.check = o.clock(), o.Check
	n.inspect, n.authorize, n.fail = n.headers, n.admit, n.failure
	n.seed()
	n.serve(n.operations())
	return n
}

func (n *Notion) operations() []operation {
	pages := []string{"start_cursor", "page_size"}
	return []operation{
		{pattern: "GET /v1/users/me", act: n.getMe},
		{pattern: "POST /v1/pages", act: n.createPage},
		{pattern: "GET /v1/pages/{id}", query: []string{"filter_properties"}, act: n.getPage},
		{pattern: "PATCH /v1/pages/{id}", act: n.updatePage},
		{pattern: "GET /v1/blocks/{id}/children", query: pages, act: n.listBlocks},
		{pattern: "PATCH /v1/blocks/{id}/children", act: n.appendBlocks},
		{pattern: "GET /v1/comments", query: append(pages, "block_id"), act: n.listNotes},
		{pattern: "POST /v1/comments", act: n.createNote},
		{pattern: "GET /v1/databases/{id}", act: n.getDatabase},
		{pattern: "GET /v1/data_sources/{id}", act: n.getDataSource},
		{pattern: "POST /v1/data_sources/{id}/query", query: []string{"filter_properties"}, act: n.queryDataSource},
	}
}

// headers are what Notion asks of every request.
//
// Source: https://developers.notion.com/reference/versioning
func (n *Notion) headers(r *http.Request) string {
	if v := r.Header.Get("Notion-Version"); v != "2026-03-11" {
		return "Notion-Version: " + v + ", want 2026-03-11"
	}
	return contentType(r)
}

func (n *Notion) admit(c *call) *reply {
	if n.o.Token == "" || c.bearer() != n.o.Token {
		return new(n.failure(http.StatusUnauthorized, "API token is invalid."))
	}
	c.who = NotionBot
	return nil
}

// failure has Notion's code for a status.
//
// Source: https://developers.notion.com/reference/status-codes
func (n *Notion) failure(status int, message string) reply {
	code := "internal_server_error"
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		code = "validation_error"
	case http.StatusUnauthorized:
		code = "unauthorized"
	case http.StatusForbidden:
		code = "restricted_resource"
	case http.StatusNotFound:
		code = "object_not_found"
	case http.StatusConflict:
		code = "conflict_error"
	case http.StatusTooManyRequests:
		code = "rate_limited"
	case http.StatusServiceUnavailable:
		code = "service_unavailable"
	}
	return reply{status: status, body: object{
		"object": "error", "status": status, "code": code, "message": message, "request_id": "1c0ffee0-0000-4000-8000-0000000000ff",
	}}
}

func (n *Notion) invalid(format string, args ...any) reply {
	return n.failure(http.StatusBadRequest, fmt.Sprintf(format, args...))
}

func (n *Notion) missing(kind, id string) reply {
	return n.failure(http.StatusNotFound, "Could not find "+kind+" with ID: "+id+". Make sure the relevant pages and databases are shared with your integration.")
}

// id is the next of Notion's ids.
func (n *Notion) id() string {
	n.nextID++
	return fmt.Sprintf("1c0ffee0-0000-4000-9000-%012x", n.nextID)
}

// dashed is an id as Notion writes it; false for what is none.
func dashed(id string) (string, bool) {
	u, err := uuid.Parse(id)
	return u.String(), err == nil && !strings.HasPrefix(id, "urn:") && !strings.HasPrefix(id, "{")
}

// in reads an id of a path.
func (n *Notion) in(c *call, name string) (string, *reply) {
	id, good := dashed(c.PathValue("id"))
	if !good {
		return "", new(n.invalid("path failed validation: path.%s should be a valid uuid, instead was `%q`.", name, c.PathValue("id")))
	}
	return id, nil
}

func (n *Notion) getMe(*call) reply {
	return ok(object{
		"object": "user", "id": NotionBot, "name": "Switchyard", "avatar_url": nil, "type": "bot",
		"bot": object{
			"owner": object{"type": "workspace", "workspace": true}, "workspace_name": "Acme", "workspace_id": "1c0ffee0-0000-4000-8000-000000000001",
			"workspace_limits": object{"max_file_upload_size_in_bytes": 5368709120},
		},
	})
}

// listed is a page of a list of Notion's, which goes on at a cursor: the id of the next.
func listed[T any](n *Notion, c *call, kind string, all []T, id func(T) string, shape func(T) any) reply {
	var in struct {
		StartCursor string `json:"start_cursor"`
		PageSize    int    `json:"page_size"`
	}
	in.StartCursor = c.URL.Query().Get("start_cursor")
	in.PageSize, _ = strconv.Atoi(c.URL.Query().Get("page_size"))
	if c.Method == http.MethodPost {
		if err := c.decode(&in); err != nil {
			return n.invalid("body failed validation: it should be an object.")
		}
	}
	from := 0
	if in.StartCursor != "" {
		for from < len(all) && id(all[from]) != in.StartCursor {
			from++
		}
		if from == len(all) {
			return n.invalid("The start_cursor provided is invalid: %s", in.StartCursor)
		}
	}
	if in.PageSize < 1 {
		in.PageSize = 100
	}
	to := min(from+min(in.PageSize, 100), len(all))
	results := []any{}
	for _, one := range all[from:to] {
		results = append(results, shape(one))
	}
	var next any
	if to < len(all) {
		next = id(all[to])
	}
	return ok(object{"object": "list", "results": results, "next_cursor": next, "has_more": next != nil, "type": kind, kind: object{}})
}

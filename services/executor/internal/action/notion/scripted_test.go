package notion_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

const (
	pageID   = "267d8e4e-98ab-81ce-88f2-c23f71324a63"
	sourceID = "f0a1bf33-7ff0-4d24-b5b6-efb3ea006b15"
	bot      = "019a87c7-d197-44a4-b19a-baa684400f81"

	readPage   = "GET /v1/pages/" + pageID
	writePage  = "PATCH /v1/pages/" + pageID
	readSource = "GET /v1/data_sources/" + sourceID
)

func ok(body string) scripted { return scripted{status: http.StatusOK, body: body} }

// task is a page of a data source with the properties.
func task(properties string) scripted {
	return ok(`{"object": "page", "id": "` + pageID + `", "created_time": "2026-01-02T03:04:00.000Z", "last_edited_time": "2026-01-02T03:05:00.000Z",
		"created_by": {"object": "user", "id": "` + somebody + `"}, "last_edited_by": {"object": "user", "id": "` + bot + `"},
		"in_trash": false, "is_locked": false, "url": "https://www.notion.so/Their-words-267d8e4e98ab81ce88f2c23f71324a63",
		"parent": {"type": "data_source_id", "data_source_id": "` + sourceID + `", "database_id": "1d6b1040-a9fb-48d9-9a3d-041429816e9f"},
		"properties": {"Name": {"id": "title", "type": "title", "title": [{"type": "text", "plain_text": "Their words"}]}` + properties + `}}`)
}

const (
	inProgress = `, "Status": {"id": "a", "type": "status", "status": {"name": "In progress"}}`
	done       = `, "Status": {"id": "a", "type": "status", "status": {"name": "Done"}}`
	selected   = `, "Status": {"id": "a", "type": "select", "select": {"name": "Open"}}`
	unset      = `, "Status": {"id": "a", "type": "select", "select": null}`
	assigned   = `, "Assignee": {"id": "b", "type": "people", "people": [{"object": "user", "id": "` + somebody + `"}]}`
	two        = `, "Assignee": {"id": "b", "type": "people", "people": [{"object": "user", "id": "` + somebody + `"}, {"object": "user", "id": "` + bot + `"}]}`
)

func columns(options string) scripted {
	return ok(`{"object": "data_source", "id": "` + sourceID + `", "properties": {
		"Task": {"id": "title", "name": "Task", "type": "title", "title": {}},
		"Status": {"id": "a", "name": "Status", "type": "select", "select": {"options": [` + options + `]}}}}`)
}

func toDone() actiontest.Case {
	return actiontest.Case{Tool: "notion.update_status", Class: "set", Target: pageRef, Payload: map[string]any{"status": "Done"}}
}

func toSomebody() actiontest.Case {
	return actiontest.Case{Tool: "notion.assign_task", Class: "set", Target: pageRef, Payload: map[string]any{"assignee": somebody}}
}

func statusOf(s *script) action.Action { return notion.UpdateStatus{Workspace: s.Workspace} }
func assignOf(s *script) action.Action { return notion.AssignTask{Workspace: s.Workspace} }

func TestSetting(t *testing.T) {
	for name, c := range map[string]struct {
		act             func(*script) action.Action
		command         actiontest.Case
		answers         map[string]scripted
		outcome, reason string
		body            string // of what is sent; "" for nothing
	}{
		"a status": {statusOf, toDone(), map[string]scripted{readPage: task(inProgress), writePage: task(done)}, "done", "",
			`{"properties":{"Status":{"status":{"name":"Done"}}}}`},
		"a status that is so": {statusOf, toDone(), map[string]scripted{readPage: task(done)}, "already", "", ""},
		"a select": {statusOf, toDone(), map[string]scripted{readPage: task(selected), readSource: columns(`{"name": "Open"}, {"name": "Done"}`), writePage: task(done)}, "done", "",
			`{"properties":{"Status":{"select":{"name":"Done"}}}}`},
		"a select without a value": {statusOf, toDone(), map[string]scripted{readPage: task(unset), readSource: columns(`{"name": "Done"}`), writePage: task(done)}, "done", "",
			`{"properties":{"Status":{"select":{"name":"Done"}}}}`},
		"a select without the option":  {statusOf, toDone(), map[string]scripted{readPage: task(selected), readSource: columns(`{"name": "Open"}, {"name": "done"}`)}, "rejected", `"Status" has no option "Done"; it has Open, done`, ""},
		"a select whose source is out": {statusOf, toDone(), map[string]scripted{readPage: task(selected), readSource: {status: 404, body: notFound}}, "rejected", "Notion says 404 Not Found: object_not_found: Could not find", ""},
		"no such property":             {statusOf, toDone(), map[string]scripted{readPage: task(assigned)}, "rejected", `the page has no property "Status" of type status or select, nor any other`, ""},
		"a page that is not shared":    {statusOf, toDone(), map[string]scripted{readPage: {status: 404, body: notFound}}, "rejected", "Notion says 404", ""},
		"a page without properties":    {statusOf, toDone(), map[string]scripted{readPage: ok(`{"object": "page", "id": "` + pageID + `"}`)}, "rejected", "the integration may not read", ""},
		"another page":                 {statusOf, toDone(), map[string]scripted{readPage: ok(`{"object": "page", "id": "` + sourceID + `", "properties": {}}`)}, "unknown", "Notion answered with another page", ""},
		"nonsense":                     {statusOf, toDone(), map[string]scripted{readPage: ok(`<html>`)}, "retry", "provider_away", ""},
		"an assignee": {assignOf, toSomebody(), map[string]scripted{readPage: task(two), writePage: task(assigned)}, "done", "",
			`{"properties":{"Assignee":{"people":[{"id":"` + somebody + `","object":"user"}]}}}`},
		"an assignee who is so": {assignOf, toSomebody(), map[string]scripted{readPage: task(assigned)}, "already", "", ""},
		"nobody to be assigned": {assignOf, toSomebody(), map[string]scripted{readPage: task(inProgress)}, "rejected", `the page has no property "Assignee" of type people`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, c.answers)
			got := actiontest.Perform(t, c.act(s), c.command, "act")
			actiontest.Want(t, got, c.outcome, c.reason)
			if s.written() != c.body {
				t.Errorf("sent %s\nwant %s", s.written(), c.body)
			}
			if c.outcome != "done" && c.outcome != "already" {
				return
			}
			if got.GetRef() != pageRef || got.GetUrl() != "https://www.notion.so/267d8e4e98ab81ce88f2c23f71324a63" {
				t.Errorf("ref %s, url %s", got.GetRef(), got.GetUrl())
			}
			if account := got.GetAccount(); (account == "notion:user:"+bot) != (c.outcome == "done") {
				t.Errorf("account %q", account)
			}
		})
	}
}

const notFound = `{"object": "error", "status": 404, "code": "object_not_found", "message": "Could not find page."}`

// A look says that a page is so, that it surely isn't, or that nobody can tell.
func TestLooking(t *testing.T) {
	for name, c := range map[string]struct {
		act             func(*script) action.Action
		command         actiontest.Case
		page            scripted
		outcome, reason string
	}{
		"set":              {statusOf, toDone(), task(done), "already", ""},
		"not set":          {statusOf, toDone(), task(inProgress), "rejected", "not_found"},
		"gone":             {statusOf, toDone(), scripted{status: 404, body: notFound}, "unknown", "Notion says 404"},
		"assigned":         {assignOf, toSomebody(), task(assigned), "already", ""},
		"assigned to more": {assignOf, toSomebody(), task(two), "rejected", "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, map[string]scripted{readPage: c.page})
			actiontest.Want(t, actiontest.Perform(t, c.act(s), c.command, "look"), c.outcome, c.reason)
		})
	}
}

// creating is an action that makes something, and the request that makes it.
type creating struct {
	act     func(*script) action.Action
	command actiontest.Case
	at      string
	answer  string
	body    string
	ref     string
}

func creations() map[string]creating {
	text := map[string]any{"body": "Merged."}
	return map[string]creating{
		"append_text": {
			func(s *script) action.Action { return notion.AppendText{Workspace: s.Workspace} },
			actiontest.Case{Tool: "notion.append_text", Class: "create", Target: pageRef, Payload: text},
			"PATCH /v1/blocks/" + pageID + "/children",
			`{"object": "list", "results": [{"object": "block", "id": "26ed8e4e-98ab-814a-a03b-e2e5c161f81b", "created_by": {"object": "user", "id": "` + bot + `"}}]}`,
			`{"children":[{"object":"block","paragraph":{"rich_text":[{"text":{"content":"Merged."},"type":"text"}]},"type":"paragraph"}]}`,
			pageRef,
		},
		"add_comment": {
			func(s *script) action.Action { return notion.AddComment{Workspace: s.Workspace} },
			actiontest.Case{Tool: "notion.add_comment", Class: "create", Target: pageRef, Payload: text},
			"POST /v1/comments",
			`{"object": "comment", "id": "37921658-0840-45ae-924a-d9ce1d60375b", "created_by": {"object": "user", "id": "` + bot + `"}}`,
			`{"parent":{"page_id":"` + pageID + `"},"rich_text":[{"text":{"content":"Merged."},"type":"text"}]}`,
			pageRef,
		},
		"create_page": {
			func(s *script) action.Action { return notion.CreatePage{Workspace: s.Workspace} },
			actiontest.Case{Tool: "notion.create_page", Class: "create", Target: "notion:database:" + database, Payload: map[string]any{"database": database, "title": "Payments fail"}},
			"POST /v1/pages",
			`{"object": "page", "id": "2f0d8e4e-98ab-818d-8366-c12b276c6a7c", "created_by": {"object": "user", "id": "` + bot + `"}}`,
			`{"parent":{"data_source_id":"` + sourceID + `","type":"data_source_id"},"properties":{"Task":{"title":[{"text":{"content":"Payments fail"},"type":"text"}]}}}`,
			"notion:page:2f0d8e4e98ab818d8366c12b276c6a7c",
		},
	}
}

func TestCreating(t *testing.T) {
	for name, c := range creations() {
		for fault, f := range map[string]struct {
			answer          scripted
			outcome, reason string
		}{
			"made":              {ok(c.answer), "done", ""},
			"lost afterwards":   {scripted{drop: true}, "unknown", "Notion gave no answer"},
			"failed":            {scripted{status: 502, body: `{}`}, "unknown", "Notion failed with 502"},
			"an empty answer":   {ok(`{"object": `), "unknown", "Notion"},
			"too many requests": {scripted{status: 429, header: http.Header{"Retry-After": {"3"}}, body: `{"object": "error", "status": 429, "code": "rate_limited", "message": "x"}`}, "retry", "rate_limited"},
			"a conflict":        {scripted{status: 409, body: `{"object": "error", "status": 409, "code": "conflict_error", "message": "x"}`}, "retry", "provider_away"},
			"invalid":           {scripted{status: 400, body: `{"object": "error", "status": 400, "code": "validation_error", "message": "body failed validation"}`}, "rejected", "Notion says 400 Bad Request: validation_error: body failed validation"},
		} {
			t.Run(name+" "+fault, func(t *testing.T) {
				s := play(t, map[string]scripted{c.at: f.answer, readSource: columns(`{"name": "Open"}`)})
				got := actiontest.Perform(t, c.act(s), c.command, "act")
				actiontest.Want(t, got, f.outcome, f.reason)
				if s.written() != c.body {
					t.Errorf("sent %s\nwant %s", s.written(), c.body)
				}
				if f.outcome == "done" && (got.GetRef() != c.ref || got.GetAccount() != "notion:user:"+bot) {
					t.Errorf("ref %s, account %s", got.GetRef(), got.GetAccount())
				}
				if f.reason == "rate_limited" && got.GetRetryAfter().AsDuration() != 3*time.Second {
					t.Errorf("retry after %v", got.GetRetryAfter().AsDuration())
				}
				before := s.written()
				actiontest.Want(t, actiontest.Perform(t, c.act(s), c.command, "look"), "unknown", "Notion has no list")
				if s.written() != before {
					t.Error("a look changes something")
				}
			})
		}
	}
}

// The longest texts that the tools take pass Notion's description.
func TestLongTexts(t *testing.T) {
	for name, body := range map[string]string{
		"one paragraph":         strings.Repeat("😀", 2000),
		"of many":               strings.Repeat("x\n\n", 660),
		"a comment's last inch": strings.Repeat("x", 1999) + "😀",
	} {
		for tool, c := range creations() {
			c.command.Payload["body"] = body
			t.Run(name+" "+tool, func(t *testing.T) {
				s := play(t, map[string]scripted{c.at: ok(c.answer), readSource: columns(`{"name": "Open"}`)})
				actiontest.Want(t, actiontest.Perform(t, c.act(s), c.command, "act"), "done", "")
			})
		}
	}
}

func TestNothingStartsAfterNotAfter(t *testing.T) {
	for name, c := range creations() {
		t.Run(name, func(t *testing.T) {
			s := play(t, map[string]scripted{readSource: columns(`{"name": "Open"}`)})
			cmd := actiontest.Command(t, c.command, "act")
			cmd.NotAfter = timestamppb.New(time.Now().Add(-time.Millisecond))
			actiontest.Want(t, actiontest.PerformCommand(t, c.act(s), cmd), "retry", "deadline")
			if s.written() != "" {
				t.Error("something was sent after not_after")
			}
		})
	}
}

func TestWhatCantBeMade(t *testing.T) {
	c := creations()["create_page"]
	s := play(t, map[string]scripted{readSource: ok(`{"object": "data_source", "properties": {}}`)})
	actiontest.Want(t, actiontest.Perform(t, c.act(s), c.command, "act"), "rejected", "the data source shows no property of type title")
	c = creations()["append_text"]
	c.command.Payload = map[string]any{"body": "\n\n\n"}
	actiontest.Want(t, actiontest.Perform(t, c.act(s), c.command, "act"), "rejected", "there is no text")
}

func TestReadingAPage(t *testing.T) {
	c := actiontest.Case{Tool: "notion.read_page", Class: "read", Target: pageRef}
	for name, f := range map[string]struct {
		page            scripted
		outcome, reason string
	}{
		"read":       {task(inProgress + two), "done", ""},
		"not shared": {scripted{status: 404, body: notFound}, "rejected", "Notion says 404"},
		"too many":   {scripted{status: 429, header: http.Header{"Retry-After": {"3"}}}, "retry", "rate_limited"},
		"away":       {scripted{status: 503}, "retry", "provider_away"},
		"dropped":    {scripted{drop: true}, "retry", "provider_away"},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, map[string]scripted{readPage: f.page})
			got := actiontest.Perform(t, notion.ReadPage{Workspace: s.Workspace}, c, "act")
			actiontest.Want(t, got, f.outcome, f.reason)
			if f.outcome != "done" {
				if len(got.GetObserved()) != 0 {
					t.Errorf("observed %v", got.GetObserved())
				}
				return
			}
			if o := got.GetObserved(); o["page.status"] != "In progress" || o["page.assignees"] != bot+","+somebody || o["page.in_trash"] != "false" {
				t.Errorf("observed %v", o)
			}
			if strings.Contains(got.String(), "Their") {
				t.Errorf("other people's words: %v", got)
			}
		})
	}
}

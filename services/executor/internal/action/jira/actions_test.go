package jira_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

const acme7 = "jira:issue:ACME-7"

func addComment(s *jira.Site) action.Action  { return jira.AddComment{Site: s} }
func assign(s *jira.Site) action.Action      { return jira.Assign{Site: s} }
func transition(s *jira.Site) action.Action  { return jira.Transition{Site: s} }
func linkRemote(s *jira.Site) action.Action  { return jira.LinkRemote{Site: s} }
func createIssue(s *jira.Site) action.Action { return jira.CreateIssue{Site: s} }

func TestAddComment(t *testing.T) {
	both(t, addComment, func(api string, dataCenter bool) actiontest.Case {
		body := `{"type": "doc", "version": 1, "content": [
			{"type": "paragraph", "content": [
				{"type": "text", "text": "acme/api#42 was merged."},
				{"type": "hardBreak"},
				{"type": "text", "text": "See https://example.com"}
			]},
			{"type": "paragraph", "content": [{"type": "text", "text": "*plain* [x]"}]}
		]}`
		if dataCenter {
			body = `"acme/api#42 was merged.\nSee https://example.com\n\n*plain* \\[x\\]\n"`
		}
		return actiontest.Case{
			Tool: "jira.add_comment", Target: acme7,
			Payload: map[string]any{"body": "acme/api#42 was merged.\nSee https://example.com\n\n*plain* [x]\n"},
			Later:   map[string]any{"body": "acme/api#42 was deployed."},
			Request: `{
				"method": "POST",
				"url": "` + api + `/issue/ACME-7/comment",
				"headers": ` + headers + `,
				"body": {"body": ` + body + `, "properties": [{"key": "switchyard", "value": {"effect_key": "` + actiontest.EffectKey + `"}}]},
				"before": [` + whoActs(api) + `, {
					"method": "GET",
					"url": "` + api + `/issue/ACME-7/comment?expand=properties&maxResults=100&orderBy=-created&startAt=0",
					"why": "a comment by this account that has the property is updated instead"
				}]
			}`,
			Invalid: map[string]map[string]any{
				"empty body":    {"body": ""},
				"long body":     {"body": strings.Repeat("x", 4001)},
				"unknown field": {"body": "x", "visibility": "all"},
			},
			OtherTarget: "github:issue:acme/api#7",
		}
	})
}

func TestTransition(t *testing.T) {
	both(t, transition, func(api string, _ bool) actiontest.Case {
		return actiontest.Case{
			Tool: "jira.transition", Target: acme7, Payload: map[string]any{"status": "Done"},
			Request: `{
				"method": "POST",
				"url": "` + api + `/issue/ACME-7/transitions",
				"headers": ` + headers + `,
				"body": {"transition": {"id": "{id of the transition to Done}"}},
				"before": [
					{"method": "GET", "url": "` + api + `/issue/ACME-7?fields=status", "why": "ACME-7 already in Done is done"},
					{"method": "GET", "url": "` + api + `/issue/ACME-7/transitions", "why": "ids belong to the issue's workflow: the one whose to.name is the status"},
					` + whoActs(api) + `
				]
			}`,
			Sent: `{"transition": {"id": "41"}}`,
			Invalid: map[string]map[string]any{
				"empty status":  {"status": ""},
				"list":          {"status": []any{"Done"}},
				"unknown field": {"status": "Done", "resolution": "Fixed"},
			},
			OtherTarget: "jira:project:ACME",
		}
	})
}

func TestAssign(t *testing.T) {
	both(t, assign, func(api string, dataCenter bool) actiontest.Case {
		who, field := devTwo, "accountId"
		if dataCenter {
			who, field = "dev-two", "name"
		}
		return actiontest.Case{
			Tool: "jira.assign", Target: acme7, Payload: map[string]any{"assignee": who},
			Request: `{
				"method": "PUT",
				"url": "` + api + `/issue/ACME-7/assignee",
				"headers": ` + headers + `,
				"body": {"` + field + `": "` + who + `"},
				"before": [
					{"method": "GET", "url": "` + api + `/issue/ACME-7?fields=assignee", "why": "ACME-7 assigned so already is done"},
					` + whoActs(api) + `
				]
			}`,
			Invalid: map[string]map[string]any{
				"nobody":          {"assignee": ""},
				"other character": {"assignee": "dev one"},
				"too long":        {"assignee": strings.Repeat("x", 129)},
				"unknown field":   {"assignee": "x", "notify": true},
			},
			OtherTarget: "jira:project:ACME",
		}
	})
}

func TestLinkRemote(t *testing.T) {
	both(t, linkRemote, func(api string, _ bool) actiontest.Case {
		return actiontest.Case{
			Tool: "jira.link_remote", Target: acme7,
			Payload: map[string]any{"object": "github:pr:acme/api#42", "title": "Retry refused\npayments"},
			Later:   map[string]any{"object": "github:pr:acme/api#42", "title": "Retry refused payments (merged)"},
			Request: `{
				"method": "POST",
				"url": "` + api + `/issue/ACME-7/remotelink",
				"headers": ` + headers + `,
				"body": {
					"globalId": "switchyard:` + actiontest.EffectKey + `",
					"object": {"url": "https://github.com/acme/api/pull/42", "title": "Retry refused payments"}
				},
				"before": [
					{
						"method": "GET",
						"url": "` + api + `/issue/ACME-7/remotelink?globalId=switchyard%3A` + actiontest.EffectKey + `",
						"why": "a link of ours with this globalId is updated instead"
					},
					` + whoActs(api) + `
				]
			}`,
			Invalid: map[string]map[string]any{
				"no object":     {"object": "", "title": "x"},
				"no title":      {"object": "github:pr:acme/api#42", "title": ""},
				"long title":    {"object": "github:pr:acme/api#42", "title": strings.Repeat("x", 256)},
				"unknown field": {"object": "github:pr:acme/api#42", "title": "x", "url": "https://e.example"},
			},
			OtherTarget: "github:pr:acme/api#42",
		}
	})
}

func TestCreateIssue(t *testing.T) {
	both(t, createIssue, func(api string, dataCenter bool) actiontest.Case {
		c := actiontest.Case{
			Tool: "jira.create_issue", Target: "jira:project:ACME",
			Payload: map[string]any{"project": "ACME", "issue_type": "Bug", "summary": "Payments\nfail", "description": "Since {noon}."},
			Behind:  "Jira's search is behind by a moment",
			Invalid: map[string]map[string]any{
				"no project":      {"project": "", "issue_type": "Bug", "summary": "x"},
				"another project": {"project": "WEB", "issue_type": "Bug", "summary": "x"},
				"not a key":       {"project": "acme", "issue_type": "Bug", "summary": "x"},
				"no type":         {"project": "ACME", "summary": "x"},
				"no summary":      {"project": "ACME", "issue_type": "Bug"},
				"long summary":    {"project": "ACME", "issue_type": "Bug", "summary": strings.Repeat("x", 256)},
				"unknown field":   {"project": "ACME", "issue_type": "Bug", "summary": "x", "priority": "High"},
			},
			OtherTarget: "jira:project:WEB",
		}
		description := `{"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Since {noon}."}]}]}`
		if dataCenter {
			description = `"Since \\{noon\\}."`
			c.Behind, c.Blind = "", "a Data Center's search has no properties"
		}
		c.Request = `{
			"method": "POST",
			"url": "` + api + `/issue",
			"headers": ` + headers + `,
			"body": {
				"fields": {"project": {"key": "ACME"}, "issuetype": {"name": "Bug"}, "summary": "Payments fail", "description": ` + description + `},
				"properties": [{"key": "switchyard", "value": {"effect_key": "` + actiontest.EffectKey + `"}}]
			},
			"before": [` + whoActs(api) + `]
		}`
		return c
	})
}

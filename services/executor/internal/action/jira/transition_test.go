package jira_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

func TestTransition(t *testing.T) {
	actiontest.Run(t, jira.Transition{Site: nowhere()}, actiontest.Case{
		Tool:    "jira.transition",
		Class:   "set",
		Target:  "jira@eu:issue:ACME-7",
		Payload: map[string]any{"status": "Done"},
		Request: `{
			"method": "POST",
			"url": "https://{eu}.atlassian.net/rest/api/3/issue/ACME-7/transitions",
			"headers": {"Accept": "application/json", "Content-Type": "application/json"},
			"body": {"transition": {"id": "{id of the transition to Done}"}},
			"before": [
				{
					"method": "GET",
					"url": "https://{eu}.atlassian.net/rest/api/3/issue/ACME-7?fields=status",
					"why": "ACME-7 already in Done is done"
				},
				{
					"method": "GET",
					"url": "https://{eu}.atlassian.net/rest/api/3/issue/ACME-7/transitions",
					"why": "ids belong to the issue's workflow: the one whose to.name is the status"
				}
			]
		}`,
		Invalid: map[string]map[string]any{
			"empty status":  {"status": ""},
			"list":          {"status": []any{"Done"}},
			"unknown field": {"status": "Done", "resolution": "Fixed"},
		},
		OtherTarget: "jira:project:ACME",
	})
}

func TestTransitionsThatAreNotThere(t *testing.T) {
	f := cloud(t)
	f.AddIssue("ACME-8", "To Do")
	s := subjects()["transition"]
	s.c.Target = "jira:issue:ACME-8"
	want(t, run(t, s.act(f.site), s.c, "act"), "rejected", `ACME-8: no transition leads to "Done" from here; it can get to In Progress`)
	s.c.Target = "jira:issue:ACME-99"
	want(t, run(t, s.act(f.site), s.c, "act"), "rejected", "Jira says 404 Not Found: Issue does not exist")
	s.c.Target, s.c.Payload = "jira:issue:ACME-7", map[string]any{"status": "done"}
	want(t, run(t, s.act(f.site), s.c, "act"), "done", "")
}

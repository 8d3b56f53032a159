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

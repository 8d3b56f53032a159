package jira_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

func TestAssign(t *testing.T) {
	actiontest.Run(t, jira.Assign{Site: nowhere()}, actiontest.Case{
		Tool:    "jira.assign",
		Class:   "set",
		Target:  "jira:issue:ACME-7",
		Payload: map[string]any{"assignee": "712020:5b10a284"},
		Request: `{
			"method": "PUT",
			"url": "https://{site}.atlassian.net/rest/api/3/issue/ACME-7/assignee",
			"headers": {"Accept": "application/json", "Content-Type": "application/json"},
			"body": {"accountId": "712020:5b10a284"},
			"before": [{
				"method": "GET",
				"url": "https://{site}.atlassian.net/rest/api/3/issue/ACME-7?fields=assignee",
				"why": "ACME-7 assigned so already is done"
			}]
		}`,
		Invalid: map[string]map[string]any{
			"nobody":          {"assignee": ""},
			"other character": {"assignee": "dev one"},
			"too long":        {"assignee": strings.Repeat("x", 129)},
			"unknown field":   {"assignee": "x", "notify": true},
		},
		OtherTarget: "jira:project:ACME",
	})
}

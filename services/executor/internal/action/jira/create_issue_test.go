package jira_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

func TestCreateIssue(t *testing.T) {
	actiontest.Run(t, jira.CreateIssue{Site: nowhere()}, actiontest.Case{
		Tool:    "jira.create_issue",
		Class:   "create",
		Target:  "jira:project:ACME",
		Payload: map[string]any{"project": "ACME", "issue_type": "Bug", "summary": "Payments\nfail", "description": "Since noon."},
		Request: `{
			"method": "POST",
			"url": "https://{site}.atlassian.net/rest/api/3/issue",
			"headers": {"Accept": "application/json", "Content-Type": "application/json"},
			"body": {
				"fields": {
					"project": {"key": "ACME"},
					"issuetype": {"name": "Bug"},
					"summary": "Payments fail",
					"description": {"type": "doc", "version": 1, "content": [
						{"type": "paragraph", "content": [{"type": "text", "text": "Since noon."}]}
					]}
				},
				"properties": [{"key": "switchyard", "value": {"effect_key": "` + actiontest.EffectKey + `"}}]
			}
		}`,
		Invalid: map[string]map[string]any{
			"no project":    {"project": "", "issue_type": "Bug", "summary": "x"},
			"not a key":     {"project": "acme", "issue_type": "Bug", "summary": "x"},
			"no type":       {"project": "ACME", "summary": "x"},
			"no summary":    {"project": "ACME", "issue_type": "Bug"},
			"long summary":  {"project": "ACME", "issue_type": "Bug", "summary": strings.Repeat("x", 256)},
			"unknown field": {"project": "ACME", "issue_type": "Bug", "summary": "x", "priority": "High"},
		},
	})
}

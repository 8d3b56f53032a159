package jira_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

func TestAddComment(t *testing.T) {
	actiontest.Run(t, jira.AddComment{Site: nowhere()}, actiontest.Case{
		Tool:    "jira.add_comment",
		Class:   "upsert",
		Target:  "jira:issue:ACME-7",
		Payload: map[string]any{"body": "acme/api#42 was merged.\nSee https://example.com\n\n*plain*\n"},
		Request: `{
			"method": "POST",
			"url": "https://{site}.atlassian.net/rest/api/3/issue/ACME-7/comment",
			"headers": {"Accept": "application/json", "Content-Type": "application/json"},
			"body": {
				"body": {"type": "doc", "version": 1, "content": [
					{"type": "paragraph", "content": [
						{"type": "text", "text": "acme/api#42 was merged."},
						{"type": "hardBreak"},
						{"type": "text", "text": "See https://example.com"}
					]},
					{"type": "paragraph", "content": [{"type": "text", "text": "*plain*"}]}
				]},
				"properties": [{"key": "switchyard", "value": {"effect_key": "` + actiontest.EffectKey + `"}}]
			},
			"before": [
				{
					"method": "GET",
					"url": "https://{site}.atlassian.net/rest/api/3/myself",
					"why": "only comments of the account that acts are ours; asked once"
				},
				{
					"method": "GET",
					"url": "https://{site}.atlassian.net/rest/api/3/issue/ACME-7/comment?expand=properties&maxResults=100&orderBy=-created&startAt=0",
					"why": "a comment of ours that has this property is updated instead"
				}
			]
		}`,
		Invalid: map[string]map[string]any{
			"empty body":    {"body": ""},
			"long body":     {"body": strings.Repeat("x", 4001)},
			"unknown field": {"body": "x", "visibility": "all"},
		},
		OtherTarget: "github:issue:acme/api#7",
	})
}

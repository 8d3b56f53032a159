package github_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
)

func TestAddComment(t *testing.T) {
	for name, c := range map[string]struct{ target, api string }{
		"pull request":      {"github:pr:acme/api#42", "https://api.github.com/repos/acme/api/issues/42/comments"},
		"issue":             {"github:issue:acme/api#7", "https://api.github.com/repos/acme/api/issues/7/comments"},
		"enterprise server": {"github@eu:issue:acme/api#7", "https://{eu}/api/v3/repos/acme/api/issues/7/comments"},
	} {
		t.Run(name, func(t *testing.T) {
			actiontest.Run(t, github.AddComment{}, actiontest.Case{
				Tool:    "github.add_comment",
				Class:   "upsert",
				Target:  c.target,
				Payload: map[string]any{"body": "ACME-7 is now Done."},
				Request: `{
					"method": "POST",
					"url": "` + c.api + `",
					"headers": {
						"Accept": "application/vnd.github+json",
						"Content-Type": "application/json",
						"X-GitHub-Api-Version": "2022-11-28"
					},
					"body": {"body": "ACME-7 is now Done.\n\n<!-- switchyard:` + actiontest.EffectKey + ` -->"},
					"before": [{
						"method": "GET",
						"url": "` + c.api + `?per_page=100",
						"why": "a comment of ours with this marker is updated instead"
					}]
				}`,
				Invalid: map[string]map[string]any{
					"empty body":    {"body": ""},
					"long body":     {"body": strings.Repeat("x", 4001)},
					"wrong type":    {"body": 7.0},
					"unknown field": {"body": "x", "labels": "y"},
				},
				OtherTarget: "jira:issue:ACME-7",
			})
		})
	}
}

package github_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
)

func comment(number string) actiontest.Case {
	api := "{url}/repos/acme/api/issues/" + number + "/comments"
	return actiontest.Case{
		Tool:    "github.add_comment",
		Target:  "github:pr:acme/api#" + number,
		Payload: map[string]any{"body": "ACME-7 is now Done."},
		Later:   map[string]any{"body": "ACME-7 is now Released."},
		Request: `{
			"method": "POST",
			"url": "` + api + `",
			"headers": ` + headers + `,
			"body": {"body": "ACME-7 is now Done.\n\n<!-- switchyard:` + actiontest.EffectKey + ` -->"},
			"before": [{
				"method": "GET",
				"url": "` + api + `?per_page=100",
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
	}
}

func TestAddComment(t *testing.T) {
	c := comment("42")
	c.Open = byToken(addComment)
	actiontest.Run(t, c)
}

func TestAddCommentAsAnApp(t *testing.T) {
	c := comment("41")
	c.Target = "github:issue:acme/api#41"
	c.Open = byApp(t, addComment)
	actiontest.Run(t, c)
}

func issue() actiontest.Case {
	return actiontest.Case{
		Tool:    "github.create_issue",
		Target:  "github:repo:acme/api",
		Payload: map[string]any{"repository": "acme/api", "title": "Retry", "body": "See ACME-7."},
		Request: `{
			"method": "POST",
			"url": "{url}/repos/acme/api/issues",
			"headers": ` + headers + `,
			"body": {"title": "Retry", "body": "See ACME-7.\n\n<!-- switchyard:` + actiontest.EffectKey + ` -->"}
		}`,
		Invalid: map[string]map[string]any{
			"no title":           {"repository": "acme/api"},
			"no repository":      {"title": "x"},
			"another repository": {"repository": "acme/web", "title": "x"},
			"a path":             {"repository": "acme/api/..", "title": "x"},
		},
		OtherTarget: "github:repo:acme/web",
	}
}

func createIssue(g *github.GitHub) action.Action { return github.CreateIssue{GitHub: g} }

func TestCreateIssue(t *testing.T) {
	c := issue()
	c.Open = byToken(createIssue)
	actiontest.Run(t, c)
}

func TestCreateIssueAsAnApp(t *testing.T) {
	c := issue()
	c.Open = byApp(t, createIssue)
	actiontest.Run(t, c)
}

func TestCloseIssue(t *testing.T) {
	for name, c := range map[string]struct {
		payload map[string]any
		reason  string
	}{
		"as completed":   {map[string]any{}, "completed"},
		"as not planned": {map[string]any{"reason": "not_planned"}, "not_planned"},
	} {
		t.Run(name, func(t *testing.T) {
			actiontest.Run(t, actiontest.Case{
				Tool: "github.close_issue", Target: "github:issue:acme/api#41", Payload: c.payload,
				Request: `{
					"method": "PATCH",
					"url": "{url}/repos/acme/api/issues/41",
					"headers": ` + headers + `,
					"body": {"state": "closed", "state_reason": "` + c.reason + `"},
					"before": [{"method": "GET", "url": "{url}/repos/acme/api/issues/41", "why": "a closed issue is done"}]
				}`,
				Invalid:     map[string]map[string]any{"another reason": {"reason": "duplicate"}, "unknown field": {"state": "open"}},
				OtherTarget: "github:pr:acme/api#42",
				Open:        byToken(func(g *github.GitHub) action.Action { return github.CloseIssue{GitHub: g} }),
			})
		})
	}
}

func TestAddLabels(t *testing.T) {
	actiontest.Run(t, actiontest.Case{
		Tool: "github.add_labels", Target: "github:issue:acme/api#41", Payload: map[string]any{"labels": []any{"bug", "needs triage"}},
		Request: `{
			"method": "POST",
			"url": "{url}/repos/acme/api/issues/41/labels",
			"headers": ` + headers + `,
			"body": {"labels": ["bug", "needs triage"]},
			"before": [{"method": "GET", "url": "{url}/repos/acme/api/issues/41/labels?per_page=100", "why": "all of them there already is done"}]
		}`,
		Invalid:     map[string]map[string]any{"none": {"labels": []any{}}, "twice": {"labels": []any{"a", "a"}}, "no list": {"labels": "bug"}},
		OtherTarget: "github:repo:acme/api",
		Open:        byToken(func(g *github.GitHub) action.Action { return github.AddLabels{GitHub: g} }),
	})
}

func assign(g *github.GitHub) action.Action { return github.Assign{GitHub: g} }

func TestAssign(t *testing.T) {
	actiontest.Run(t, actiontest.Case{
		Tool: "github.assign", Target: "github:pr:acme/api#42", Payload: map[string]any{"assignees": []any{"dev-one", "Dev-Two"}},
		Request: `{
			"method": "POST",
			"url": "{url}/repos/acme/api/issues/42/assignees",
			"headers": ` + headers + `,
			"body": {"assignees": ["dev-one", "Dev-Two"]},
			"before": [{"method": "GET", "url": "{url}/repos/acme/api/issues/42", "why": "all of them assigned already is done"}]
		}`,
		Invalid:     map[string]map[string]any{"none": {"assignees": []any{}}, "a mention": {"assignees": []any{"@dev-one"}}},
		OtherTarget: "github:repo:acme/api",
		Open:        byToken(assign),
	})
}

func TestRequestReview(t *testing.T) {
	actiontest.Run(t, actiontest.Case{
		Tool: "github.request_review", Target: "github:pr:acme/api#42", Payload: map[string]any{"reviewers": []any{"dev-two", "acme/platform"}},
		Request: `{
			"method": "POST",
			"url": "{url}/repos/acme/api/pulls/42/requested_reviewers",
			"headers": ` + headers + `,
			"body": {"reviewers": ["dev-two"], "team_reviewers": ["platform"]},
			"before": [{"method": "GET", "url": "{url}/repos/acme/api/pulls/42", "why": "all of them asked already is done"}]
		}`,
		Invalid:     map[string]map[string]any{"none": {"reviewers": []any{}}, "a path": {"reviewers": []any{"acme/platform/x"}}},
		OtherTarget: "github:issue:acme/api#41",
		Open:        byToken(func(g *github.GitHub) action.Action { return github.RequestReview{GitHub: g} }),
	})
}

func checkRun(g *github.GitHub) action.Action { return github.CreateCheckRun{GitHub: g} }

func check() actiontest.Case {
	const sha = "4b7d9e2f6a1c8035be94d7f02c6a5183e9bd0f47"
	with := func(name string, value any) map[string]any {
		all := map[string]any{"head_sha": sha, "name": "issue linked", "conclusion": "success", "title": "Linked", "summary": "ACME-7"}
		all[name] = value
		return all
	}
	return actiontest.Case{
		Tool: "github.create_check_run", Target: "github:pr:acme/api#42", Payload: with("name", "issue linked"),
		Request: `{
			"method": "POST",
			"url": "{url}/repos/acme/api/check-runs",
			"headers": ` + headers + `,
			"body": {
				"name": "issue linked", "head_sha": "` + sha + `", "external_id": "` + actiontest.EffectKey + `",
				"status": "completed", "conclusion": "success", "output": {"title": "Linked", "summary": "ACME-7"}
			},
			"before": [{
				"method": "GET",
				"url": "{url}/repos/acme/api/commits/` + sha + `/check-runs?check_name=issue+linked&filter=all&per_page=100",
				"why": "one of ours with this external_id is done"
			}]
		}`,
		Invalid: map[string]map[string]any{
			"a branch": with("head_sha", "main"), "another conclusion": with("conclusion", "stale"), "no summary": with("summary", ""),
		},
		OtherTarget: "github:issue:acme/api#41",
	}
}

func TestCreateCheckRun(t *testing.T) {
	c := check()
	c.Open = byApp(t, checkRun)
	actiontest.Run(t, c)
}

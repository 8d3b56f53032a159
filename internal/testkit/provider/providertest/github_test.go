package providertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

func githubClient(t *testing.T, url, token string) *client {
	return &client{t: t, url: url, check: open(t, "github"), header: http.Header{
		"Authorization": {"Bearer " + token}, "Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {"2022-11-28"},
	}}
}

func TestGitHubKeepsWhatItIsTold(t *testing.T) {
	g := NewGitHub(t, provider.Options{})
	c := githubClient(t, g.URL, Token)
	c.do("GET", "/user", "").want(t, 200, `"login":"switchyard-bot"`)
	c.do("GET", "/rate_limit", "").want(t, 200, `"limit":5000`)
	c.do("GET", "/repos/acme/api", "").want(t, 200, `"full_name":"acme/api"`)
	c.do("GET", "/repos/acme/api/collaborators/dev-one/permission", "").want(t, 200, `"permission":"write"`)

	made := c.do("POST", "/repos/ACME/api/issues", `{"title":"Pay & go","body":"now","labels":["bug"],"assignees":["dev-one","stranger"]}`).want(t, 201, `"number":43`)
	if made.field("assignees.0.login") != "dev-one" || made.field("assignees.1") != nil {
		t.Errorf("assignees without access are left out without a word: %v", made.field("assignees"))
	}
	c.do("PATCH", "/repos/acme/api/issues/43", `{"state":"closed","state_reason":"not_planned"}`).want(t, 200, `"state_reason":"not_planned"`)
	c.do("GET", "/repos/acme/api/issues/43", "").want(t, 200, `"state":"closed"`)
	c.do("GET", "/repos/acme/api/issues?state=all&creator=switchyard-bot&per_page=100", "").want(t, 200, `"title":"Pay \u0026 go"`)
	c.do("GET", "/repos/acme/api/issues?labels=bug", "").want(t, 200, `[]`)

	first := c.do("POST", "/repos/acme/api/issues/42/comments", `{"body":"merged <!-- switchyard:1 -->"}`).want(t, 201, `"body":"merged`)
	c.do("PATCH", fmt.Sprintf("/repos/acme/api/issues/comments/%.0f", first.field("id")), `{"body":"edited <!-- switchyard:1 -->"}`).want(t, 200, `edited`)
	if got := g.Comments("acme/api", 42, "switchyard:1"); len(got) != 1 || got[0].Author != provider.BotLogin || !strings.HasPrefix(got[0].Body, "edited") {
		t.Errorf("comments %+v", got)
	}
	c.do("POST", "/repos/acme/api/issues/42/labels", `{"labels":["incident","new one"]}`).want(t, 200, `"name":"new one"`)
	c.do("GET", "/repos/acme/api/issues/42/labels?per_page=1&page=2", "").want(t, 200, `"name":"incident"`)
	c.do("POST", "/repos/acme/api/issues/42/assignees", `{"assignees":["stranger","dev-two"]}`).want(t, 201, `"login":"dev-two"`)
	c.do("POST", "/repos/acme/api/pulls/42/requested_reviewers", `{"reviewers":["dev-two"],"team_reviewers":["platform"]}`).want(t, 201, `"slug":"platform"`)
	c.do("GET", "/repos/acme/api/pulls/42", "").want(t, 200, `"merged":true`)
	i := g.Issue("acme/api", 42)
	if strings.Join(i.Labels, ",") != "enhancement,incident,new one" || strings.Join(i.Assignees, ",") != "dev-two" || i.Reviewers[0] != "dev-two" || i.TeamReviewers[0] != "platform" {
		t.Errorf("got %+v", i)
	}
	changes := []string{}
	for _, one := range g.Changes() {
		changes = append(changes, one.What)
	}
	if got := strings.Join(changes, ", "); got != "issue created, issue closed, comment created, comment edited, labels added, assignees added, reviews requested" {
		t.Errorf("changes: %s", got)
	}
}

func TestGitHubRefuses(t *testing.T) {
	g := NewGitHub(t, provider.Options{})
	c := githubClient(t, g.URL, Token)
	c.with("Authorization", "Bearer other").do("GET", "/user", "").want(t, 401, `"message":"Bad credentials"`)
	c.with("Authorization", "").do("GET", "/user", "").want(t, 401, `"message":"Requires authentication"`)
	for name, tc := range map[string]struct {
		method, path, body string
		status             int
		says               string
	}{
		"another repository":    {"GET", "/repos/acme/other/issues/1", "", 404, "Not Found"},
		"another issue":         {"POST", "/repos/acme/api/issues/404/comments", `{"body":"x"}`, 404, "Not Found"},
		"an issue is no pull":   {"GET", "/repos/acme/api/pulls/41", "", 404, "Not Found"},
		"an unknown comment":    {"PATCH", "/repos/acme/api/issues/comments/1", `{"body":"x"}`, 404, "Not Found"},
		"an empty title":        {"POST", "/repos/acme/api/issues", `{"title":""}`, 422, `"code":"missing_field"`},
		"a long title":          {"POST", "/repos/acme/api/issues", `{"title":"` + strings.Repeat("x", 257) + `"}`, 422, `"field":"title"`},
		"an empty comment":      {"POST", "/repos/acme/api/issues/42/comments", `{"body":""}`, 422, `"resource":"IssueComment"`},
		"a label too long":      {"POST", "/repos/acme/api/issues/42/labels", `{"labels":["` + strings.Repeat("x", 51) + `"]}`, 422, `"resource":"Label"`},
		"a stranger's review":   {"POST", "/repos/acme/api/pulls/42/requested_reviewers", `{"reviewers":["stranger"]}`, 422, "is not a collaborator of the acme/api repository"},
		"the author's review":   {"POST", "/repos/acme/api/pulls/42/requested_reviewers", `{"reviewers":["dev-one"]}`, 422, "cannot be requested from pull request author"},
		"a check without App":   {"POST", "/repos/acme/api/check-runs", `{"name":"x","head_sha":"4b7d9e2f6a1c8035be94d7f02c6a5183e9bd0f47"}`, 403, "You must authenticate via a GitHub App"},
		"checks of no commit":   {"GET", "/repos/acme/api/commits/" + strings.Repeat("0", 40) + "/check-runs", "", 422, "No commit found for SHA"},
		"an App's own business": {"POST", "/app/installations/1/access_tokens", "", 401, "A JSON web token could not be decoded"},
	} {
		t.Run(name, func(t *testing.T) {
			one := *c
			one.t = t
			one.do(tc.method, tc.path, tc.body).want(t, tc.status, tc.says)
		})
	}
	if n := len(g.Changes()); n != 0 {
		t.Errorf("%d changes: %+v", n, g.Changes())
	}
}

func TestGitHubListsPages(t *testing.T) {
	g := NewGitHub(t, provider.Options{})
	for n := range 205 {
		g.AddComment("acme/api", 42, "dev-two", fmt.Sprint("comment ", n))
	}
	c := githubClient(t, g.URL, Token)
	next, seen := "/repos/acme/api/issues/42/comments?per_page=100", 0
	for range 3 {
		a := c.do("GET", next, "").want(t, 200, "comment")
		seen += strings.Count(a.body, `"body":"comment `)
		link := a.header.Get("Link")
		url, _, more := strings.Cut(link[strings.LastIndex(link[:max(strings.Index(link, `rel="next"`), 0)], "<")+1:], ">")
		if !strings.Contains(link, `rel="next"`) || !more {
			break
		}
		next = strings.TrimPrefix(url, g.URL)
	}
	if seen != 205 {
		t.Errorf("saw %d comments", seen)
	}
	c.do("GET", "/repos/acme/api/issues/42/comments", "").want(t, 200, "comment 29\"")
}

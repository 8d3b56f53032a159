package providertest

import (
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// The loud skip of a machine without the folder.
func TestDescriptionsAreAtHand(t *testing.T) {
	if os.Getenv(variable) == "" {
		t.Skipf("NOT TESTED: requests against the providers' own descriptions. %s names no folder with github.json, jira.json, notion.json and slack.json", variable)
	}
	for _, name := range []string{"github", "jira", "notion", "slack"} {
		if open(t, name) == nil {
			t.Errorf("%s: no description", name)
		}
	}
}

// A fake that lets a planted mistake through proves nothing of any action. These
// are found without a description.
func TestMistakesAreFoundWithoutADescription(t *testing.T) {
	for name, tc := range map[string]struct {
		change             func(*client) *client
		method, path, body string
		says               string
	}{
		"no version":       {func(c *client) *client { return c.with("X-GitHub-Api-Version", "") }, "GET", "/user", "", "want 2022-11-28"},
		"any Accept":       {func(c *client) *client { return c.with("Accept", "*/*") }, "GET", "/user", "", "want application/vnd.github+json"},
		"a form":           {func(c *client) *client { return c.with("Content-Type", "application/x-www-form-urlencoded") }, "POST", "/repos/acme/api/issues", "title=x", "want application/json"},
		"a parameter":      {nil, "GET", "/repos/acme/api/issues?page_size=3", "", "query parameter page_size"},
		"no such resource": {nil, "DELETE", "/repos/acme/api/issues/42", "", "no such operation"},
	} {
		t.Run(name, func(t *testing.T) {
			g := provider.NewGitHub(provider.Options{Token: Token})
			srv := httptest.NewServer(g)
			defer srv.Close()
			c := githubClient(t, srv.URL, Token)
			c.check = nil
			if tc.change != nil {
				c = tc.change(c)
			}
			c.do(tc.method, tc.path, tc.body).want(t, 422, tc.says)
			if v := g.Violations(); len(v) != 1 || !strings.Contains(v[0], tc.says) || len(g.Changes()) != 0 {
				t.Errorf("violations %v, changes %v", v, g.Changes())
			}
		})
	}
}

// planted is a request with one mistake that only the description finds.
type planted struct{ fake, method, path, body, says string }

func TestMistakesAreFoundByTheDescription(t *testing.T) {
	if os.Getenv(variable) == "" {
		t.Skipf("NOT TESTED: planted mistakes against the providers' own descriptions: %s is not set", variable)
	}
	for _, tc := range []planted{
		{"github", "POST", "/repos/acme/api/issues/42/comments", `{"text":"x"}`, `"text"`},
		{"github", "POST", "/repos/acme/api/issues/42/comments", `{"body":1}`, `string`},
		{"github", "PATCH", "/repos/acme/api/issues/42", `{"state":"done"}`, "/state"},
		{"github", "POST", "/repos/acme/api/check-runs", `{"name":"x","head_sha":"1","conclusion":"good"}`, "/conclusion"},
		{"github", "GET", "/repos/acme/api/issues?state=done", ``, "state"},
		{"jira", "POST", "/rest/api/3/issue/ACME-7/comment", `{"body":"plain"}`, "/body"},
		{"jira", "POST", "/rest/api/3/issue", `{"fields":{"project":{"key":"ACME"}}}`, "issuetype"},
		{"jira", "POST", "/rest/api/3/issue/ACME-7/transitions", `{"transition":{}}`, "id"},
		{"jira", "POST", "/rest/api/3/issue/ACME-7/remotelink", `{"globalId":"x"}`, "object"},
		{"notion", "PATCH", "/v1/pages/" + provider.NotionPage, `{"archived":true}`, "archived"},
		{"notion", "POST", "/v1/comments", `{"parent":{"page_id":"` + provider.NotionPage + `"},"text":"x"}`, "rich_text"},
		{"notion", "PATCH", "/v1/blocks/" + provider.NotionPage + "/children", `{"children":[],"after":"x"}`, "after"},
		{"slack", "POST", "/api/chat.postMessage", `{"text":"x"}`, "channel"},
		{"slack", "POST", "/api/chat.postMessage", `{"channel":1}`, "/channel"},
	} {
		t.Run(tc.fake+" "+tc.method+" "+tc.path, func(t *testing.T) { tc.run(t) })
	}
}

func (p planted) run(t *testing.T) {
	o := provider.Options{Token: Token, Check: Check(t, p.fake)}
	var f fake
	var c *client
	switch p.fake {
	case "github":
		f = provider.NewGitHub(o)
		c = githubClient(t, "", Token)
	case "jira":
		f = provider.NewJira(o)
		c = jiraClient(t, "")
	case "notion":
		f, c = provider.NewNotion(o), notionClient(t, "")
	case "slack":
		f, c = provider.NewSlack(o), slackClient(t, "")
	}
	srv := httptest.NewServer(f)
	defer srv.Close()
	c.url, c.check = srv.URL, nil
	c.do(p.method, p.path, p.body).want(t, 422, "")
	if v := f.Violations(); len(v) != 1 || !strings.Contains(v[0], p.says) {
		t.Errorf("violations %q, want %s", v, p.says)
	}
}

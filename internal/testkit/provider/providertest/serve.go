package providertest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

// Token is what the fakes ask for unless the options have another. It is marked,
// so that a test can look for it where it must not be.
const Token = "MARKED-token-of-a-fake-provider"

// GitHub is a fake GitHub that is served until the test ends.
type GitHub struct {
	*provider.GitHub
	// URL is what GITHUB_API_URL wants.
	URL string
}

// NewGitHub serves a fake GitHub. The test has failed when a request came that
// GitHub would not have taken; so it is with the other fakes.
func NewGitHub(t testing.TB, o provider.Options) *GitHub {
	t.Helper()
	g := provider.NewGitHub(with(t, "github", o))
	return &GitHub{g, serve(t, "GitHub", g)}
}

// Jira is a fake Jira that is served until the test ends.
type Jira struct {
	*provider.Jira
	// URL is what JIRA_BASE_URL wants.
	URL string
}

// NewJira serves a fake Jira.
func NewJira(t testing.TB, o provider.Options) *Jira {
	t.Helper()
	j := provider.NewJira(with(t, "jira", o))
	return &Jira{j, serve(t, "Jira", j)}
}

func with(t testing.TB, name string, o provider.Options) provider.Options {
	t.Helper()
	if o.Token == "" {
		o.Token = Token
	}
	if o.Check == nil {
		o.Check = Check(t, name)
	}
	return o
}

type fake interface {
	http.Handler
	Violations() []string
}

func serve(t testing.TB, name string, f fake) string {
	t.Helper()
	srv := httptest.NewServer(f)
	t.Cleanup(func() {
		srv.Close()
		for _, v := range f.Violations() {
			t.Errorf("%s would not have taken: %s", name, v)
		}
	})
	return srv.URL
}

// Notion is a fake Notion that is served until the test ends.
type Notion struct {
	*provider.Notion
	// URL is what NOTION_API_URL wants.
	URL string
}

// NewNotion serves a fake Notion.
func NewNotion(t testing.TB, o provider.Options) *Notion {
	t.Helper()
	n := provider.NewNotion(with(t, "notion", o))
	return &Notion{n, serve(t, "Notion", n)}
}

// Slack is a fake Slack that is served until the test ends.
type Slack struct {
	*provider.Slack
	// URL is what SLACK_API_URL wants.
	URL string
}

// NewSlack serves a fake Slack.
func NewSlack(t testing.TB, o provider.Options) *Slack {
	t.Helper()
	s := provider.NewSlack(with(t, "slack", o))
	return &Slack{s, serve(t, "Slack", s) + "/api/"}
}

package executor

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

// world is what actions reach providers with.
type world struct {
	transport http.RoundTripper
	now       func() time.Time
	log       *slog.Logger
}

// actions lists every action by the name of its tool in catalog.proto.
func actions(cfg *Config, _ *tokens, _ world) (map[string]action.Action, error) {
	for name, value := range map[string]string{
		"GITHUB_API_URL": cfg.GitHubAPIURL, "JIRA_BASE_URL": cfg.JiraBaseURL, "NOTION_API_URL": cfg.NotionAPIURL, "SLACK_API_URL": cfg.SlackAPIURL,
	} {
		if err := checkURL(name, value); err != nil {
			return nil, err
		}
	}
	return map[string]action.Action{
		"github.add_comment": github.AddComment{},
		"jira.add_comment":   jira.AddComment{},
		"jira.transition":    jira.Transition{},
	}, nil
}

// checkURL refuses what no request can be sent to. Credentials belong into their
// own settings: the URL is logged.
func checkURL(name, value string) error {
	u, err := url.Parse(value)
	switch {
	case value == "":
		return nil
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return fmt.Errorf("%s: want https://HOST", name)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%s: want a URL without credentials and query", name)
	}
	return nil
}

package executor

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/slack"
)

// world is what actions reach providers with.
type world struct {
	transport http.RoundTripper
	now       func() time.Time
	log       *slog.Logger
}

// actions lists every action by the name of its tool in catalog.proto.
func actions(cfg *Config, t *tokens, w world) (map[string]action.Action, error) {
	for name, value := range map[string]string{
		"GITHUB_API_URL": cfg.GitHubAPIURL, "JIRA_BASE_URL": cfg.JiraBaseURL, "NOTION_API_URL": cfg.NotionAPIURL, "SLACK_API_URL": cfg.SlackAPIURL,
	} {
		if err := checkURL(name, value); err != nil {
			return nil, err
		}
	}
	hub := github.New(github.Options{
		APIURL: cfg.GitHubAPIURL, Token: t.github, AppID: cfg.GitHubAppID, AppKey: t.githubApp,
		Transport: w.transport, Now: w.now, Log: w.log,
	})
	site := jira.New(jira.Options{
		BaseURL: cfg.JiraBaseURL, Email: cfg.JiraEmail, Token: t.jira, DataCenter: cfg.JiraDataCenter, GitHub: webOf(cfg.GitHubAPIURL),
		Transport: w.transport, Now: w.now, Log: w.log,
	})
	workspace := notion.New(notion.Options{URL: cfg.NotionAPIURL, Token: t.notion, Transport: w.transport, Now: w.now, Log: w.log})
	chat := slack.New(slack.Options{APIURL: cfg.SlackAPIURL, Token: t.slack, Transport: w.transport, Now: w.now, Log: w.log})
	return map[string]action.Action{
		"github.add_comment":      github.AddComment{GitHub: hub},
		"github.add_labels":       github.AddLabels{GitHub: hub},
		"github.assign":           github.Assign{GitHub: hub},
		"github.close_issue":      github.CloseIssue{GitHub: hub},
		"github.create_check_run": github.CreateCheckRun{GitHub: hub},
		"github.create_issue":     github.CreateIssue{GitHub: hub},
		"github.request_review":   github.RequestReview{GitHub: hub},
		"jira.add_comment":        jira.AddComment{Site: site},
		"jira.assign":             jira.Assign{Site: site},
		"jira.create_issue":       jira.CreateIssue{Site: site},
		"jira.link_remote":        jira.LinkRemote{Site: site},
		"jira.transition":         jira.Transition{Site: site},
		"notion.add_comment":      notion.AddComment{Workspace: workspace},
		"notion.append_text":      notion.AppendText{Workspace: workspace},
		"notion.assign_task":      notion.AssignTask{Workspace: workspace},
		"notion.create_page":      notion.CreatePage{Workspace: workspace},
		"notion.read_page":        notion.ReadPage{Workspace: workspace},
		"notion.update_status":    notion.UpdateStatus{Workspace: workspace},
		"slack.post_message":      slack.PostMessage{Slack: chat},
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

// webOf is the web host that belongs to GitHub's API: an Enterprise Server has
// its API below its own host, an enterprise of ghe.com beside its own, everybody
// else below github.com.
//
// Source: https://docs.github.com/en/enterprise-cloud@latest/rest/using-the-rest-api/getting-started-with-the-rest-api
func webOf(api string) string {
	api = strings.TrimRight(api, "/")
	if host, found := strings.CutSuffix(api, "/api/v3"); found {
		return host
	}
	if host, found := strings.CutPrefix(api, "https://api."); found && strings.HasSuffix(host, ".ghe.com") {
		return "https://" + host
	}
	return "https://github.com"
}

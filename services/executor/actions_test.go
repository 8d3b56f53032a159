package executor

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// docs/actions.md has every action, and no other.
func TestActionsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/actions.md")
	if err != nil {
		t.Fatal(err)
	}
	svc, err := New(Config{MaxInFlight: 1}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z]+\\.[a-z_]+)` \\|").FindAllStringSubmatch(string(page), -1)
	for _, row := range rows {
		if _, ok := svc.runner.Actions[row[1]]; !ok {
			t.Errorf("there is no action %s", row[1])
		}
	}
	if len(rows) != len(svc.runner.Actions) {
		t.Errorf("the page has %d actions, there are %d", len(rows), len(svc.runner.Actions))
	}
}

// docs/actions.md names every setting of a token, and what stands in for it.
func TestActionsPageNamesTheTokens(t *testing.T) {
	page, err := os.ReadFile("../../docs/actions.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"GITHUB_TOKEN", "GITHUB_APP_ID", "GITHUB_APP_KEY_FILE", "GITHUB_API_URL", "JIRA_BASE_URL", "JIRA_EMAIL", "JIRA_API_TOKEN", "JIRA_DATA_CENTER", "NOTION_TOKEN", "SLACK_BOT_TOKEN", "NAME_FILE", "NAME_SECRET_ARN"} {
		if !strings.Contains(string(page), name) {
			t.Errorf("docs/actions.md doesn't name %s", name)
		}
	}
}

// The URL is logged, so that no secret may be in it.
func TestNewRefusesURLsThatNothingCanBeSentTo(t *testing.T) {
	for value, good := range map[string]bool{
		"": true, "https://ghe.example/api/v3": true, "http://127.0.0.1:8080": true,
		"ghe.example": false, "ftp://ghe.example": false, "https://user:hunter2@ghe.example": false, "https://ghe.example?token=hunter2": false, "https://": false,
	} {
		_, err := New(Config{MaxInFlight: 1, GitHubAPIURL: value}, slog.New(slog.DiscardHandler), time.Now)
		if (err == nil) != good {
			t.Errorf("%q: got %v", value, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "GITHUB_API_URL")) {
			t.Errorf("%q: got %v, want the setting and not its value", value, err)
		}
	}
}

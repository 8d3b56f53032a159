package executor

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

func value(t *testing.T, token action.Token) string {
	t.Helper()
	got, err := token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func newest(cfg Config, read ReadSecret, now *time.Time) (*tokens, error) {
	return newTokens(&cfg, read, func() time.Time { return *now }, slog.New(slog.DiscardHandler))
}

func TestTokensAreReadAgain(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	token, key := filepath.Join(dir, "token"), filepath.Join(dir, "key")
	write := func(file, content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(token, "first-token\nsecond-token\n")
	write(key, "line one\nline two\n")
	got, err := newest(Config{
		NotionToken:  config.Setting{File: token, Value: "first-token\nsecond-token"},
		GitHubAppID:  "1",
		GitHubAppKey: config.Setting{File: key, Value: "line one\nline two"},
	}, nil, &now)
	if err != nil {
		t.Fatal(err)
	}
	if v := value(t, got.notion); v != "first-token" {
		t.Errorf("the token is %q", v)
	}
	if v := value(t, got.githubApp); v != "line one\nline two\n" {
		t.Errorf("the key is %q", v)
	}
	write(token, "another-token-altogether")
	write(key, "another key")
	if v := value(t, got.notion); v != "another-token-altogether" {
		t.Errorf("after the change the token is %q", v)
	}
	if v := value(t, got.githubApp); v != "another key" {
		t.Errorf("after the change the key is %q", v)
	}
	if got.github != nil || got.jira != nil || got.slack != nil {
		t.Error("tokens that nobody set are there")
	}
}

func TestStoredSecrets(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	secret, asked := "one", 0
	var trouble error
	got, err := newest(Config{SlackBotTokenSecretARN: "arn:x"}, func(_ context.Context, arn string) (string, error) {
		if asked++; arn != "arn:x" {
			t.Errorf("asked for %s", arn)
		}
		return secret, trouble
	}, &now)
	if err != nil {
		t.Fatal(err)
	}
	if asked != 0 {
		t.Error("a secret was read before anybody needed it")
	}
	for i, step := range []struct {
		after   time.Duration
		stored  string
		trouble error
		want    string
		asked   int
	}{
		{0, "one", nil, "one", 1},
		{4 * time.Minute, "two", nil, "one", 1},
		{time.Minute, "two", nil, "two", 2},
		{5 * time.Minute, "three", errors.New("away"), "two", 3},
		{29 * time.Second, "three", nil, "two", 3},
		{time.Second, "three", nil, "three", 4},
	} {
		now = now.Add(step.after)
		secret, trouble = step.stored, step.trouble
		if v := value(t, got.slack); v != step.want || asked != step.asked {
			t.Errorf("%d: got %q after %d, want %q after %d", i, v, asked, step.want, step.asked)
		}
	}
}

func TestAStoredSecretThatNobodyCouldReadIsAnError(t *testing.T) {
	now := time.Now()
	got, err := newest(Config{NotionTokenSecretARN: "arn:x"}, func(context.Context, string) (string, error) { return "", errors.New("denied") }, &now)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := got.notion(t.Context()); err == nil || v != "" {
		t.Errorf("got %q, %v", v, err)
	}
}

func TestTokensThatContradict(t *testing.T) {
	set := config.Setting{Value: "a-token-of-this-test"}
	read := func(context.Context, string) (string, error) { return "", nil }
	for name, c := range map[string]struct {
		cfg  Config
		read ReadSecret
		want string
	}{
		"token and App":           {Config{GitHubToken: set, GitHubAppID: "1", GitHubAppKey: set}, nil, "GITHUB_TOKEN and GITHUB_APP_ID"},
		"App without key":         {Config{GitHubAppID: "1"}, nil, "GITHUB_APP_KEY_FILE"},
		"key without App":         {Config{GitHubAppKey: set}, nil, "no GITHUB_APP_ID"},
		"missing file":            {Config{JiraAPIToken: config.Setting{File: "/nowhere"}}, nil, "JIRA_API_TOKEN_FILE=/nowhere"},
		"missing key":             {Config{GitHubAppID: "1", GitHubAppKey: config.Setting{File: "/nowhere"}}, nil, "GITHUB_APP_KEY_FILE=/nowhere"},
		"only a comma":            {Config{NotionToken: config.Setting{Value: ","}}, nil, "NOTION_TOKEN holds no token"},
		"token and stored secret": {Config{NotionToken: set, NotionTokenSecretARN: "arn:x"}, read, "NOTION_TOKEN and NOTION_TOKEN_SECRET_ARN"},
		"stored outside of AWS":   {Config{NotionTokenSecretARN: "arn:x"}, nil, "NOTION_TOKEN_SECRET_ARN is for AWS Lambda"},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			if _, err := newest(c.cfg, c.read, &now); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

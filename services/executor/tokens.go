package executor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// tokens are the providers' secrets. One that nobody set is nil.
type tokens struct {
	github, githubApp, jira, notion, slack action.Token
	sets                                   []*credential.Set
}

// newTokens fails if a secret's file is missing or empty: what should act would
// only be shown.
func newTokens(cfg *Config, now func() time.Time, log *slog.Logger) (*tokens, error) {
	t := &tokens{}
	for _, one := range []struct {
		name    string
		setting config.Setting
		into    *action.Token
	}{
		{"GITHUB_TOKEN", cfg.GitHubToken, &t.github},
		{"JIRA_API_TOKEN", cfg.JiraAPIToken, &t.jira},
		{"NOTION_TOKEN", cfg.NotionToken, &t.notion},
		{"SLACK_BOT_TOKEN", cfg.SlackBotToken, &t.slack},
	} {
		if !one.setting.IsSet() {
			continue
		}
		one.setting.Name = one.name
		if err := one.setting.Check(); err != nil {
			return nil, err
		}
		set := credential.New(one.setting, now, log)
		if !set.Any() {
			return nil, fmt.Errorf("%s holds no token", one.name)
		}
		t.sets = append(t.sets, set)
		*one.into = newest(set)
	}
	return t, t.app(cfg)
}

// app takes the GitHub App's key, which is many lines and therefore no set of
// secrets: it is read whenever it is needed, about once an hour and owner.
func (t *tokens) app(cfg *Config) error {
	key := cfg.GitHubAppKey
	key.Name = "GITHUB_APP_KEY"
	switch {
	case !key.IsSet() && cfg.GitHubAppID == "":
		return nil
	case !key.IsSet():
		return errors.New("GITHUB_APP_ID is set and no key: GITHUB_APP_KEY_FILE names the one that GitHub made")
	case cfg.GitHubAppID == "":
		return errors.New("GITHUB_APP_KEY is set and no GITHUB_APP_ID")
	case t.github != nil:
		return errors.New("GITHUB_TOKEN and GITHUB_APP_ID are both set: unset one, so that it is clear who acts")
	case key.Check() != nil:
		return key.Check()
	}
	t.githubApp = func(context.Context) (string, error) {
		if key.File == "" {
			return key.Value, nil
		}
		raw, err := os.ReadFile(key.File)
		if err != nil {
			return "", fmt.Errorf("GITHUB_APP_KEY_FILE: %w", err)
		}
		return string(raw), nil
	}
	return nil
}

// newest is the first of a setting's tokens. Its file is looked at each time: a
// Lambda function has no other moment for it.
func newest(set *credential.Set) action.Token {
	return func(context.Context) (string, error) {
		set.Refresh()
		return string(set.Secrets()[0]), nil
	}
}

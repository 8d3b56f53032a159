package executor

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// tokens are the providers' secrets. One that nobody set is nil.
type tokens struct {
	github, jira, notion, slack action.Token
	sets                        []*credential.Set
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
	return t, nil
}

// newest is the first of a setting's tokens. Its file is looked at each time: a
// Lambda function has no other moment for it.
func newest(set *credential.Set) action.Token {
	return func(context.Context) (string, error) {
		set.Refresh()
		return string(set.Secrets()[0]), nil
	}
}

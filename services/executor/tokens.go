package executor

import (
	"cmp"
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

// ReadSecret reads a secret that a setting's _SECRET_ARN names, as it is now. Its
// errors don't have the secret.
type ReadSecret func(ctx context.Context, arn string) (string, error)

// tokens are the providers' secrets. One that nobody set is nil.
type tokens struct {
	github, githubApp, jira, notion, slack action.Token
	sets                                   []*credential.Set
}

// newTokens fails if a secret's file is missing or empty: what should act would
// only be shown.
func newTokens(cfg *Config, read ReadSecret, now func() time.Time, log *slog.Logger) (*tokens, error) {
	t := &tokens{}
	for _, one := range []struct {
		name    string
		setting config.Setting
		arn     string
		into    *action.Token
	}{
		{"GITHUB_TOKEN", cfg.GitHubToken, cfg.GitHubTokenSecretARN, &t.github},
		{"GITHUB_APP_KEY", cfg.GitHubAppKey, cfg.GitHubAppKeySecretARN, &t.githubApp},
		{"JIRA_API_TOKEN", cfg.JiraAPIToken, cfg.JiraAPITokenSecretARN, &t.jira},
		{"NOTION_TOKEN", cfg.NotionToken, cfg.NotionTokenSecretARN, &t.notion},
		{"SLACK_BOT_TOKEN", cfg.SlackBotToken, cfg.SlackBotTokenSecretARN, &t.slack},
	} {
		one.setting.Name = one.name
		var err error
		switch {
		case one.arn != "" && one.setting.IsSet():
			err = fmt.Errorf("%s and %s_SECRET_ARN are both set: unset one", one.name, one.name)
		case one.arn != "" && read == nil:
			err = fmt.Errorf("%s_SECRET_ARN is for AWS Lambda: set %s or %s_FILE", one.name, one.name, one.name)
		case one.arn != "":
			*one.into = (&stored{read: read, arn: one.arn, now: now, log: log, asking: make(chan struct{}, 1)}).token
		case one.setting.IsSet() && one.into == &t.githubApp:
			*one.into, err = whole(one.setting)
		case one.setting.IsSet():
			*one.into, err = t.first(one.setting, now, log)
		}
		if err != nil {
			return nil, err
		}
	}
	return t, t.checkApp(cfg)
}

// checkApp refuses half an App, and an App beside a token.
func (t *tokens) checkApp(cfg *Config) error {
	switch {
	case cfg.GitHubAppID != "" && t.githubApp == nil:
		return errors.New("GITHUB_APP_ID is set and no key: GITHUB_APP_KEY_FILE names the one that GitHub made")
	case cfg.GitHubAppID == "" && t.githubApp != nil:
		return errors.New("GITHUB_APP_KEY is set and no GITHUB_APP_ID")
	case t.github != nil && t.githubApp != nil:
		return errors.New("GITHUB_TOKEN and GITHUB_APP_ID are both set: unset one, so that it is clear who acts")
	}
	return nil
}

// first is the first of a setting's tokens. Its file is looked at each time: a
// Lambda function has no other moment for it.
func (t *tokens) first(setting config.Setting, now func() time.Time, log *slog.Logger) (action.Token, error) {
	if err := setting.Check(); err != nil {
		return nil, err
	}
	set := credential.New(setting, now, log)
	if !set.Any() {
		return nil, fmt.Errorf("%s holds no token", setting.Name)
	}
	t.sets = append(t.sets, set)
	return func(context.Context) (string, error) {
		set.Refresh()
		return string(set.Secrets()[0]), nil
	}, nil
}

// whole is a key of many lines, which is no list of secrets. It is read whenever it
// is needed, about once an hour and owner of repositories.
func whole(setting config.Setting) (action.Token, error) {
	if err := setting.Check(); err != nil {
		return nil, err
	}
	return func(context.Context) (string, error) {
		if setting.File == "" {
			return setting.Value, nil
		}
		raw, err := os.ReadFile(setting.File)
		if err != nil {
			return "", fmt.Errorf("%s_FILE: %w", setting.Name, err)
		}
		return cmp.Or(string(raw), setting.Value), nil // a file that is being written is empty
	}, nil
}

const (
	// A stored secret is read again after freshFor, so that it can be replaced.
	freshFor = 5 * time.Minute
	// One that could not be read again is used meanwhile, and asked for after this.
	againAfter = 30 * time.Second
)

// stored is a secret that AWS keeps. One asks for it at a time.
type stored struct {
	read ReadSecret
	arn  string
	now  func() time.Time
	log  *slog.Logger

	asking chan struct{}
	value  string
	until  time.Time
}

func (s *stored) token(ctx context.Context) (string, error) {
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if s.now().Before(s.until) {
		return s.value, nil
	}
	value, err := s.read(ctx, s.arn)
	switch {
	case err == nil:
		s.value, s.until = value, s.now().Add(freshFor)
	case s.value == "":
		return "", err
	default:
		s.log.WarnContext(ctx, "secret not read again: the one read before still holds", "secret", s.arn, "error", err)
		s.until = s.now().Add(againAfter)
	}
	return s.value, nil
}

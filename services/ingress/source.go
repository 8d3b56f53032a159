package ingress

import (
	"net/http"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	githubhook "github.com/switchyard-dev/switchyard/internal/webhook/github"
	jirahook "github.com/switchyard-dev/switchyard/internal/webhook/jira"
	notionhook "github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/notion"
)

// normalizer makes an event of a verified body. Its error is a source.Refusal.
type normalizer interface {
	Normalize(header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error)
}

var (
	_ normalizer = github.Normalizer{}
	_ normalizer = jira.Normalizer{}
	_ normalizer = notion.Normalizer{}
)

// provider is one source of webhooks.
type provider struct {
	name         string
	setting      string // that holds its secrets
	secrets      [][]byte
	contentTypes []string
	signature    string // header
	verify       func(secrets [][]byte, header string, body []byte) error
	normalizer   normalizer
}

// providers is the list of all sources, configured or not.
func providers(cfg Config) []provider {
	const json = "application/json"
	return []provider{{
		name: "github", setting: "GITHUB_WEBHOOK_SECRET", secrets: secrets(cfg.GitHubSecret),
		contentTypes: []string{json, "application/x-www-form-urlencoded"},
		signature:    githubhook.HeaderSignature, verify: githubhook.Verify, normalizer: github.Normalizer{},
	}, {
		name: "jira", setting: "JIRA_WEBHOOK_SECRET", secrets: secrets(cfg.JiraSecret),
		contentTypes: []string{json},
		signature:    jirahook.HeaderSignature, verify: jirahook.Verify, normalizer: jira.Normalizer{},
	}, {
		name: "notion", setting: "NOTION_WEBHOOK_SECRET", secrets: secrets(cfg.NotionSecret),
		contentTypes: []string{json},
		signature:    notionhook.HeaderSignature, verify: notionhook.Verify, normalizer: notion.Normalizer{},
	}}
}

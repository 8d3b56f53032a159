package ingress

import (
	"net/http"
	"strings"

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

// provider is what one source's requests look like.
type provider struct {
	contentTypes []string
	signature    string // header
	verify       func(secrets [][]byte, header string, body []byte) error
	// token finds the token of an unsigned request, or ""; nil where there is none.
	token      func(r *http.Request) string
	normalizer normalizer
}

// providers are all sources by their names.
func providers() map[string]provider {
	const json = "application/json"
	return map[string]provider{
		"github": {
			contentTypes: []string{json, "application/x-www-form-urlencoded"},
			signature:    githubhook.HeaderSignature, verify: githubhook.Verify, normalizer: github.Normalizer{},
		},
		"jira": {
			contentTypes: []string{json},
			signature:    jirahook.HeaderSignature, verify: jirahook.Verify, normalizer: jira.Normalizer{},
			token: func(r *http.Request) string { return r.URL.Query().Get("token") },
		},
		"notion": {
			contentTypes: []string{json},
			signature:    notionhook.HeaderSignature, verify: notionhook.Verify, normalizer: notion.Normalizer{},
			token: bearer,
		},
	}
}

// bearer is the token of an Authorization header (RFC 6750).
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

package ingress

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	githubhook "github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/notion"
)

// Normalize makes the event that ingress makes of a JSON body once its
// signature is verified; eventName is GitHub's X-GitHub-Event, the other
// sources name the event in the body. The error is the word that ingress would
// refuse the body with, such as event_mismatch.
func Normalize(sourceName, eventName string, body []byte, receivedAt time.Time) (*eventv1.WebhookEvent, error) {
	normalizers := map[string]normalizer{"github": github.Normalizer{}, "jira": jira.Normalizer{}, "notion": notion.Normalizer{}}
	n, ok := normalizers[sourceName]
	if !ok {
		return nil, fmt.Errorf("source %q: want github, jira or notion", sourceName)
	}
	header := http.Header{}
	header.Set(githubhook.HeaderEvent, eventName)
	event, _, err := n.Normalize(header, body, source.Meta{ReceivedAt: receivedAt, ContentType: "application/json", Digest: sha256.Sum256(body)})
	if err != nil {
		return nil, fmt.Errorf("ingress refuses this body of %s: %w", sourceName, err)
	}
	return event, nil
}

package jira

import (
	"net/http"

	"github.com/switchyard-dev/switchyard/internal/webhook"
)

// The headers of a delivery; Jira sends their names in lower case. Only the
// body is signed. The identifier is the same across retries of one delivery.
// Source: developer.atlassian.com, Jira Cloud platform, "Webhooks".
const (
	HeaderSignature  = "X-Hub-Signature"
	HeaderIdentifier = "X-Atlassian-Webhook-Identifier"
	HeaderRetry      = "X-Atlassian-Webhook-Retry"
)

// Sign returns the value of HeaderSignature, "method=signature" with the method sha256.
func Sign(secret, body []byte) string { return webhook.Sign(secret, body) }

// Verify checks the value of HeaderSignature over the raw body: nil, or a
// webhook.Refusal. The header names its method; any but sha256 is Malformed.
func Verify(secrets [][]byte, header string, body []byte) error {
	return webhook.Verify(secrets, header, body)
}

// Headers returns what Jira would send on the first attempt of a delivery. The
// event's name is in the body.
func Headers(secret []byte, identifier string, body []byte) http.Header {
	h := make(http.Header)
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("User-Agent", "Atlassian Webhook HTTP Client")
	h.Set(HeaderIdentifier, identifier)
	h.Set(HeaderSignature, Sign(secret, body))
	return h
}

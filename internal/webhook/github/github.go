package github

import (
	"net/http"

	"github.com/switchyard-dev/switchyard/internal/webhook"
)

// The headers of a delivery. Only the body is signed: these can be anything in
// a body that was captured and sent again.
// Source: docs.github.com, "Webhook events and payloads", "Delivery headers".
const (
	HeaderEvent     = "X-GitHub-Event"
	HeaderDelivery  = "X-GitHub-Delivery"
	HeaderHookID    = "X-GitHub-Hook-ID"
	HeaderSignature = "X-Hub-Signature-256"
)

// Sign returns the value of HeaderSignature. The legacy SHA-1 header is neither
// made nor read.
func Sign(secret, body []byte) string { return webhook.Sign(secret, body) }

// Verify checks the value of HeaderSignature over the raw body, form-encoded
// ones included: nil, or a webhook.Refusal.
func Verify(secrets [][]byte, header string, body []byte) error {
	return webhook.Verify(secrets, header, body)
}

// Headers returns what GitHub would send with a JSON body: event is its name
// for the event ("pull_request"), delivery a GUID.
func Headers(secret []byte, event, delivery string, body []byte) http.Header {
	h := make(http.Header)
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "GitHub-Hookshot/switchyard")
	h.Set(HeaderEvent, event)
	h.Set(HeaderDelivery, delivery)
	h.Set(HeaderSignature, Sign(secret, body))
	return h
}

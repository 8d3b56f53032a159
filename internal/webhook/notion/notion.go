package notion

import (
	"net/http"

	"github.com/switchyard-dev/switchyard/internal/webhook"
)

// HeaderSignature is over the raw body, with the subscription's verification
// token as key. Source: developers.notion.com, "Webhooks".
const HeaderSignature = "X-Notion-Signature"

// HeaderIdempotencyKey is sent by forwarders of ours whose bodies carry no id.
const HeaderIdempotencyKey = "Idempotency-Key"

// Sign returns the value of HeaderSignature.
func Sign(secret, body []byte) string { return webhook.Sign(secret, body) }

// Verify checks the value of HeaderSignature over the raw body: nil, or a
// webhook.Refusal.
func Verify(secrets [][]byte, header string, body []byte) error {
	return webhook.Verify(secrets, header, body)
}

// Headers returns what Notion would send. The event's id and type are in the body.
func Headers(secret, body []byte) http.Header {
	h := make(http.Header)
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "notion-api")
	h.Set(HeaderSignature, Sign(secret, body))
	return h
}

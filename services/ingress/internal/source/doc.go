// Package source holds what the normalizers of the three providers share: a
// raw body becomes one WebhookEvent, and what people wrote freely stays in its text.
package source

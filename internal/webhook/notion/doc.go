// Package notion holds the headers of Notion's webhooks, and signs and verifies them.
package notion

// Package handshake takes the verification token that Notion sends once,
// unsigned, to a new subscription: only while the operator waits for it.
package handshake

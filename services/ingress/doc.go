// Package ingress is Switchyard's front door: it verifies webhooks, turns each
// into one sealed event, and answers with what the agent did about it.
package ingress

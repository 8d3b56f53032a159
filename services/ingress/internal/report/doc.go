// Package report tells the ledger, by way of the agent, what ingress answered.
// It works beside the requests: nothing waits for it, and what it can't keep it
// counts.
package report

// Package agent is the service that classifies events, selects tools for them
// by the team's rules, has them executed, and responds. It keeps nothing: the
// ledger of runs belongs to tools.
package agent

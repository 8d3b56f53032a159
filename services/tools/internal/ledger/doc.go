// Package ledger is the system of record: events, runs, calls, and what they
// say. Everything else that Switchyard keeps can be built again from it.
package ledger

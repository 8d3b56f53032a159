// Package call performs the calls of a run: what the ledger has leased to this
// process is sent to the executor, and what came of it is recorded.
package call

// Package ledgertest is the suite that every implementation of the ledger
// passes, and the proof that each of its tests can fail.
package ledgertest

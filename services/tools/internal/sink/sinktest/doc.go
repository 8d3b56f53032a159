// Package sinktest is the suite that every store that follows the ledger passes,
// and a store in memory that can be made to fail.
package sinktest

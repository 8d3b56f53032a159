// Package sqlite keeps the ledger, and answers questions over it, in one SQLite
// file: one goroutine writes, in groups, and a pool of connections reads.
package sqlite

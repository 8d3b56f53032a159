// Package record is what the ledgers in databases share: what a row says, how it
// is encoded, and what becomes of it when something more is told. It asks no
// database: a store reads rows, lets this package decide, and writes them.
package record

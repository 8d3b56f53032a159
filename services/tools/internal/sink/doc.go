// Package sink has stores follow the ledger: it reads the outbox, batch by batch,
// and writes the rows that were touched.
package sink

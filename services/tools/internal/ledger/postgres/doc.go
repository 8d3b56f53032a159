// Package postgres keeps the ledger, and answers questions over it, in
// PostgreSQL: operations that arrive together share a transaction, and any number
// of processes share the database.
package postgres

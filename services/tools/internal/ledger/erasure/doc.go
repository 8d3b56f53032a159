// Package erasure removes what a ledger knows of an entity or a person, chunk by
// chunk, whatever database the ledger lies in.
package erasure

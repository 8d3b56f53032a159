// Package memory stands between questions and the stores that may answer them:
// the one that follows the ledger where it is well and has everything, else the ledger.
package memory

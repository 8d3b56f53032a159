// Package credential holds the secrets that callers prove themselves with, as
// they stand now: read again from their files while the program runs, so that
// one can be replaced without a restart and without refusing anybody.
package credential

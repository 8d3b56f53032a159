// Package rpc holds what every Connect server and client of Switchyard shares:
// validation, deadlines, the mapping of errors, tracing and the bearer token.
package rpc

// Package fault is the one error type that crosses RPC. It exists for errors
// whose caller branches on them; everything else leaves a service as internal.
package fault

// Package body reads the bodies of requests that nobody has verified yet, in
// memory that is bounded whoever sends however many.
package body

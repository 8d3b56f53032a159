//go:build !faultpoints

package faultpoint

// Reached does nothing in a build without the tag faultpoints.
func Reached(string) {}

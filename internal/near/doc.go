// Package near finds what was probably meant by a name that is none of those
// that are known.
package near

// Package project says what an event means for the memory. It is pure: the same
// event gives the same Delta, always, so that the memory can be derived again.
package project

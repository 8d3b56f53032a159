// Package walls proves that the linter holds the walls between the rooms: its
// test plants a violation of each in a small workspace laid out like this one
// and demands that the repository's own .golangci.yml turns it red.
// Go's test cache doesn't see files above this module: after a change of the
// configuration run `make lint`, or the test with -count=1.
package walls

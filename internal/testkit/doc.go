// Package testkit is what the tests of several modules share: fakes that are
// reached over HTTP, as the real ones are, and what it takes to reach ours.
package testkit

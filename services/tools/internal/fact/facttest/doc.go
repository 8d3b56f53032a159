// Package facttest is the suite that every implementation of fact.Facts passes,
// and the proof that each of its tests can fail.
package facttest

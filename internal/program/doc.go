// Package program is what the mains of the services share: settings, log,
// signals, and the probe that a container without a shell is checked with.
package program

// Package faultpoint names the steps at which a crash test kills the process.
// Without the build tag faultpoints a step costs nothing and does nothing.
package faultpoint

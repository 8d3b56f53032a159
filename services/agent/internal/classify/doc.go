// Package classify finds the class of an event, which rules may bind steps to.
package classify

// Package command takes one Command, as the Lambda's payload or a local
// request brings it, to its tool's action and brings its Result back.
package command

// Package run takes an event from the durable opening of its run to the answer.
package run

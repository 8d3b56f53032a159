// Package example holds webhooks as the providers send them, to try an
// instance with. Nobody in them is real.
package example

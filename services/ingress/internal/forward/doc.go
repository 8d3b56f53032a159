// Package forward seals an event and has the agent handle it, within the time
// that the provider waits and with a bound on what is in flight.
package forward

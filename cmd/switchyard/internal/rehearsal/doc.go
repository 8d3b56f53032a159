// Package rehearsal says what rules and policy would make of an event, with
// the real services on a ledger that is thrown away, and runs the tests that
// stand beside a rules file.
package rehearsal

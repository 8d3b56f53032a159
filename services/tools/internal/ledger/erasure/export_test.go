package erasure

// People tells whether a field is known to hold accounts.
func People(name string) bool { return people(name) }

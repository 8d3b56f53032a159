package dev

// Policy is the policy for development: what holds where POLICY_FILE is not set.
func Policy() []byte { return policy }

// Package registry lists the tools as their input messages declare them, so
// that ListTools, policy and the rules' checker read one and the same source.
package registry

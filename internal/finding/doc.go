// Package finding is what is wrong with a file that a person wrote, each thing
// with its line: with rules in the agent, with a policy in tools.
package finding

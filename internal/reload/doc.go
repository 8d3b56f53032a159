// Package reload keeps current what a file says, and the last good of it where
// the file turns bad: rules in the agent, the policy in tools.
package reload

// Package github holds the actions at GitHub.
package github

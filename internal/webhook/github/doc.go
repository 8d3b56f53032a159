// Package github holds the headers of GitHub's webhooks, and signs and verifies them.
package github

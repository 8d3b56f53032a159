// Package github turns GitHub's webhook bodies into events.
package github

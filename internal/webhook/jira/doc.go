// Package jira holds the headers of Jira's webhooks, and signs and verifies them.
package jira

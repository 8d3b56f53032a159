// Package jira turns the webhook bodies of Jira Cloud and Data Center into events.
package jira

// Package jira holds the actions at Jira Cloud, over its REST API v3.
package jira

// Package jira holds the actions at Jira: on Cloud over REST API v3, on Data
// Center over v2.
package jira

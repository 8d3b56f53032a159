// Package provider fakes GitHub, Jira, Notion and Slack as HTTP servers that keep
// what they are told, for tests and for `switchyard dev --fake-providers`. Each
// checks every request, and does on demand what providers do on bad days.
package provider

// Package slack holds the actions at Slack.
package slack

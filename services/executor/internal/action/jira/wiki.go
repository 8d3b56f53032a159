package jira

import "strings"

// plain writes text for Data Center, whose comments and descriptions are wiki
// markup: what begins a link, a mention ("[~name]"), a macro or an image is
// escaped, so that text stays text. Emphasis and headings are left: they do nothing.
//
// Source: https://confluence.atlassian.com/jirasoftwareserver/advanced-formatting-939937946.html
func plain(text string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`, `!`, `\!`).Replace(text)
}

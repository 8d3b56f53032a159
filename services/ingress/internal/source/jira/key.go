package jira

import (
	"net/url"
	"strings"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// issueKey holds an issue's key to "PROJECT-NUMBER".
func issueKey(s string) string {
	i := strings.LastIndexByte(s, '-')
	if i < 0 || projectKey(s[:i]) == "" || len(s)-i > 12 || i+1 == len(s) || strings.Trim(s[i+1:], "0123456789") != "" {
		return ""
	}
	return s
}

// projectKey holds a project's key to a capital, then capitals, digits and "_".
func projectKey(s string) string {
	const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if s == "" || len(s) > 100 || strings.IndexByte(capitals, s[0]) < 0 || strings.Trim(s, capitals+"0123456789_") != "" {
		return ""
	}
	return s
}

// browseURL makes the page of an issue from its REST resource, which names the
// site and, on Data Center, the path that Jira is served under.
func browseURL(self, key string) string {
	base, _, ok := strings.Cut(self, "/rest/")
	if !ok || source.URL(base) == "" || issueKey(key) == "" {
		return ""
	}
	if u, err := url.Parse(base); err != nil || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	return base + "/browse/" + key
}

// issueIn is the issue's id in the link of one of its parts:
// ".../rest/api/2/issue/10013/comment/10082".
func issueIn(self string) string {
	_, rest, _ := strings.Cut(self, "/issue/")
	id, _, ok := strings.Cut(rest, "/")
	if !ok || len(id) > 20 || strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return id
}

package project

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// maxURL bounds what is looked at of one URL.
const maxURL = 2000

// url matches a full URL of a GitHub pull request, issue or commit, a Jira
// issue or a Notion page. Any other URL is passed over whole: an issue key in
// the address of something else names nothing.
func (x *extraction) url(i int) int {
	rest := ""
	for _, scheme := range []string{"https://", "http://"} {
		if hasFoldPrefix(x.text[i:], scheme) {
			rest = x.text[i+len(scheme):]
		}
	}
	if rest == "" || i > 0 && isAlphanumeric(x.text[i-1]) {
		return i
	}
	scheme := len(x.text) - len(rest)
	address := strings.TrimRight(leading(rest, isURL, maxURL), ".,;:!*_~")
	end := scheme + len(address)
	address, _, _ = strings.Cut(address, "#")
	address, query, _ := strings.Cut(address, "?")
	host, path, _ := strings.Cut(address, "/")
	host = strings.ToLower(host)
	if ref, ok := x.githubURL(host, strings.Split(path, "/")); ok {
		x.add(ref, "url", certain)
	} else if ref, confidence, ok := x.jiraURL(host, strings.Split(path, "/"), query); ok {
		x.addAt(host, ref, "url", confidence)
	} else if ref, ok := notionURL(host, path); ok {
		x.add(ref, "url", certain)
	}
	return max(end, i+1)
}

func (x *extraction) githubURL(host string, path []string) (Ref, bool) {
	origin := "github"
	switch {
	case x.event.GetSource() == "github" && host == x.host:
		origin = x.origin
	case host != "github.com" && host != "www.github.com":
		return Ref{}, false
	}
	if len(path) < 4 {
		return Ref{}, false
	}
	name, ok := x.spelled(path[0] + "/" + path[1])
	if !ok {
		return Ref{}, false
	}
	switch kind, id := path[2], path[3]; {
	case kind == "pull" && isNumber(id):
		return Ref{origin, "pr", name + "#" + id}, true
	case kind == "issues" && isNumber(id):
		return Ref{origin, "issue", name + "#" + id}, true
	case kind == "commit" && isSHA(id):
		return Ref{origin, "commit", name + "@" + id}, true
	}
	return Ref{}, false
}

// jiraURL is sure of the host that the event came from. Anybody may have a site
// at any other, Jira Cloud's as well: whether it is ours is policy's to say.
func (x *extraction) jiraURL(host string, path []string, query string) (Ref, string, bool) {
	key := ""
	if n := len(path); n >= 2 && path[n-2] == "browse" {
		key = path[n-1]
	} else if value, ok := strings.CutPrefix(query, "selectedIssue="); ok && strings.HasSuffix(host, ".atlassian.net") {
		key, _, _ = strings.Cut(value, "&")
	}
	if !isIssueKey(key) {
		return Ref{}, "", false
	}
	if x.event.GetSource() == "jira" && host == x.host {
		return Ref{x.origin, "issue", key}, certain, true
	}
	return Ref{"jira", "issue", key}, candidate, true
}

// notionURL reads the page's id off the end of the path: 32 hex digits behind
// the title, or a UUID.
func notionURL(host, path string) (Ref, bool) {
	known := host == "notion.so" || host == "app.notion.com" ||
		strings.HasSuffix(host, ".notion.so") || strings.HasSuffix(host, ".notion.site")
	if !known {
		return Ref{}, false
	}
	last := path[strings.LastIndexByte(path, '/')+1:]
	id := strings.ToLower(strings.ReplaceAll(last, "-", ""))
	if len(id) < 32 {
		return Ref{}, false
	}
	id = id[len(id)-32:]
	if leading(id, isHex, 33) != id {
		return Ref{}, false
	}
	return Ref{"notion", "page", id}, true
}

// spelled holds "owner/name" to GitHub's charset. GitHub ignores the case of
// both, and refs are in lower case: one thing has one ref.
func (x *extraction) spelled(name string) (string, bool) {
	owner, repo, _ := strings.Cut(name, "/")
	if !isOwner(owner) || !isRepositoryName(repo) {
		return "", false
	}
	return strings.ToLower(name), true
}

// hostOf is the host of the event's own URL.
func hostOf(e *eventv1.WebhookEvent) string {
	address, _ := Scalar(e.GetFields().GetFields()["url"])
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	return strings.ToLower(host)
}

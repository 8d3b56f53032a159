package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

// bodySize is that of a usual webhook, in bytes.
const bodySize = 9 << 10

// push matches no rule: the event is remembered, in two commits.
func push(n int) (http.Header, []byte) {
	return signed("push", fmt.Sprintf(`{"ref":"refs/heads/main","before":"%040d","after":"%040d","pusher":{"name":"dev-one"},"commits":[{"id":"%040d","message":"Keep the connection","timestamp":"2026-05-04T10:00:00Z"}],%s`,
		n, n+1, n+1, common))
}

// merged has two dry-run actions: three commits.
func merged(n int) (http.Header, []byte) {
	return signed("pull_request", fmt.Sprintf(`{"action":"closed","number":%d,"pull_request":{"id":%d,"number":%d,"state":"closed","merged":true,
"title":"ACME-%d keep the connection","body":"","html_url":"https://github.com/acme/api/pull/%d","author_association":"MEMBER",
"merged_at":"2026-05-04T10:00:00Z","updated_at":"2026-05-04T10:00:00Z","merge_commit_sha":"%040d",
"user":{"login":"dev-one","id":1,"type":"User"},"head":{"ref":"topic","sha":"b"},"base":{"ref":"main"},"labels":[]},%s`, n, n, n, n, n, n, common))
}

const common = `"repository":{"id":9,"full_name":"acme/api","private":true},"sender":{"login":"dev-one","id":1,"type":"User"},"installation":{"id":1,"pad":"`

func signed(event, body string) (http.Header, []byte) {
	b := []byte(body + strings.Repeat("pad ", (bodySize-len(body))/4) + `"}}`)
	return github.Headers([]byte(hookSecret), event, "bench", b), b
}

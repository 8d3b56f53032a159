package proof

import (
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
)

const (
	statusRules = `
rules:
  - name: status
    on: {kind: issue.transitioned}
    do:
      - {step: tell, tool: github.add_comment, with: {target: "link.change[*]", body: "It is ${event.fields.status} now."}}
`
	statusPolicy = `
pairs:
  - [github:acme/web, jira:ACME]
places:
  github:acme/web: public
  jira:ACME: private
`
	// A member's description names a public pull request.
	statusBody = `{"timestamp": 1777888800000, "webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_generic",
		"user": {"accountId": "712020:1", "accountType": "atlassian"},
		"issue": {"id": "10007", "self": "https://acme.atlassian.net/rest/api/2/issue/10007", "key": "ACME-7", "fields": {
			"summary": "A hole", "description": "The change: https://github.com/acme/web/pull/5",
			"project": {"id": "10000", "key": "ACME"}, "status": {"id": "2", "name": "Embargoed"}, "updated": "2026-05-04T10:00:00.000+0000",
			"reporter": {"accountId": "712020:1", "accountType": "atlassian"}, "creator": {"accountId": "712020:1", "accountType": "atlassian"}}},
		"changelog": {"id": "1", "items": [{"field": "status", "fieldtype": "jira", "fieldId": "status", "from": "1", "fromString": "Open", "to": "2", "toString": "Embargoed"}]}}`
)

// TestAPrivateStatusAndAPublicChange: what a private issue has come to is told to no public
// pull request before somebody has looked at it.
func TestAPrivateStatusAndAPublicChange(t *testing.T) {
	t.Parallel()
	a := newActing(t, statusRules, statusPolicy, "ingress", "agent", "tools")
	a.extra = append(a.extra, "JIRA_WEBHOOK_SECRET="+hookSecret)
	a.startAll()
	a.github.AddRepository("acme/web")
	a.github.AddIssue("acme/web", provider.Issue{Number: 5, Title: "A fix", Author: "dev-two", Pull: true})
	body := []byte(statusBody)
	code, answer := a.webhook("jira", jira.Headers([]byte(hookSecret), "status-1", body), body)
	if code != 200 {
		t.Fatalf("%d %v", code, answer)
	}
	held := 0
	for _, action := range list(answer["actions_taken"]) {
		if action["target"] == "github:pr:acme/web#5" && action["state"] == "held" && action["reason"] == "private_to_public" {
			held++
		}
	}
	if n := len(a.github.Changes()); held != 1 || n != 0 {
		t.Errorf("%d held, %d changes at GitHub: %v", held, n, answer)
	}
}

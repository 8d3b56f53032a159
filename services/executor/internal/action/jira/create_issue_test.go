package jira_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

func TestCreateIssue(t *testing.T) {
	actiontest.Run(t, jira.CreateIssue{Site: nowhere()}, actiontest.Case{
		Tool:    "jira.create_issue",
		Class:   "create",
		Target:  "jira:project:ACME",
		Payload: map[string]any{"project": "ACME", "issue_type": "Bug", "summary": "Payments\nfail", "description": "Since noon."},
		Request: `{
			"method": "POST",
			"url": "https://{site}.atlassian.net/rest/api/3/issue",
			"headers": {"Accept": "application/json", "Content-Type": "application/json"},
			"body": {
				"fields": {
					"project": {"key": "ACME"},
					"issuetype": {"name": "Bug"},
					"summary": "Payments fail",
					"description": {"type": "doc", "version": 1, "content": [
						{"type": "paragraph", "content": [{"type": "text", "text": "Since noon."}]}
					]}
				},
				"properties": [{"key": "switchyard", "value": {"effect_key": "` + actiontest.EffectKey + `"}}]
			}
		}`,
		Invalid: map[string]map[string]any{
			"no project":    {"project": "", "issue_type": "Bug", "summary": "x"},
			"not a key":     {"project": "acme", "issue_type": "Bug", "summary": "x"},
			"no type":       {"project": "ACME", "summary": "x"},
			"no summary":    {"project": "ACME", "issue_type": "Bug"},
			"long summary":  {"project": "ACME", "issue_type": "Bug", "summary": strings.Repeat("x", 256)},
			"unknown field": {"project": "ACME", "issue_type": "Bug", "summary": "x", "priority": "High"},
		},
	})
}

// Jira's search is behind: what it doesn't have yet may be there.
func TestACreatedIssueIsFoundOnceItIsSearchable(t *testing.T) {
	f := cloud(t)
	s := subjects()["create_issue"]
	act := s.act(f.site)
	want(t, run(t, act, s.c, "act"), "done", "")
	other := actiontest.Command(t, s.c, "act")
	other.EffectKey = "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11"
	other.NotAfter = timestamppb.New(time.Now().Add(time.Minute))
	want(t, runCommand(t, act, other), "done", "")
	f.Lag(time.Hour)
	want(t, run(t, act, s.c, "look"), "unknown", "Jira's search has no such issue")
	f.Lag(0)
	got := run(t, act, s.c, "look")
	want(t, got, "already", "")
	if got.GetRef() != "jira:issue:ACME-101" {
		t.Errorf("ref %s", got.GetRef())
	}
	made := f.Issue("ACME-101")
	if made.Summary != "Payments fail" || made.Type != "Bug" {
		t.Errorf("got %+v", made)
	}
}

func TestTheProjectIsTheTarget(t *testing.T) {
	f := cloud(t)
	s := subjects()["create_issue"]
	s.c.Target = "jira:project:OTHER"
	want(t, run(t, s.act(f.site), s.c, "act"), "rejected", "the project is not the target")
	if len(f.Requests()) != 0 {
		t.Error("something was sent")
	}
}

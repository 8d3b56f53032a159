package jira_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
)

// Jira's search is behind: what it doesn't have yet may be there.
func TestACreatedIssueIsFoundOnceItIsSearchable(t *testing.T) {
	f := cloud(t)
	s := subjects()["create_issue"]
	act := s.act(f.site)
	actiontest.Want(t, actiontest.Perform(t, act, s.c, "act"), "done", "")
	other := actiontest.Command(t, s.c, "act")
	other.EffectKey = "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11"
	other.NotAfter = timestamppb.New(time.Now().Add(time.Minute))
	actiontest.Want(t, actiontest.PerformCommand(t, act, other), "done", "")
	f.Lag(time.Hour)
	actiontest.Want(t, actiontest.Perform(t, act, s.c, "look"), "unknown", "Jira's search has no such issue")
	f.Lag(0)
	got := actiontest.Perform(t, act, s.c, "look")
	actiontest.Want(t, got, "already", "")
	if got.GetRef() != "jira:issue:ACME-101" {
		t.Errorf("ref %s", got.GetRef())
	}
	made := f.Issue("ACME-101")
	if made.Summary != "Payments fail" || made.Type != "Bug" {
		t.Errorf("got %+v", made)
	}
}

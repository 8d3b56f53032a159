package jira_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
)

func TestARemoteLinkIsUpdated(t *testing.T) {
	f := cloud(t)
	s := subjects()["link_remote"]
	act := s.act(f.site)
	actiontest.Want(t, actiontest.Perform(t, act, s.c, "act"), "done", "")
	s.c.Payload["title"] = "merged: acme/api#42"
	actiontest.Want(t, actiontest.Perform(t, act, s.c, "act"), "done", "")
	links := f.Issue("ACME-7").Links
	if len(links) != 1 || links[0].Title != "merged: acme/api#42" || links[0].URL != "https://github.com/acme/api/pull/42" {
		t.Errorf("got %+v", links)
	}
	s.c.Payload["object"] = "github:release:acme/api#17372790"
	actiontest.Want(t, actiontest.Perform(t, act, s.c, "act"), "rejected", "github:release:acme/api#17372790 has no page")
}

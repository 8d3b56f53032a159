package jira_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
)

func TestTransitionsThatAreNotThere(t *testing.T) {
	f := cloud(t)
	f.AddIssue("ACME-8", "To Do")
	s := subjects()["transition"]
	s.c.Target = "jira:issue:ACME-8"
	actiontest.Want(t, actiontest.Perform(t, s.act(f.site), s.c, "act"), "rejected", `ACME-8: no transition leads to "Done" from here; it can get to In Progress`)
	s.c.Target = "jira:issue:ACME-99"
	actiontest.Want(t, actiontest.Perform(t, s.act(f.site), s.c, "act"), "rejected", "Jira says 404 Not Found: Issue does not exist")
	s.c.Target, s.c.Payload = "jira:issue:ACME-7", map[string]any{"status": "done"}
	actiontest.Want(t, actiontest.Perform(t, s.act(f.site), s.c, "act"), "done", "")
}

package jira_test

import "github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"

// nowhere is no site: nothing is sent.
func nowhere() *jira.Site { return jira.New(jira.Options{}) }

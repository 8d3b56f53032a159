package jira_test

import (
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

func TestLinkRemote(t *testing.T) {
	actiontest.Run(t, jira.LinkRemote{Site: nowhere()}, actiontest.Case{
		Tool:    "jira.link_remote",
		Class:   "upsert",
		Target:  "jira:issue:ACME-7",
		Payload: map[string]any{"object": "github:pr:acme/api#42", "title": "Retry refused\npayments"},
		Request: `{
			"method": "POST",
			"url": "https://{site}.atlassian.net/rest/api/3/issue/ACME-7/remotelink",
			"headers": {"Accept": "application/json", "Content-Type": "application/json"},
			"body": {
				"globalId": "switchyard:` + actiontest.EffectKey + `",
				"object": {"url": "https://github.com/acme/api/pull/42", "title": "Retry refused payments"}
			},
			"before": [{
				"method": "GET",
				"url": "https://{site}.atlassian.net/rest/api/3/issue/ACME-7/remotelink?globalId=switchyard%3A` + actiontest.EffectKey + `",
				"why": "a link of ours with this globalId is updated instead"
			}]
		}`,
		Invalid: map[string]map[string]any{
			"no object":     {"object": "", "title": "x"},
			"no title":      {"object": "github:pr:acme/api#42", "title": ""},
			"long title":    {"object": "github:pr:acme/api#42", "title": strings.Repeat("x", 256)},
			"unknown field": {"object": "github:pr:acme/api#42", "title": "x", "url": "https://e.example"},
		},
		OtherTarget: "github:pr:acme/api#42",
	})
}

func TestARemoteLinkIsUpdated(t *testing.T) {
	f := cloud(t)
	s := subjects()["link_remote"]
	act := s.act(f.site)
	want(t, run(t, act, s.c, "act"), "done", "")
	s.c.Payload["title"] = "merged: acme/api#42"
	want(t, run(t, act, s.c, "act"), "done", "")
	links := f.Issue("ACME-7").Links
	if len(links) != 1 || links[0].Title != "merged: acme/api#42" || links[0].URL != "https://github.com/acme/api/pull/42" {
		t.Errorf("got %+v", links)
	}
	s.c.Payload["object"] = "github:release:acme/api#17372790"
	want(t, run(t, act, s.c, "act"), "rejected", "github:release:acme/api#17372790 has no page")
}

package notion_test

import (
	"context"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

const (
	writes = `{"Accept": "application/json", "Content-Type": "application/json", "Notion-Version": "2026-03-11"}`
	// A page and a user of the scripts; the fake has its own.
	pageRef  = "notion:page:267d8e4e98ab81ce88f2c23f71324a63"
	somebody = "2200a911-6a96-44bb-bd38-6bfb1e01b9f6"
	database = "f0a1bf337ff04d24b5b6efb3ea006b15"
	// A database is no page, and another one than any tool here is about.
	otherKind = "notion:database:267d8e4e98ab81ce88f2c23f71324a63"
)

// hex is an id of the fake's as refs have it.
func hex(id string) string { return strings.ReplaceAll(id, "-", "") }

func check(t *testing.T) provider.Check {
	t.Helper()
	described.Do(func() { described.check = providertest.Check(t, "notion") })
	return described.check
}

func world(build func(*notion.Workspace) action.Action) func(*testing.T) actiontest.World {
	return func(t *testing.T) actiontest.World {
		t.Helper()
		n := providertest.NewNotion(t, provider.Options{Now: actiontest.Noon, Check: check(t)})
		return actiontest.World{Fake: n, URL: n.URL, Secrets: []string{providertest.Token}, New: func(r actiontest.Reach) action.Action {
			options := notion.Options{URL: r.URL, Transport: r.Transport, Now: r.Now, Log: r.Log}
			if r.Authorized {
				options.Token = func(context.Context) (string, error) { return providertest.Token, nil }
			}
			return build(notion.New(options))
		}}
	}
}

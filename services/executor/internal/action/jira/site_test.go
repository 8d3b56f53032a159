package jira_test

import (
	"context"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
)

func TestDataCenterGetsPlainText(t *testing.T) {
	f := dataCenter(t)
	for _, name := range []string{"add_comment", "create_issue"} {
		s := subjects()[name]
		actiontest.Want(t, actiontest.Perform(t, s.act(f.site), s.c, "act"), "done", "")
	}
	if got := f.Comments("ACME-7", actiontest.EffectKey)[0].Text; got != "Merged.\nSee acme/api#42\n\n\\[~dev-one\\] \\{x\\}" {
		t.Errorf("comment %q", got)
	}
	if got := string(f.Issue("ACME-101").Description); got != `"Since noon.\n\n\\{code\\}x\\{code\\}"` {
		t.Errorf("description %s", got)
	}
}

// A site behind Atlassian's gateway is reached by its id, with a bearer token.
// Its own host is not known, so that a result has no address.
func TestTheGatewaysPrefix(t *testing.T) {
	for name, s := range subjects() {
		t.Run(name, func(t *testing.T) {
			f := start(t, provider.Options{}, "/ex/jira/11111111-2222-3333-4444-555555555555/")
			got := actiontest.Perform(t, s.act(f.site), s.c, "act")
			actiontest.Want(t, got, "done", "")
			if s.effects(f) != 1 || got.GetUrl() != "" || got.GetRef() == "" {
				t.Errorf("%d effects, url %q, ref %q", s.effects(f), got.GetUrl(), got.GetRef())
			}
		})
	}
}

func TestWrongCredentials(t *testing.T) {
	each(t, func(t *testing.T, f fake, _ action.Action, s subject) {
		site := f.reach(always("another-token"))
		got := actiontest.Perform(t, s.act(site), s.c, "act")
		actiontest.Want(t, got, "rejected", "Jira says 401 Unauthorized: Client must be authenticated")
		if s.effects(f) != 0 || got.GetHttpStatus() != 401 {
			t.Errorf("%d effects, status %d", s.effects(f), got.GetHttpStatus())
		}
	})
}

// A token that was replaced by one of another account finds no comments of the
// former: they are not its own.
func TestATokenIsReplaced(t *testing.T) {
	f := cloud(t)
	token := providertest.Token
	site := f.reach(func(context.Context) (string, error) { return token, nil })
	s := subjects()["add_comment"]
	for range 2 {
		actiontest.Perform(t, s.act(site), s.c, "act")
	}
	asked := func() (n int) {
		for _, r := range f.Requests() {
			if strings.HasSuffix(r.Path, "/myself") {
				n++
			}
		}
		return n
	}
	if asked() != 1 {
		t.Errorf("asked %d times whose the token is, want once", asked())
	}
	token = "another-token"
	actiontest.Want(t, actiontest.Perform(t, s.act(site), s.c, "act"), "rejected", "Jira says 401")
	if asked() != 2 {
		t.Errorf("asked %d times, want once a token", asked())
	}
}

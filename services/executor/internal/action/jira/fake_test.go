package jira_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

const (
	email  = "bot@example.com"
	devTwo = "712020:00000000-0000-4000-8000-000000000002"
)

// fake is a Jira over HTTP and the site that reaches it. A request that Jira
// would not take fails the test.
type fake struct {
	*providertest.Jira
	options provider.Options
	site    *jira.Site
	// root is the site's, as its settings have it.
	root string
}

func cloud(t *testing.T) fake { t.Helper(); return start(t, provider.Options{Email: email}, "") }

func dataCenter(t *testing.T) fake {
	t.Helper()
	return start(t, provider.Options{DataCenter: true}, "")
}

// described is Jira's description, which is large: it is read once.
var described = struct {
	sync.Once
	check provider.Check
}{}

func check(t *testing.T) provider.Check {
	t.Helper()
	described.Do(func() { described.check = providertest.Check(t, "jira") })
	return described.check
}

func start(t *testing.T, o provider.Options, prefix string) fake {
	t.Helper()
	o.Check = check(t)
	f := fake{Jira: providertest.NewJira(t, o), options: o}
	f.root = f.URL + prefix
	f.site = f.reach(always(providertest.Token))
	return f
}

// reach is the site with another token.
func (f fake) reach(token action.Token) *jira.Site {
	return reachBy(&http.Transport{DisableKeepAlives: true}, f.root, f.options, token)
}

func reachBy(transport http.RoundTripper, root string, o provider.Options, token action.Token) *jira.Site {
	return jira.New(jira.Options{
		BaseURL: root, Email: o.Email, DataCenter: o.DataCenter, Token: token,
		Transport: transport, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

func always(token string) action.Token {
	return func(context.Context) (string, error) { return token, nil }
}

package jira_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

const headers = `{"Accept": "application/json", "Content-Type": "application/json"}`

// whoActs is the read that each dry run shows.
func whoActs(api string) string {
	return `{"method": "GET", "url": "` + api + `/myself", "why": "whose account acts; asked once a token"}`
}

// both runs a case at Jira Cloud and at a Data Center, with either kind of
// credentials at Cloud.
func both(t *testing.T, build func(*jira.Site) action.Action, c func(api string, dataCenter bool) actiontest.Case) {
	t.Helper()
	for name, o := range map[string]provider.Options{
		"at Jira Cloud":    {Email: email},
		"with a bearer":    {},
		"at a Data Center": {DataCenter: true},
	} {
		t.Run(name, func(t *testing.T) {
			api := "{url}/rest/api/3"
			if o.DataCenter {
				api = "{url}/rest/api/2"
			}
			it := c(api, o.DataCenter)
			it.Open = world(o, build)
			actiontest.Run(t, it)
		})
	}
}

func world(o provider.Options, build func(*jira.Site) action.Action) func(*testing.T) actiontest.World {
	return func(t *testing.T) actiontest.World {
		t.Helper()
		o := o
		o.Now, o.Check = actiontest.Noon, check(t)
		j := providertest.NewJira(t, o)
		return actiontest.World{Fake: j, URL: j.URL, Secrets: []string{providertest.Token}, New: func(r actiontest.Reach) action.Action {
			options := jira.Options{
				BaseURL: r.URL, Email: o.Email, DataCenter: o.DataCenter,
				Transport: r.Transport, Now: r.Now, Log: r.Log,
			}
			if r.Authorized {
				options.Token = always(providertest.Token)
			}
			return build(jira.New(options))
		}}
	}
}

package jira_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
)

func TestNothingHappensBeforeTheEffect(t *testing.T) {
	for name, c := range map[string]struct {
		fault   provider.Fault
		outcome string
		reason  string
	}{
		"too many requests": {provider.TooMany(7 * time.Second), "retry", "rate_limited"},
		"a conflict":        {provider.Answering(http.StatusConflict), "retry", "provider_away"},
		"forbidden":         {provider.Answering(http.StatusForbidden), "rejected", "Jira says 403 Forbidden: Forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f fake, act action.Action, s subject) {
				c.fault.Match = provider.Writes
				f.Plant(c.fault)
				got := actiontest.Perform(t, act, s.c, "act")
				actiontest.Want(t, got, c.outcome, c.reason)
				if s.effects(f) != 0 {
					t.Errorf("%d effects", s.effects(f))
				}
				if c.reason == "rate_limited" && got.GetRetryAfter().AsDuration() != 7*time.Second {
					t.Errorf("retry after %v", got.GetRetryAfter().AsDuration())
				}
				actiontest.Want(t, actiontest.Perform(t, act, s.c, "act"), "done", "")
			})
		})
	}
}

func TestReadsThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		fault           provider.Fault
		outcome, reason string
	}{
		"away":     {provider.Answering(http.StatusServiceUnavailable), "retry", "provider_away"},
		"too many": {provider.TooMany(time.Second), "retry", "rate_limited"},
		"dropped":  {provider.Fault{DropBefore: true}, "retry", "provider_away"},
		"nonsense": {provider.Fault{Status: http.StatusOK, Body: []byte(`<html>`)}, "retry", "provider_away"},
		"hollow":   {provider.Fault{Status: http.StatusOK, Body: []byte(`{}`)}, "unknown", ""},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f fake, act action.Action, s subject) {
				if s.c.Class == "create" {
					return // it reads nothing that it needs
				}
				c.fault.Match = func(r provider.Request) bool {
					return !provider.Writes(r) && !strings.HasSuffix(r.Path, "/myself")
				}
				c.fault.Times = 9
				f.Plant(c.fault)
				got := actiontest.Perform(t, act, s.c, "act")
				actiontest.Want(t, got, c.outcome, c.reason)
				if s.effects(f) != 0 {
					t.Error("it acted without knowing")
				}
			})
		})
	}
}

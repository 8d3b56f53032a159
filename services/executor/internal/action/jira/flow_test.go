package jira_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
)

func TestActMakesOneEffect(t *testing.T) {
	each(t, func(t *testing.T, f fake, act action.Action, s subject) {
		got := run(t, act, s.c, "act")
		want(t, got, "done", "")
		if s.effects(f) != 1 {
			t.Fatalf("%d effects", s.effects(f))
		}
		if got.GetUrl() != f.root+s.url || !strings.HasPrefix(got.GetRef(), "jira:issue:ACME-") {
			t.Errorf("ref %s, url %s, want %s", got.GetRef(), got.GetUrl(), f.root+s.url)
		}
		if a := got.GetAccount(); a != "jira:user:"+provider.JiraBot && a != "jira:user:"+provider.JiraBotName {
			t.Errorf("account %q", a)
		}
		if s.c.Class == "create" {
			return
		}
		want(t, run(t, act, s.c, "act"), "already", "")
		want(t, run(t, act, s.c, "look"), "already", "")
		if s.effects(f) != 1 {
			t.Errorf("%d effects after a second act", s.effects(f))
		}
	})
}

func TestLookBeforeAnythingHappened(t *testing.T) {
	each(t, func(t *testing.T, f fake, act action.Action, s subject) {
		got := run(t, act, s.c, "look")
		if s.pure {
			want(t, got, "rejected", "not_found")
		} else {
			want(t, got, "unknown", "Jira")
		}
		if slices.ContainsFunc(f.Requests(), provider.Writes) {
			t.Error("look changes something")
		}
	})
}

// The provider acts and the answer is lost: the outcome is unknown, and a look
// finds the effect, or says that it can't tell.
func TestAnAnswerIsLostAfterTheEffect(t *testing.T) {
	for name, fault := range map[string]provider.Fault{
		"dropped":         {DropAfter: true},
		"a gateway's 502": {Status: http.StatusBadGateway, Act: true},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f fake, act action.Action, s subject) {
				fault.Match = provider.Writes
				f.Plant(fault)
				want(t, run(t, act, s.c, "act"), "unknown", "Jira")
				got := run(t, act, s.c, "look")
				if s.c.Class == "create" && !s.pure && got.GetOutcome() == "unknown" {
					return // Data Center: said so
				}
				want(t, got, "already", "")
				if s.effects(f) != 1 {
					t.Errorf("%d effects", s.effects(f))
				}
			})
		})
	}
}

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
				got := run(t, act, s.c, "act")
				want(t, got, c.outcome, c.reason)
				if s.effects(f) != 0 {
					t.Errorf("%d effects", s.effects(f))
				}
				if c.reason == "rate_limited" && got.GetRetryAfter().AsDuration() != 7*time.Second {
					t.Errorf("retry after %v", got.GetRetryAfter().AsDuration())
				}
				want(t, run(t, act, s.c, "act"), "done", "")
			})
		})
	}
}

func TestNothingStartsAfterNotAfter(t *testing.T) {
	each(t, func(t *testing.T, f fake, act action.Action, s subject) {
		cmd := actiontest.Command(t, s.c, "act")
		cmd.NotAfter = timestamppb.New(time.Now().Add(-time.Millisecond))
		want(t, runCommand(t, act, cmd), "retry", "deadline")
		if slices.ContainsFunc(f.Requests(), provider.Writes) {
			t.Error("something was sent after not_after")
		}
	})
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
				got := run(t, act, s.c, "act")
				want(t, got, c.outcome, c.reason)
				if s.effects(f) != 0 {
					t.Error("it acted without knowing")
				}
			})
		})
	}
}

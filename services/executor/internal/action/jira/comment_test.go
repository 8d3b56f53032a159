package jira_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
)

func TestWhoseCommentItIs(t *testing.T) {
	f := cloud(t)
	pasted := map[string]json.RawMessage{"switchyard": json.RawMessage(`{"effect_key": "` + actiontest.EffectKey + `"}`)}
	stranger := f.AddComment("ACME-7", "712020:00000000-0000-4000-8000-000000000001", "pasted", pasted)
	f.AddComment("ACME-7", provider.JiraBot, "of another rule", map[string]json.RawMessage{"switchyard": json.RawMessage(`{"effect_key": "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11"}`)})
	f.AddComment("ACME-7", provider.JiraBot, "by hand", nil)
	s := subjects()["add_comment"]
	act := s.act(f.site)
	actiontest.Want(t, actiontest.Perform(t, act, s.c, "look"), "rejected", "not_found")
	actiontest.Want(t, actiontest.Perform(t, act, s.c, "act"), "done", "")
	for _, c := range f.Issue("ACME-7").Comments {
		if c.ID == stranger && c.Text != "pasted" {
			t.Error("a stranger's comment was changed")
		}
	}
	if n := len(f.Issue("ACME-7").Comments); n != 4 {
		t.Errorf("%d comments, want 4", n)
	}
	s.c.Payload = map[string]any{"body": "It says more now."}
	actiontest.Want(t, actiontest.Perform(t, act, s.c, "act"), "done", "")
	ours := f.Comments("ACME-7", actiontest.EffectKey)
	if len(ours) != 2 || ours[1].Text != "It says more now." {
		t.Errorf("got %+v", ours)
	}
}

// Ours is on the last of several pages.
func TestOurCommentIsFoundAmongMany(t *testing.T) {
	f := cloud(t)
	s := subjects()["add_comment"]
	actiontest.Want(t, actiontest.Perform(t, s.act(f.site), s.c, "act"), "done", "")
	for range 230 {
		f.AddComment("ACME-7", "712020:00000000-0000-4000-8000-000000000001", "chatter", nil)
	}
	actiontest.Want(t, actiontest.Perform(t, s.act(f.site), s.c, "act"), "already", "")
	if n := len(f.Comments("ACME-7", actiontest.EffectKey)); n != 1 {
		t.Errorf("%d comments of ours", n)
	}
}

// A Jira that keeps to its description lists no properties: each comment of ours
// is asked for its own.
func TestOurCommentIsFoundByItsPropertyAlone(t *testing.T) {
	for name, f := range map[string]fake{"on Cloud": cloud(t), "on Data Center": dataCenter(t)} {
		t.Run(name, func(t *testing.T) {
			site := reachBy(stripping{&http.Transport{DisableKeepAlives: true}}, f.root, f.options, always(providertest.Token))
			s := subjects()["add_comment"]
			f.AddComment("ACME-7", who(f), "by hand", nil)
			actiontest.Want(t, actiontest.Perform(t, s.act(site), s.c, "act"), "done", "")
			actiontest.Want(t, actiontest.Perform(t, s.act(site), s.c, "act"), "already", "")
			f.AddComment("ACME-7", who(f), "of another shape", map[string]json.RawMessage{"switchyard": json.RawMessage(`"7"`)})
			actiontest.Want(t, actiontest.Perform(t, s.act(site), s.c, "look"), "already", "")
			if n := len(f.Comments("ACME-7", actiontest.EffectKey)); n != 1 {
				t.Errorf("%d comments of ours", n)
			}
		})
	}
}

func who(f fake) string {
	if f.options.DataCenter {
		return provider.JiraBotName
	}
	return provider.JiraBot
}

// stripping asks for nothing beyond the description.
type stripping struct{ http.RoundTripper }

func (s stripping) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	q.Del("expand")
	r.URL.RawQuery = q.Encode()
	return s.RoundTripper.RoundTrip(r)
}

package providertest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

func slackClient(t *testing.T, url string) *client {
	return &client{t: t, url: strings.TrimSuffix(url, "/api/"), check: open(t, "slack"), strip: "/api", header: http.Header{"Authorization": {"Bearer " + Token}}}
}

func TestSlackKeepsWhatItIsTold(t *testing.T) {
	s := NewSlack(t, provider.Options{})
	c := slackClient(t, s.URL)
	c.do("POST", "/api/auth.test", "").want(t, 200, provider.SlackBotUser)
	first := c.do("POST", "/api/chat.postMessage", `{"channel":"C0000000002","text":"deployed & done","metadata":{"event_type":"switchyard","event_payload":{"effect_key":"k1"}}}`).want(t, 200, `"ok":true`)
	form := url.Values{"channel": {"C0000000002"}, "text": {"by form"}, "token": {Token}, "metadata": {`{"event_type":"switchyard","event_payload":{"effect_key":"k2"}}`}}
	anonymous := c.with("Authorization", "").with("Content-Type", "application/x-www-form-urlencoded")
	anonymous.check = nil // a form with the token in it is ours to translate
	anonymous.do("POST", "/api/chat.postMessage", form.Encode()).want(t, 200, `"ok":true`)
	s.AddMessage("C0000000002", "U1", "theirs", nil)

	c.do("GET", "/api/conversations.history?channel=C0000000002&limit=2", "").want(t, 200, `"has_more":true`)
	all := c.do("GET", "/api/conversations.history?channel=C0000000002&include_all_metadata=true", "").want(t, 200, `"effect_key":"k2"`)
	if all.field("messages.0.text") != "theirs" || all.field("messages.2.metadata.event_payload.effect_key") != "k1" {
		t.Errorf("history %s", all.body)
	}
	page := c.do("GET", "/api/conversations.history?channel=C0000000002&limit=2", "")
	cursor, _ := page.field("response_metadata.next_cursor").(string)
	c.do("GET", "/api/conversations.history?channel=C0000000002&limit=2&cursor="+url.QueryEscape(cursor), "").want(t, 200, "deployed")
	ts, _ := first.field("ts").(string)
	if a := c.do("GET", "/api/conversations.history?channel=C0000000002&oldest="+ts, ""); strings.Contains(a.body, "deployed") || !strings.Contains(a.body, "by form") {
		t.Errorf("after the first: %s", a.body)
	}
	c.do("GET", "/api/conversations.history?channel=C0000000002&inclusive=true&latest="+ts, "").want(t, 200, "deployed")
	read := c.with("Content-Type", "application/x-www-form-urlencoded")
	read.check = nil
	read.do("POST", "/api/conversations.history", "channel=C0000000002&limit=1").want(t, 200, "theirs")
	if got := s.Messages("C0000000002", "k1"); len(got) != 1 || got[0].Text != "deployed & done" {
		t.Errorf("messages %+v", got)
	}
}

func TestSlackRefuses(t *testing.T) {
	s := NewSlack(t, provider.Options{})
	s.AddChannel("C0000000003", "closed", false)
	c := slackClient(t, s.URL)
	c.with("Authorization", "Bearer other").do("POST", "/api/auth.test", "").want(t, 200, `"error":"invalid_auth"`)
	c.with("Authorization", "").do("POST", "/api/auth.test", "").want(t, 200, `"error":"not_authed"`)
	for name, tc := range map[string]struct{ body, says string }{
		"another channel": {`{"channel":"C404","text":"x"}`, "channel_not_found"},
		"not a member":    {`{"channel":"C0000000003","text":"x"}`, "not_in_channel"},
		"nothing":         {`{"channel":"C0000000001"}`, "no_text"},
		"too much":        {`{"channel":"C0000000001","text":"` + strings.Repeat("x", 40001) + `"}`, "msg_too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			one := *c
			one.t = t
			one.do("POST", "/api/chat.postMessage", tc.body).want(t, 200, `"error":"`+tc.says)
		})
	}
	s.Plant(provider.TooMany(1))
	c.do("POST", "/api/chat.postMessage", `{"channel":"C0000000001","text":"x"}`).want(t, 429, "ratelimited")
	if len(s.Changes()) != 0 {
		t.Errorf("changes %+v", s.Changes())
	}
}

package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Slack fakes Slack's Web API for posting messages and reading them. It has the
// channels general and deploys. Refusals are 200 with ok: false, as Slack's are.
type Slack struct {
	server
	o        Options
	channels []*Channel
	last     int64 // microseconds of the last message's time, which is its id
}

// Channel is a channel with its messages, oldest first.
type Channel struct {
	ID, Name string
	// Member says that the bot is in it, and may post there.
	Member   bool
	Messages []Message
}

// Message is a message in a channel.
type Message struct {
	TS, User, Text string
	Metadata       json.RawMessage
	Blocks         json.RawMessage
	ThreadTS       string
}

// What the fake has from the start.
const (
	SlackGeneral = "C0000000001"
	SlackDeploys = "C0000000002"
	SlackBotUser = "U0000000009"
	slackBot     = "B0000000009"
)

// NewSlack makes a Slack.
func NewSlack(o Options) *Slack {
	s := &Slack{o: o, channels: []*Channel{{ID: SlackGeneral, Name: "general", Member: true}, {ID: SlackDeploys, Name: "deploys", Member: true}}}
	s.now, s.check = o.clock(), s.described(o.Check)
	s.inspect, s.authorize, s.fail = s.headers, s.admit, s.failure
	history := []string{"channel", "latest", "oldest", "inclusive", "limit", "cursor", "include_all_metadata"}
	s.serve([]operation{
		{pattern: "POST /api/chat.postMessage", act: s.post},
		{pattern: "GET /api/conversations.history", query: history, act: s.history},
		{pattern: "POST /api/conversations.history", act: s.history},
		{pattern: "GET /api/auth.test", act: s.test, undescribed: true},
		{pattern: "POST /api/auth.test", act: s.test, undescribed: true},
	})
	return s
}

// described puts a request as the description has it: without the path's prefix,
// the token in the header, and what is read by GET.
func (s *Slack) described(check Check) Check {
	if check == nil {
		return nil
	}
	return func(r *http.Request, body []byte) error {
		r = r.Clone(r.Context())
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/api")
		if isForm(r) {
			form, err := url.ParseQuery(string(body))
			if err != nil {
				return fmt.Errorf("body: %w", err)
			}
			form.Del("token")
			body = []byte(form.Encode())
			if strings.HasSuffix(r.URL.Path, ".history") {
				r.Method, r.URL.RawQuery, body = http.MethodGet, form.Encode(), nil
				r.Header.Del("Content-Type")
			}
			r.ContentLength = int64(len(body))
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		return check(r, body)
	}
}

func isForm(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// headers takes forms and JSON; JSON only with the token in the header.
//
// Source: https://docs.slack.dev/apis/web-api/
func (s *Slack) headers(r *http.Request) string {
	if r.ContentLength == 0 || r.Method == http.MethodGet || isForm(r) {
		return ""
	}
	return contentType(r)
}

func (s *Slack) admit(c *call) *reply {
	token := c.bearer()
	if token == "" && isForm(c.Request) {
		form, _ := url.ParseQuery(string(c.body))
		token = form.Get("token")
	}
	switch {
	case token == "":
		return new(s.failure(http.StatusOK, "not_authed"))
	case s.o.Token == "" || token != s.o.Token:
		return new(s.failure(http.StatusOK, "invalid_auth"))
	}
	return nil
}

// failure is 200 with ok: false for what Slack refuses, and its own status for
// what doesn't come that far.
func (s *Slack) failure(status int, message string) reply {
	switch status {
	case http.StatusTooManyRequests:
		message = "ratelimited"
	case http.StatusUnprocessableEntity:
		return reply{status: status, body: object{"ok": false, "error": "invalid_arguments", "response_metadata": object{"messages": []string{message}}}}
	}
	return reply{status: status, body: object{"ok": false, "error": message}}
}

// input is the arguments, from a form, from JSON, or from the query.
func (s *Slack) input(c *call) (map[string]json.RawMessage, error) {
	form := c.URL.Query()
	if isForm(c.Request) {
		var err error
		if form, err = url.ParseQuery(string(c.body)); err != nil {
			return nil, err
		}
	} else if c.Method == http.MethodPost && len(c.body) > 0 {
		var in map[string]json.RawMessage
		return in, c.decode(&in)
	}
	in := map[string]json.RawMessage{}
	for name := range form {
		value := form.Get(name)
		raw := json.RawMessage(value)
		if !json.Valid(raw) || !strings.HasPrefix(value, "{") && !strings.HasPrefix(value, "[") {
			raw, _ = json.Marshal(value) // a string always can be
		}
		in[name] = raw
	}
	return in, nil
}

// word is an argument that is a string, or a number or a truth as one.
func word(in map[string]json.RawMessage, name string) string {
	var text string
	if json.Unmarshal(in[name], &text) == nil {
		return text
	}
	return strings.TrimSpace(string(in[name]))
}

func (s *Slack) channel(name string) *Channel {
	for _, one := range s.channels {
		if one.ID == name || "#"+one.Name == name || one.Name == name {
			return one
		}
	}
	return nil
}

// post puts a message into a channel.
//
// Source: https://docs.slack.dev/reference/methods/chat.postMessage
func (s *Slack) post(c *call) reply {
	in, err := s.input(c)
	if err != nil {
		return s.failure(http.StatusOK, "invalid_json")
	}
	to := s.channel(word(in, "channel"))
	text := word(in, "text")
	switch {
	case to == nil:
		return s.failure(http.StatusOK, "channel_not_found")
	case !to.Member:
		return s.failure(http.StatusOK, "not_in_channel")
	case text == "" && in["blocks"] == nil && in["attachments"] == nil:
		return s.failure(http.StatusOK, "no_text")
	case len([]rune(text)) > 40000:
		return s.failure(http.StatusOK, "msg_too_long")
	case in["metadata"] != nil && !metadata(in["metadata"]):
		return s.failure(http.StatusOK, "invalid_metadata_format")
	}
	s.last = max(c.now.UnixMicro(), s.last+1)
	m := Message{TS: fmt.Sprintf("%d.%06d", s.last/1e6, s.last%1e6), User: SlackBotUser, Text: text, Metadata: in["metadata"], Blocks: in["blocks"], ThreadTS: word(in, "thread_ts")}
	to.Messages = append(to.Messages, m)
	s.changed(c, "message posted", "slack:channel:"+to.ID, m.TS)
	return ok(object{"ok": true, "channel": to.ID, "ts": m.TS, "message": s.messageOf(m, true)})
}

func metadata(raw json.RawMessage) bool {
	var in struct {
		EventType    string         `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	}
	return json.Unmarshal(raw, &in) == nil && in.EventType != "" && in.EventPayload != nil
}

func (s *Slack) messageOf(m Message, withMetadata bool) object {
	out := object{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text}
	if m.User == SlackBotUser {
		out["bot_id"], out["app_id"] = slackBot, "A0000000009"
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
	}
	var blocks []any
	if json.Unmarshal(m.Blocks, &blocks) == nil && blocks != nil {
		out["blocks"] = blocks
	}
	if withMetadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	return out
}

// history has the newest first, with metadata only where it is asked for.
//
// Source: https://docs.slack.dev/reference/methods/conversations.history
func (s *Slack) history(c *call) reply {
	in, err := s.input(c)
	if err != nil {
		return s.failure(http.StatusOK, "invalid_arguments")
	}
	from := s.channel(word(in, "channel"))
	if from == nil {
		return s.failure(http.StatusOK, "channel_not_found")
	}
	inclusive, everything := truth(word(in, "inclusive")), truth(word(in, "include_all_metadata"))
	oldest, latest, cursor := word(in, "oldest"), word(in, "latest"), strings.TrimPrefix(word(in, "cursor"), "before:")
	limit, err := strconv.Atoi(word(in, "limit"))
	if err != nil || limit < 1 {
		limit = 100
	}
	limit = min(limit, 999)
	out, next := []any{}, ""
	for _, m := range slices.Backward(from.Messages) {
		at := later(m.TS, oldest)
		if m.ThreadTS != "" && m.ThreadTS != m.TS || oldest != "" && at != 1 && (at != 0 || !inclusive) || cursor != "" && later(m.TS, cursor) != -1 {
			continue
		}
		if at := later(m.TS, latest); latest != "" && at != -1 && (at != 0 || !inclusive) {
			continue
		}
		if len(out) == limit {
			break
		}
		out = append(out, s.messageOf(m, everything))
		next = m.TS
	}
	more := len(out) == limit && len(from.Messages) > 0 && next != from.Messages[0].TS
	body := object{"ok": true, "messages": out, "has_more": more, "pin_count": 0}
	if more {
		body["response_metadata"] = object{"next_cursor": "before:" + next}
	}
	return ok(body)
}

func truth(word string) bool { return word == "true" || word == "1" }

// later compares two times of messages, as numbers.
func later(a, b string) int {
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	switch {
	case x > y:
		return 1
	case x < y:
		return -1
	}
	return 0
}

func (s *Slack) test(*call) reply {
	return ok(object{
		"ok": true, "url": s.o.site("https://acme.slack.com") + "/", "team": "Acme", "user": "switchyard", "team_id": "T0000000001", "user_id": SlackBotUser, "bot_id": slackBot,
	})
}

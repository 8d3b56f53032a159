package provider

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// AddChannel adds a channel; the bot is in it where member says so.
func (s *Slack) AddChannel(id, name string, member bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels = append(s.channels, &Channel{ID: id, Name: name, Member: member})
}

// AddMessage adds somebody's message to a channel, and returns its time.
func (s *Slack) AddMessage(channel, user, text string, metadata json.RawMessage) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.now().UnixMicro(), s.last+1)
	m := Message{TS: fmt.Sprintf("%d.%06d", s.last/1e6, s.last%1e6), User: user, Text: text, Metadata: metadata}
	to := s.channel(channel)
	to.Messages = append(to.Messages, m)
	return m.TS
}

// Messages are those of a channel that have a text, in what people read or in
// the metadata, oldest first.
func (s *Slack) Messages(channel, having string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	if from := s.channel(channel); from != nil {
		for _, m := range from.Messages {
			if strings.Contains(m.Text, having) || strings.Contains(string(m.Metadata), having) || strings.Contains(string(m.Blocks), having) {
				out = append(out, m)
			}
		}
	}
	return out
}

// Objects are what Slack has, for people.
func (s *Slack) Objects() []Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Object
	for _, one := range s.channels {
		o := Object{Ref: "slack:channel:" + one.ID, Kind: "channel", Title: "#" + one.Name, Anchor: one.ID}
		for _, m := range one.Messages {
			by := m.User
			if by == SlackBotUser {
				by = "Switchyard"
			}
			seconds, _, _ := strings.Cut(m.TS, ".")
			at, _ := strconv.ParseInt(seconds, 10, 64)
			o.Parts = append(o.Parts, Object{Kind: "message", Text: m.Text, Anchor: "p" + strings.ReplaceAll(m.TS, ".", ""), Facts: facts("by", by, "at", stamp(time.Unix(at, 0)), "metadata", string(m.Metadata))})
		}
		out = append(out, o)
	}
	return out
}

package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

const (
	// pageSize is the most that Jira lists at once by default.
	pageSize = 100
	// mostComments bounds how far back a comment of ours is looked for.
	mostComments = 5000
)

type comment struct {
	ID     string          `json:"id"`
	Author *person         `json:"author"`
	Body   json.RawMessage `json:"body"`
	// Properties are nil where the list doesn't have them.
	Properties []struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	} `json:"properties"`
}

// ours finds the one comment by this account that has the marker, the newest
// first. Whoever pastes one makes no comment of ours.
func (s *Site) ours(ctx context.Context, client *http.Client, is issue, me, effectKey string) (*comment, error) {
	for start := 0; start < mostComments; {
		query := url.Values{
			"orderBy": {"-created"}, "maxResults": {strconv.Itoa(pageSize)}, "startAt": {strconv.Itoa(start)},
			// Jira adds the properties, though its description names only renderedBody:
			// without them each comment of ours is asked for its own.
			"expand": {"properties"},
		}
		var page struct {
			Comments []comment `json:"comments"`
			Total    int       `json:"total"`
		}
		if err := get(ctx, client, is.url+"/comment?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		if page.Comments == nil {
			return nil, action.Unsure("Jira doesn't say which comments %s has", is.key)
		}
		for i := range page.Comments {
			c := &page.Comments[i]
			if c.Author.id() != me {
				continue
			}
			key, err := s.marked(ctx, client, c)
			if err != nil {
				return nil, err
			}
			if key == effectKey {
				return c, nil
			}
		}
		start += len(page.Comments)
		if len(page.Comments) == 0 || start >= page.Total {
			return nil, nil
		}
	}
	return nil, action.Unsure("%s has more than %d comments", is.key, mostComments)
}

// marked is the effect_key of a comment, "" if it has none.
func (s *Site) marked(ctx context.Context, client *http.Client, c *comment) (string, error) {
	var ours marker
	if c.Properties != nil {
		for _, p := range c.Properties {
			if p.Key == propertyKey {
				_ = json.Unmarshal(p.Value, &ours) // another shape is not ours
			}
		}
		return ours.EffectKey, nil
	}
	var p struct {
		Value json.RawMessage `json:"value"`
	}
	err := get(ctx, client, s.api("")+"/comment/"+url.PathEscape(c.ID)+"/properties/"+propertyKey, &p)
	if action.Status(err) == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_ = json.Unmarshal(p.Value, &ours) // another shape is not ours
	return ours.EffectKey, nil
}

// says tells whether a comment's body is the text, whatever else Jira keeps
// with the document's nodes.
func (c *comment) says(want any) bool {
	raw, err := json.Marshal(want)
	if err != nil {
		return false
	}
	return words(c.Body) == words(raw)
}

// words is the text of a body: of a document its blocks, or plain text.
func words(body json.RawMessage) string {
	var text string
	if json.Unmarshal(body, &text) == nil {
		return string(bytes.ReplaceAll([]byte(text), []byte("\r\n"), []byte("\n")))
	}
	var doc node
	if json.Unmarshal(body, &doc) != nil {
		return ""
	}
	return doc.words()
}

// node is a node of a document, as far as text needs it.
type node struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Content []node `json:"content"`
}

func (n node) words() string {
	switch n.Type {
	case "text":
		return n.Text
	case "hardBreak":
		return "\n"
	}
	parts := make([]string, len(n.Content))
	for i, child := range n.Content {
		parts[i] = child.words()
	}
	if n.Type == "doc" {
		return strings.Join(parts, "\n\n")
	}
	return strings.Join(parts, "")
}

package jira

import (
	"encoding/json"
	"strings"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// document is text as Jira sends it: a string (API v2, Data Center) or an
// Atlassian Document Format tree (API v3), read as plain text with its links.
type document string

// UnmarshalJSON never fails: what is neither a string nor a tree is empty.
func (d *document) UnmarshalJSON(b []byte) error {
	*d = ""
	if len(b) == 0 {
		return nil
	}
	switch b[0] {
	case '"':
		var s string
		if json.Unmarshal(b, &s) == nil {
			*d = document(s)
		}
	case '{':
		// A member of another type than expected is left out, the rest is read.
		var root node
		_ = json.Unmarshal(b, &root)
		var out strings.Builder
		root.write(&out)
		*d = document(strings.TrimRight(out.String(), "\n"))
	}
	return nil
}

// node is one node of a document.
// Source: developer.atlassian.com, "Atlassian Document Format".
type node struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Content []node `json:"content"`
	Marks   []struct {
		Type  string `json:"type"`
		Attrs struct {
			Href string `json:"href"`
		} `json:"attrs"`
	} `json:"marks"`
	Attrs struct {
		URL  string `json:"url"`
		Text string `json:"text"`
	} `json:"attrs"`
}

// write appends the node's text; it stops soon after what an event keeps.
func (n *node) write(out *strings.Builder) {
	if out.Len() > source.MaxText {
		return
	}
	out.WriteString(n.Text)
	for _, m := range n.Marks {
		if m.Type == "link" && m.Attrs.Href != "" && m.Attrs.Href != n.Text {
			out.WriteString(" (" + m.Attrs.Href + ")")
		}
	}
	switch n.Type {
	case "hardBreak":
		out.WriteByte('\n')
	case "inlineCard", "blockCard", "embedCard":
		out.WriteString(n.Attrs.URL)
	case "mention", "emoji", "status":
		out.WriteString(n.Attrs.Text)
	}
	for i := range n.Content {
		n.Content[i].write(out)
	}
	switch n.Type {
	case "paragraph", "heading", "codeBlock", "blockCard", "embedCard", "rule", "tableCell", "tableHeader":
		out.WriteByte('\n')
	}
}

package jira

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

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
		var out page
		root.write(&out)
		*d = document(strings.TrimRight(out.String(), "\n"))
	}
	return nil
}

// node is one node of a document.
// Source: developer.atlassian.com, "Atlassian Document Format".
type node struct {
	Type    string     `json:"type"`
	Text    string     `json:"text"`
	Content []node     `json:"content"`
	Marks   []mark     `json:"marks"`
	Attrs   attributes `json:"attrs"`
}

type mark struct {
	Type  string `json:"type"`
	Attrs struct {
		Href string `json:"href"`
	} `json:"attrs"`
}

// attributes are those of all types of nodes.
type attributes struct {
	// Of a card, and of media from elsewhere.
	URL string `json:"url"`
	// Of a card without a URL: JSON-LD.
	Data struct {
		URL string `json:"url"`
	} `json:"data"`
	// Of a mention, an emoji, a status, a placeholder, and what an app shows
	// where its extension can't be.
	Text string `json:"text"`
	// Of an emoji without a text.
	ShortName string `json:"shortName"`
	// Of media.
	Alt string `json:"alt"`
	// Of an expandable section.
	Title string `json:"title"`
	// Of a date.
	Timestamp dateMillis `json:"timestamp"`
}

// dateMillis is a date's milliseconds since 1970, which the format has as a string.
type dateMillis struct{ source.Millis }

// UnmarshalJSON never fails.
func (d *dateMillis) UnmarshalJSON(b []byte) error {
	return d.Millis.UnmarshalJSON(bytes.Trim(b, `"`))
}

// page is what is written of a document.
type page struct {
	strings.Builder
	// What was written last is an address, and must stay apart from what follows.
	address bool
}

func (p *page) add(text string, address bool) {
	if text == "" {
		return
	}
	if (p.address || address) && p.Len() > 0 && !strings.HasSuffix(p.String(), "\n") && text[0] != ' ' && text[0] != '\n' {
		p.WriteByte(' ')
	}
	p.WriteString(text)
	p.address = address
}

// endLine ends a line that has been begun.
func (p *page) endLine() {
	if p.Len() > 0 && !strings.HasSuffix(p.String(), "\n") {
		p.add("\n", false)
	}
}

// write appends the node's text; it stops soon after what an event keeps.
func (n *node) write(out *page) {
	if out.Len() > source.MaxText {
		return
	}
	out.add(n.Text, false)
	n.writeAttributes(out)
	for i := range n.Content {
		n.Content[i].write(out)
	}
	for _, m := range n.Marks {
		if m.Type == "link" && m.Attrs.Href != "" && m.Attrs.Href != n.Text {
			out.add(" ("+m.Attrs.Href+")", false)
		}
	}
	if n.block() {
		out.endLine()
	}
}

// writeAttributes writes the text of a node that has it in its attributes.
func (n *node) writeAttributes(out *page) {
	a := n.Attrs
	switch n.Type {
	case "hardBreak":
		out.add("\n", false)
	case "inlineCard", "blockCard", "embedCard":
		if a.URL == "" {
			a.URL = a.Data.URL
		}
		out.add(a.URL, true)
	case "emoji":
		if a.Text == "" {
			a.Text = a.ShortName
		}
		out.add(a.Text, false)
	case "mention", "status", "placeholder", "extension", "bodiedExtension", "inlineExtension":
		out.add(a.Text, false)
	case "media", "mediaInline":
		out.add(a.Alt, false)
		out.add(a.URL, true)
	case "date":
		if !a.Timestamp.IsZero() {
			out.add(a.Timestamp.Format(time.DateOnly), false)
		}
	case "expand", "nestedExpand":
		out.add(a.Title, false)
		out.endLine()
	}
}

// block tells whether the node ends a line. Types that don't stand here hold
// such nodes, or are inline.
func (n *node) block() bool {
	switch n.Type {
	case "paragraph", "heading", "codeBlock", "blockCard", "embedCard", "rule", "caption", "media",
		"listItem", "taskItem", "decisionItem", "tableCell", "tableHeader", "tableRow", "extension", "bodiedExtension":
		return true
	}
	return false
}

package provider

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func (n *Notion) listBlocks(c *call) reply {
	p, bad := n.pageAt(c)
	if bad != nil {
		return *bad
	}
	return listed(n, c, "block", p.Blocks, func(b Block) string { return b.ID }, func(b Block) any { return n.blockOf(p, b) })
}

func (n *Notion) pageAt(c *call) (*Page, *reply) {
	id, bad := n.in(c, "block_id")
	if bad != nil {
		return nil, bad
	}
	p := n.page(id)
	if p == nil {
		return nil, new(n.missing("block", id))
	}
	return p, nil
}

// appendBlocks puts blocks at the end, the start, or after one.
func (n *Notion) appendBlocks(c *call) reply {
	p, bad := n.pageAt(c)
	if bad != nil {
		return *bad
	}
	var in struct {
		Children []json.RawMessage `json:"children"`
		Position struct {
			Type       string              `json:"type"`
			AfterBlock struct{ ID string } `json:"after_block"`
		} `json:"position"`
	}
	if err := c.decode(&in); err != nil {
		return n.failure(http.StatusBadRequest, "Error parsing JSON body.")
	}
	if p.InTrash {
		return n.invalid("Can't edit block that is archived. You must unarchive the block before editing.")
	}
	made, bad := n.blocks(c, in.Children)
	if bad != nil {
		return *bad
	}
	at := len(p.Blocks)
	switch in.Position.Type {
	case "start":
		at = 0
	case "after_block":
		id, _ := dashed(in.Position.AfterBlock.ID)
		at = slices.IndexFunc(p.Blocks, func(b Block) bool { return b.ID == id }) + 1
		if at == 0 {
			return n.missing("block", in.Position.AfterBlock.ID)
		}
	}
	p.Blocks, p.Edited = slices.Insert(p.Blocks, at, made...), c.now
	n.changed(c, "blocks appended", "notion:page:"+strings.ReplaceAll(p.ID, "-", ""), p.ID)
	results := []any{}
	for _, b := range made {
		results = append(results, n.blockOf(p, b))
	}
	return ok(object{"object": "list", "results": results, "next_cursor": nil, "has_more": false, "type": "block", "block": object{}})
}

func (n *Notion) blocks(c *call, children []json.RawMessage) ([]Block, *reply) {
	if len(children) > 100 {
		return nil, new(n.invalid("body failed validation: body.children.length should be ≤ `100`, instead was `%d`.", len(children)))
	}
	var out []Block
	for _, raw := range children {
		var in map[string]json.RawMessage
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, new(n.invalid("body failed validation: body.children should be blocks."))
		}
		b := Block{ID: n.id(), created: c.now}
		for kind, inner := range in {
			var content struct {
				RichText json.RawMessage `json:"rich_text"`
			}
			if kind == "type" || kind == "object" || json.Unmarshal(inner, &content) != nil || content.RichText == nil {
				continue
			}
			text, bad := n.rich(content.RichText)
			if bad != nil {
				return nil, bad
			}
			b.Type, b.Text, b.raw = kind, text, content.RichText
		}
		if b.Type == "" {
			return nil, new(n.invalid("body failed validation: this fake knows blocks with a rich_text only."))
		}
		out = append(out, b)
	}
	return out, nil
}

func (n *Notion) listNotes(c *call) reply {
	id, good := dashed(c.URL.Query().Get("block_id"))
	p := n.page(id)
	if !good || p == nil {
		return n.missing("block", c.URL.Query().Get("block_id"))
	}
	return listed(n, c, "comment", p.Notes, func(one Note) string { return one.ID }, func(one Note) any { return n.noteOf(p, one) })
}

func (n *Notion) createNote(c *call) reply {
	var in struct {
		Parent struct {
			PageID string `json:"page_id"`
		} `json:"parent"`
		DiscussionID string          `json:"discussion_id"`
		RichText     json.RawMessage `json:"rich_text"`
	}
	if err := c.decode(&in); err != nil {
		return n.failure(http.StatusBadRequest, "Error parsing JSON body.")
	}
	p := n.page(in.Parent.PageID)
	discussion := ""
	if in.DiscussionID != "" {
		p, discussion = n.discussion(in.DiscussionID)
	}
	if p == nil {
		return n.missing("page", in.Parent.PageID+in.DiscussionID)
	}
	text, bad := n.rich(in.RichText)
	if bad != nil {
		return *bad
	}
	if text == "" {
		return n.invalid("body failed validation: body.rich_text should be not empty.")
	}
	if discussion == "" {
		discussion = n.id()
	}
	one := Note{ID: n.id(), Discussion: discussion, Author: c.who, Text: text, rich: in.RichText, Created: c.now}
	p.Notes = append(p.Notes, one)
	n.changed(c, "comment created", "notion:page:"+strings.ReplaceAll(p.ID, "-", ""), one.ID)
	return ok(n.noteOf(p, one))
}

func (n *Notion) discussion(id string) (*Page, string) {
	id, _ = dashed(id)
	for _, p := range n.pages {
		if slices.ContainsFunc(p.Notes, func(one Note) bool { return one.Discussion == id }) {
			return p, id
		}
	}
	return nil, ""
}

package provider

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// mostText is the length of a text in a rich text, in characters.
//
// Source: https://developers.notion.com/reference/request-limits
const mostText = 2000

type pageInput struct {
	Parent struct {
		Type         string `json:"type"`
		DataSourceID string `json:"data_source_id"`
		DatabaseID   string `json:"database_id"`
		PageID       string `json:"page_id"`
	} `json:"parent"`
	Properties map[string]json.RawMessage `json:"properties"`
	Children   []json.RawMessage          `json:"children"`
	InTrash    *bool                      `json:"in_trash"`
	IsLocked   *bool                      `json:"is_locked"`
}

func (n *Notion) createPage(c *call) reply {
	var in pageInput
	if err := c.decode(&in); err != nil {
		return n.failure(http.StatusBadRequest, "Error parsing JSON body.")
	}
	id := in.Parent.DataSourceID + in.Parent.DatabaseID + in.Parent.PageID
	parent, _ := dashed(id)
	var p *Page
	switch s := n.sourceOf(parent); {
	case s != nil && in.Parent.PageID == "":
		p = n.blank(s)
	case in.Parent.PageID != "" && n.page(parent) != nil:
		p = &Page{ID: n.id(), Parent: parent, Properties: map[string]Value{"title": {Type: "title"}}}
	default:
		return n.missing(strings.TrimSuffix(in.Parent.Type, "_id"), id)
	}
	p.Created, p.CreatedBy = c.now, c.who
	if bad := n.edit(c, p, in); bad != nil {
		return *bad
	}
	blocks, bad := n.blocks(c, in.Children)
	if bad != nil {
		return *bad
	}
	p.Blocks = blocks
	n.pages = append(n.pages, p)
	n.changed(c, "page created", "notion:page:"+strings.ReplaceAll(p.ID, "-", ""), p.ID)
	return ok(n.pageOf(p))
}

// sourceOf finds a data source by its id, or by its database's.
func (n *Notion) sourceOf(id string) *dataSource {
	for _, s := range n.sources {
		if s.id == id || s.database == id {
			return s
		}
	}
	return nil
}

func (n *Notion) getPage(c *call) reply {
	id, bad := n.in(c, "page_id")
	if bad != nil {
		return *bad
	}
	p := n.page(id)
	if p == nil {
		return n.missing("page", id)
	}
	return ok(n.pageOf(p))
}

func (n *Notion) updatePage(c *call) reply {
	id, bad := n.in(c, "page_id")
	if bad != nil {
		return *bad
	}
	p := n.page(id)
	if p == nil {
		return n.missing("page", id)
	}
	var in pageInput
	if err := c.decode(&in); err != nil {
		return n.failure(http.StatusBadRequest, "Error parsing JSON body.")
	}
	if p.InTrash && (in.InTrash == nil || *in.InTrash) {
		return n.invalid("Can't edit block that is archived. You must unarchive the block before editing.")
	}
	if bad := n.edit(c, p, in); bad != nil {
		return *bad
	}
	n.changed(c, edited(in), "notion:page:"+strings.ReplaceAll(p.ID, "-", ""), p.ID)
	return ok(n.pageOf(p))
}

// edited names what an edit is of: an assignee beside a status is another effect.
func edited(in pageInput) string {
	what := "page edited"
	if names := slices.Sorted(maps.Keys(in.Properties)); len(names) > 0 {
		what += ": " + strings.Join(names, ", ")
	}
	return what
}

// edit reads all values before it changes any.
func (n *Notion) edit(c *call, p *Page, in pageInput) *reply {
	values := map[string]Value{}
	for key, raw := range in.Properties {
		name, v, bad := n.value(p, key, raw)
		if bad != nil {
			return bad
		}
		values[name] = v
	}
	maps.Copy(p.Properties, values)
	if in.InTrash != nil {
		p.InTrash = *in.InTrash
	}
	if in.IsLocked != nil {
		p.Locked = *in.IsLocked
	}
	p.Edited = c.now
	return nil
}

// value reads the value of a property, named by its name or its id.
func (n *Notion) value(p *Page, key string, raw json.RawMessage) (string, Value, *reply) {
	name := key
	var col column
	if s := n.source(p.Parent); p.InSource {
		for one, has := range s.columns {
			if one == key || has.id == key {
				name, col = one, has
			}
		}
	} else if key == "title" {
		col = column{id: "title", kind: "title"}
	}
	if col.kind == "" {
		return "", Value{}, new(n.invalid("%s is not a property that exists.", key))
	}
	var in map[string]json.RawMessage
	if err := json.Unmarshal(raw, &in); err != nil || in[col.kind] == nil {
		return "", Value{}, new(n.invalid("%s is expected to be %s.", key, col.kind))
	}
	v := Value{Type: col.kind}
	inner := in[col.kind]
	switch col.kind {
	case "title", "rich_text":
		text, bad := n.rich(inner)
		v.Text = text
		return name, v, bad
	case "status", "select":
		var chosen *struct{ Name, ID string }
		if err := json.Unmarshal(inner, &chosen); err != nil {
			return "", Value{}, new(n.invalid("%s is expected to be %s.", key, col.kind))
		}
		if chosen == nil {
			return name, v, nil
		}
		// A select makes the options that it lacks; a status doesn't.
		if col.kind == "status" && !slices.Contains(col.options, chosen.Name) {
			return "", Value{}, new(n.invalid("Invalid status option. Status option %q does not exist.", chosen.Name))
		}
		v.Option = chosen.Name
	case "people":
		var people []struct{ ID string }
		if err := json.Unmarshal(inner, &people); err != nil {
			return "", Value{}, new(n.invalid("%s is expected to be people.", key))
		}
		for _, one := range people {
			id, _ := dashed(one.ID)
			if !slices.Contains(n.users, id) {
				return "", Value{}, new(n.missing("user", one.ID))
			}
			v.People = append(v.People, id)
		}
	default:
		v.Raw = inner
	}
	return name, v, nil
}

// rich is the plain text of a rich text.
func (n *Notion) rich(raw json.RawMessage) (string, *reply) {
	var parts []struct {
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return "", new(n.invalid("body failed validation: rich_text should be an array."))
	}
	var b strings.Builder
	for i, one := range parts {
		if length := len([]rune(one.Text.Content)); length > mostText {
			return "", new(n.invalid("body failed validation: body.rich_text[%d].text.content.length should be ≤ `%d`, instead was `%d`.", i, mostText, length))
		}
		b.WriteString(one.Text.Content)
	}
	if len(parts) > 100 {
		return "", new(n.invalid("body failed validation: body.rich_text.length should be ≤ `100`, instead was `%d`.", len(parts)))
	}
	return b.String(), nil
}

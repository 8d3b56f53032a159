package provider

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func notionTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:00.000Z") }

func (n *Notion) someone(id string) object { return object{"object": "user", "id": id} }

// text is a rich text without formatting.
func richOf(plain string) []object {
	if plain == "" {
		return []object{}
	}
	return []object{richPart(plain)}
}

func richPart(plain string) object {
	return object{
		"type": "text", "text": object{"content": plain, "link": nil}, "plain_text": plain, "href": nil,
		"annotations": object{"bold": false, "italic": false, "strikethrough": false, "underline": false, "code": false, "color": "default"},
	}
}

// richAs is a rich text as it was given, part by part.
func richAs(raw json.RawMessage) []object {
	var parts []struct {
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	_ = json.Unmarshal(raw, &parts) // it was read once already
	out := []object{}
	for _, one := range parts {
		out = append(out, richPart(one.Text.Content))
	}
	return out
}

func (n *Notion) address(id string) string {
	return n.o.site("https://www.notion.so") + "/" + strings.ReplaceAll(id, "-", "")
}

func (n *Notion) parentOf(p *Page) object {
	if s := n.source(p.Parent); s != nil {
		return object{"type": "data_source_id", "data_source_id": s.id, "database_id": s.database}
	}
	return object{"type": "page_id", "page_id": p.Parent}
}

func (n *Notion) pageOf(p *Page) object {
	properties := object{}
	for name, v := range p.Properties {
		properties[name] = n.valueOf(p, name, v)
	}
	return object{
		"object": "page", "id": p.ID, "created_time": notionTime(p.Created), "last_edited_time": notionTime(p.Edited), "in_trash": p.InTrash, "is_locked": p.Locked,
		"url": n.address(p.ID), "public_url": nil, "parent": n.parentOf(p), "properties": properties, "icon": nil, "cover": nil,
		"created_by": n.someone(p.CreatedBy), "last_edited_by": n.someone(p.CreatedBy),
	}
}

func (n *Notion) valueOf(p *Page, name string, v Value) object {
	id := "title"
	if s := n.source(p.Parent); s != nil {
		id = s.columns[name].id
	}
	out := object{"id": id, "type": v.Type}
	switch v.Type {
	case "title", "rich_text":
		out[v.Type] = richOf(v.Text)
	case "status", "select":
		out[v.Type] = nil
		if v.Option != "" {
			out[v.Type] = optionOf(v.Option)
		}
	case "people":
		people := []object{}
		for _, one := range v.People {
			people = append(people, n.someone(one))
		}
		out[v.Type] = people
	default:
		out[v.Type] = v.Raw
		if v.Raw == nil {
			out[v.Type] = nil
		}
	}
	return out
}

func optionOf(name string) object {
	return object{"id": fmt.Sprintf("%08x", number(name)), "name": name, "color": "default"}
}

func (n *Notion) blockOf(p *Page, b Block) object {
	return object{
		"object": "block", "id": b.ID, "parent": object{"type": "page_id", "page_id": p.ID}, "type": b.Type, "created_time": notionTime(b.created),
		"last_edited_time": notionTime(b.created), "created_by": n.someone(NotionBot), "last_edited_by": n.someone(NotionBot), "has_children": false, "in_trash": false,
		b.Type: object{"rich_text": richAs(b.raw), "color": "default", "icon": nil},
	}
}

func (n *Notion) noteOf(p *Page, one Note) object {
	return object{
		"object": "comment", "id": one.ID, "parent": object{"type": "page_id", "page_id": p.ID}, "discussion_id": one.Discussion,
		"created_time": notionTime(one.Created), "last_edited_time": notionTime(one.Created), "created_by": n.someone(one.Author), "rich_text": richAs(one.rich),
		"display_name": object{"type": "integration", "resolved_name": "Switchyard"},
	}
}

func (n *Notion) getDatabase(c *call) reply {
	id, bad := n.in(c, "database_id")
	if bad != nil {
		return *bad
	}
	s := n.sourceOf(id)
	if s == nil || s.database != id {
		return n.missing("database", id)
	}
	out := n.about("database", s.database, s)
	out["is_locked"], out["data_sources"], out["parent"] = false, []object{{"id": s.id, "name": s.name}}, object{"type": "workspace", "workspace": true}
	return ok(out)
}

func (n *Notion) about(kind, id string, s *dataSource) object {
	at := notionTime(seeded())
	return object{
		"object": kind, "id": id, "title": richOf(s.name), "description": []object{}, "is_inline": false, "in_trash": false, "created_time": at, "last_edited_time": at,
		"icon": nil, "cover": nil, "url": n.address(id), "public_url": nil,
	}
}

func (n *Notion) getDataSource(c *call) reply {
	id, bad := n.in(c, "data_source_id")
	if bad != nil {
		return *bad
	}
	s := n.source(id)
	if s == nil {
		return n.missing("data_source", id)
	}
	out := n.about("data_source", s.id, s)
	out["created_by"], out["last_edited_by"] = n.someone(NotionPerson), n.someone(NotionPerson)
	out["parent"], out["database_parent"] = object{"type": "database_id", "database_id": s.database}, object{"type": "workspace", "workspace": true}
	columns := object{}
	for name, col := range s.columns {
		columns[name] = columnOf(name, col)
	}
	out["properties"] = columns
	return ok(out)
}

func columnOf(name string, col column) object {
	inner := object{}
	if col.options != nil {
		options, ids := []object{}, []string{}
		for _, one := range col.options {
			option := optionOf(one)
			option["description"] = nil
			options, ids = append(options, option), append(ids, option["id"].(string))
		}
		inner["options"] = options
		if col.kind == "status" {
			inner["groups"] = []object{{"id": "all", "name": "All", "color": "default", "option_ids": ids}}
		}
	}
	return object{"id": col.id, "name": name, "description": nil, "type": col.kind, col.kind: inner}
}

// queryDataSource knows no filter: it says so, rather than answer another question.
func (n *Notion) queryDataSource(c *call) reply {
	id, bad := n.in(c, "data_source_id")
	if bad != nil {
		return *bad
	}
	s := n.source(id)
	if s == nil {
		return n.missing("data_source", id)
	}
	var in map[string]json.RawMessage
	if err := c.decode(&in); err != nil {
		return n.failure(400, "Error parsing JSON body.")
	}
	if unknown := slices.DeleteFunc(slices.Sorted(maps.Keys(in)), func(k string) bool { return k == "page_size" || k == "start_cursor" }); len(unknown) > 0 {
		return n.invalid("this fake does not know %s", strings.Join(unknown, ", "))
	}
	found := []*Page{}
	for _, p := range slices.Backward(n.pages) {
		if p.Parent == id && !p.InTrash {
			found = append(found, p)
		}
	}
	return listed(n, c, "page_or_data_source", found, func(p *Page) string { return p.ID }, func(p *Page) any { return n.pageOf(p) })
}

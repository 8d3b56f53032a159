package provider

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Page is a page of Notion's.
type Page struct {
	ID string
	// Parent is the data source's id, or a page's.
	Parent     string
	InSource   bool
	Properties map[string]Value
	Blocks     []Block
	Notes      []Note
	InTrash    bool
	Locked     bool
	Created    time.Time
	Edited     time.Time
	CreatedBy  string
}

// Value is a property's value. Of the types title and rich_text it has Text, of
// status and select Option, of people People; others have their JSON.
type Value struct {
	Type   string
	Text   string
	Option string
	People []string
	Raw    json.RawMessage
}

// Block is a block on a page.
type Block struct {
	ID, Type, Text string
	raw            json.RawMessage // what it was made of
	created        time.Time
}

// Note is a comment on a page.
type Note struct {
	ID, Discussion, Author, Text string
	rich                         json.RawMessage
	Created                      time.Time
}

// column is a property of a data source.
type column struct {
	id, kind string
	options  []string
}

type dataSource struct {
	id, database, name string
	columns            map[string]column
}

func (n *Notion) seed() {
	at := seeded()
	n.sources = []*dataSource{{id: NotionDataSource, database: NotionDatabase, name: "Tasks", columns: map[string]column{
		"Name":     {id: "title", kind: "title"},
		"Status":   {id: "XGe%40", kind: "status", options: []string{"Not started", "In progress", "In review", "Done"}},
		"Assignee": {id: "a%3Bcd", kind: "people"},
		"Priority": {id: "p%3Dri", kind: "select", options: []string{"Low", "High"}},
		"Notes":    {id: "nOtE", kind: "rich_text"},
		"Link":     {id: "uRl1", kind: "url"},
	}}}
	n.pages = []*Page{{
		ID: NotionPage, Parent: NotionDataSource, InSource: true, Created: at, Edited: at, CreatedBy: NotionPerson,
		Properties: map[string]Value{
			"Name": {Type: "title", Text: "Retry refused payments"}, "Status": {Type: "status", Option: "In progress"},
			"Assignee": {Type: "people", People: []string{NotionPerson}}, "Priority": {Type: "select"}, "Notes": {Type: "rich_text"}, "Link": {Type: "url"},
		},
	}}
}

// AddPage puts a page into the data source that the fake has, and returns its id.
func (n *Notion) AddPage(title, status string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.blank(n.sources[0])
	p.Properties["Name"], p.Properties["Status"] = Value{Type: "title", Text: title}, Value{Type: "status", Option: status}
	p.Created, p.Edited, p.CreatedBy = n.now(), n.now(), NotionPerson
	n.pages = append(n.pages, p)
	return p.ID
}

// AddUser makes a person known, to whom tasks can be assigned.
func (n *Notion) AddUser(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.users = append(n.users, id)
}

// Set gives a page's property another value, as somebody else would.
func (n *Notion) Set(page, property string, v Value) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.page(page)
	v.Type = p.Properties[property].Type
	p.Properties[property], p.Edited = v, n.now()
}

// blank is a page of a data source with all its properties, empty.
func (n *Notion) blank(s *dataSource) *Page {
	p := &Page{ID: n.id(), Parent: s.id, InSource: true, Properties: map[string]Value{}}
	for name, c := range s.columns {
		p.Properties[name] = Value{Type: c.kind}
	}
	if status, found := s.columns["Status"]; found {
		p.Properties["Status"] = Value{Type: "status", Option: status.options[0]}
	}
	return p
}

func (n *Notion) page(id string) *Page {
	id, _ = dashed(id)
	for _, p := range n.pages {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (n *Notion) source(id string) *dataSource {
	for _, s := range n.sources {
		if s.id == id {
			return s
		}
	}
	return nil
}

// Page is a page as it is now, by its id with or without dashes; nil for none.
func (n *Notion) Page(id string) *Page {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.page(id)
	if p == nil {
		return nil
	}
	return p.copy()
}

func (p *Page) copy() *Page {
	out := *p
	out.Properties, out.Blocks, out.Notes = maps.Clone(p.Properties), slices.Clone(p.Blocks), slices.Clone(p.Notes)
	return &out
}

// Pages are all, in the order in which they were made.
func (n *Notion) Pages() []Page {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []Page
	for _, p := range n.pages {
		out = append(out, *p.copy())
	}
	return out
}

// Title is the page's.
func (p *Page) Title() string {
	for _, v := range p.Properties {
		if v.Type == "title" {
			return v.Text
		}
	}
	return ""
}

func (v Value) String() string {
	return v.Text + v.Option + strings.Join(v.People, ", ") + strings.Trim(string(v.Raw), `"`)
}

// Objects are what Notion has, for people.
func (n *Notion) Objects() []Object {
	var out []Object
	for _, p := range n.Pages() {
		id := strings.ReplaceAll(p.ID, "-", "")
		one := Object{Ref: "notion:page:" + id, Kind: "page", Title: p.Title(), Anchor: id}
		for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
			switch v := p.Properties[name]; {
			case v.Type == "status":
				one.State = v.Option
			case v.Type != "title":
				one.Facts = append(one.Facts, facts(name, v.String())...)
			}
		}
		for _, b := range p.Blocks {
			one.Parts = append(one.Parts, Object{Kind: strings.ReplaceAll(b.Type, "_", " "), Text: b.Text})
		}
		for _, note := range p.Notes {
			by := note.Author
			if by == NotionBot {
				by = "Switchyard"
			}
			one.Parts = append(one.Parts, Object{Kind: "comment", Facts: facts("by", by, "at", stamp(note.Created)), Text: note.Text})
		}
		out = append(out, one)
	}
	return out
}

package notion

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// page is what is read of a page: nothing that people wrote on it, of the
// properties neither.
type page struct {
	ID             string              `json:"id"`
	CreatedTime    string              `json:"created_time"`
	LastEditedTime string              `json:"last_edited_time"`
	CreatedBy      user                `json:"created_by"`
	LastEditedBy   user                `json:"last_edited_by"`
	InTrash        bool                `json:"in_trash"`
	IsLocked       bool                `json:"is_locked"`
	Parent         parent              `json:"parent"`
	Properties     map[string]property `json:"properties"`
}

type user struct {
	ID string `json:"id"`
}

// parent is where a page hangs. A page of a data source also names its database.
type parent struct {
	Type         string `json:"type"`
	PageID       string `json:"page_id"`
	BlockID      string `json:"block_id"`
	DataSourceID string `json:"data_source_id"`
	DatabaseID   string `json:"database_id"`
}

// ref names the parent as events do.
func (p parent) ref() string {
	switch p.Type {
	case "data_source_id":
		return "notion:data_source:" + bare(p.DataSourceID)
	case "database_id":
		return "notion:database:" + bare(p.DatabaseID)
	case "page_id":
		return "notion:page:" + bare(p.PageID)
	case "block_id":
		return "notion:block:" + bare(p.BlockID)
	}
	return ""
}

// property is a page's value of the types that are asked about; of the others
// only the type is known.
type property struct {
	Type   string  `json:"type"`
	Status *option `json:"status"`
	Select *option `json:"select"`
	People []user  `json:"people"`
}

type option struct {
	Name string `json:"name"`
}

// chosen is the name of the option that a status or a select has, "" for none.
func (p property) chosen() string {
	switch {
	case p.Type == "status" && p.Status != nil:
		return p.Status.Name
	case p.Type == "select" && p.Select != nil:
		return p.Select.Name
	}
	return ""
}

// named is the property of that name, if it is of one of the types. The error is
// for people and names those that are.
func (p page) named(name string, types ...string) (property, error) {
	if found, ok := p.Properties[name]; ok && slices.Contains(types, found.Type) {
		return found, nil
	}
	fit := p.ofType(types...)
	if len(fit) == 0 {
		return property{}, fmt.Errorf("the page has no property %q of type %s, nor any other of it", name, strings.Join(types, " or "))
	}
	return property{}, fmt.Errorf("the page has no property %q of type %s; it has %s", name, strings.Join(types, " or "), strings.Join(fit, ", "))
}

func (p page) ofType(types ...string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		if slices.Contains(types, p.Properties[name].Type) {
			names = append(names, name)
		}
	}
	return names
}

// usual is the property that is taken where none is named: the one of the usual
// name, or else the first by name of the first type that there is.
func (p page) usual(name string, types ...string) (property, bool) {
	if found, err := p.named(name, types...); err == nil {
		return found, true
	}
	for _, of := range types {
		if fit := p.ofType(of); len(fit) > 0 {
			return p.Properties[fit[0]], true
		}
	}
	return property{}, false
}

// observed is what the memory keeps of a page: ids, times and names of options.
// Titles and texts are other people's words and stay where they are. No status
// and no assignees are observed as such; a page without such a property says
// nothing about them.
func (p page) observed() map[string]string {
	out := map[string]string{
		"page.created_time":     p.CreatedTime,
		"page.created_by":       p.CreatedBy.ID,
		"page.last_edited_time": p.LastEditedTime,
		"page.last_edited_by":   p.LastEditedBy.ID,
		"page.in_trash":         fmt.Sprint(p.InTrash),
		"page.is_locked":        fmt.Sprint(p.IsLocked),
		"page.parent":           cmp.Or(p.Parent.ref(), p.Parent.Type),
	}
	if p.Parent.Type == "data_source_id" && p.Parent.DatabaseID != "" {
		out["page.database"] = "notion:database:" + bare(p.Parent.DatabaseID)
	}
	if status, ok := p.usual(statusName, "status", "select"); ok {
		out["page.status"] = status.chosen()
	}
	if people, ok := p.usual(assigneeName, "people"); ok {
		out["page.assignees"] = ids(people.People)
	}
	for name, value := range out {
		if out[name] = bounded(value); out[name] == "" && name != "page.status" && name != "page.assignees" {
			delete(out, name)
		}
	}
	return out
}

// ids are users' ids in a fixed order, as many as an observation holds.
func ids(users []user) string {
	var all []string
	for _, u := range users {
		all = append(all, u.ID)
	}
	slices.Sort(all)
	const width = len("00000000-0000-0000-0000-000000000000,")
	if most := valueLimit / width; len(all) > most {
		all = append(all[:most-1], fmt.Sprintf("and %d more", len(all)-most+1))
	}
	return strings.Join(all, ",")
}

// valueLimit is what a Result holds of one observation, in characters.
const valueLimit = 400

// bounded cuts a value to what an observation holds, without control characters.
func bounded(value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, value)
	if runes := []rune(value); len(runes) > valueLimit {
		return string(runes[:valueLimit])
	}
	return value
}

// dataSource is what is read of a data source: which properties its pages have.
type dataSource struct {
	Properties map[string]column `json:"properties"`
}

type column struct {
	Type   string `json:"type"`
	Select struct {
		Options []option `json:"options"`
	} `json:"select"`
}

// title is the name of the property that holds the title. Each data source has
// exactly one.
func (d dataSource) title() (string, error) {
	for _, name := range slices.Sorted(maps.Keys(d.Properties)) {
		if d.Properties[name].Type == "title" {
			return name, nil
		}
	}
	return "", fmt.Errorf("the data source shows no property of type title")
}

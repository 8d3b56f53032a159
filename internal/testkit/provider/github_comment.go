package provider

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

func (g *GitHub) listComments(c *call) reply {
	r, i := g.at(c)
	if i == nil {
		return g.notFound()
	}
	since, _ := time.Parse(time.RFC3339, c.URL.Query().Get("since"))
	found := []Comment{}
	for _, one := range i.Comments {
		if !one.Updated.Before(since) {
			found = append(found, one)
		}
	}
	return paged(c, found, func(one Comment) any { return g.commentOf(r, i, one) })
}

func (g *GitHub) createComment(c *call) reply {
	r, i := g.at(c)
	if i == nil {
		return g.notFound()
	}
	body, bad := g.commentBody(c)
	if bad != nil {
		return *bad
	}
	one := Comment{ID: g.id(), Author: c.who, Body: body, Created: c.now, Updated: c.now}
	i.Comments, i.Updated = append(i.Comments, one), c.now
	g.changed(c, "comment created", r.ref(i), strconv.FormatInt(one.ID, 10))
	return created(g.commentOf(r, i, one))
}

// updateComment edits a comment, which takes write access: the bots have it.
func (g *GitHub) updateComment(c *call) reply {
	r := g.in(c)
	id, err := strconv.ParseInt(c.PathValue("comment"), 10, 64)
	if r == nil || err != nil {
		return g.notFound()
	}
	for _, i := range r.issues {
		n := slices.IndexFunc(i.Comments, func(one Comment) bool { return one.ID == id })
		if n < 0 {
			continue
		}
		body, bad := g.commentBody(c)
		if bad != nil {
			return *bad
		}
		i.Comments[n].Body, i.Comments[n].Updated = body, c.now
		g.changed(c, "comment edited", r.ref(i), strconv.FormatInt(id, 10))
		return ok(g.commentOf(r, i, i.Comments[n]))
	}
	return g.notFound()
}

func (g *GitHub) commentBody(c *call) (string, *reply) {
	var in struct {
		Body string `json:"body"`
	}
	if err := c.decode(&in); err != nil {
		return "", new(g.failure(http.StatusBadRequest, "Problems parsing JSON"))
	}
	switch {
	case in.Body == "":
		return "", new(g.invalid("IssueComment", "body", "missing_field"))
	case len([]rune(in.Body)) > bodies:
		return "", new(g.invalid("IssueComment", "body", "unprocessable"))
	}
	return in.Body, nil
}

func (g *GitHub) listLabels(c *call) reply {
	r, i := g.at(c)
	if i == nil {
		return g.notFound()
	}
	return paged(c, i.Labels, func(name string) any { return labelOf(r, name) })
}

func (g *GitHub) addLabels(c *call) reply {
	r, i := g.at(c)
	if i == nil {
		return g.notFound()
	}
	names, err := named(c, "labels", "name")
	if err != nil {
		return g.failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	for _, name := range names {
		if name == "" || len([]rune(name)) > 50 {
			return g.invalid("Label", "name", "invalid")
		}
	}
	r.label(i, names)
	i.Updated = c.now
	g.changed(c, "labels added", r.ref(i), strconv.Itoa(i.Number))
	out := []any{}
	for _, name := range i.Labels {
		out = append(out, labelOf(r, name))
	}
	return ok(out)
}

func (g *GitHub) addAssignees(c *call) reply {
	r, i := g.at(c)
	if i == nil {
		return g.notFound()
	}
	logins, err := named(c, "assignees", "login")
	if err != nil {
		return g.failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	r.assign(i, logins)
	i.Updated = c.now
	g.changed(c, "assignees added", r.ref(i), strconv.Itoa(i.Number))
	return created(g.issueOf(r, i))
}

// named reads a list of names, each a string or an object that has it.
func named(c *call, list, field string) ([]string, error) {
	var in map[string][]json.RawMessage
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	out := []string{}
	for _, raw := range in[list] {
		var name string
		if err := json.Unmarshal(raw, &name); err == nil {
			out = append(out, name)
			continue
		}
		var one map[string]any
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, err
		}
		name, _ = one[field].(string)
		out = append(out, name)
	}
	return out, nil
}

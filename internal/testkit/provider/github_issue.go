package provider

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// titles is the length of a title that GitHub takes.
const titles = 256

// bodies is the length of a body that GitHub takes, in characters.
const bodies = 65536

// in finds the repository of a path.
func (g *GitHub) in(c *call) *repository {
	return g.repository(c.PathValue("owner") + "/" + c.PathValue("repo"))
}

// at finds the issue of a path; either may be nil.
func (g *GitHub) at(c *call) (*repository, *Issue) {
	r := g.in(c)
	number, err := strconv.Atoi(c.PathValue("number"))
	if r == nil || err != nil {
		return nil, nil
	}
	return r, r.issue(number)
}

func (g *GitHub) getRepository(c *call) reply {
	r := g.in(c)
	if r == nil {
		return g.notFound()
	}
	owner, name, _ := strings.Cut(r.name, "/")
	return ok(object{
		"id": r.id, "name": name, "full_name": r.name, "private": r.private, "owner": g.person(owner),
		"html_url": g.html(r.name), "url": "https://api.github.com/repos/" + r.name, "has_issues": true, "archived": false, "disabled": false,
	})
}

func (g *GitHub) getPermission(c *call) reply {
	r := g.in(c)
	if r == nil {
		return g.notFound()
	}
	permission, role := "none", ""
	if r.writes(c.PathValue("username")) {
		permission, role = "write", "write"
	}
	user := g.person(c.PathValue("username"))
	user["role_name"] = role
	return ok(object{"permission": permission, "role_name": role, "user": user})
}

func (g *GitHub) listIssues(c *call) reply {
	r := g.in(c)
	if r == nil {
		return g.notFound()
	}
	q := c.URL.Query()
	since, _ := time.Parse(time.RFC3339, q.Get("since"))
	state := q.Get("state")
	if state == "" {
		state = "open"
	}
	found := []*Issue{}
	for _, i := range r.issues {
		if state != "all" && i.State != state || q.Get("creator") != "" && !strings.EqualFold(i.Author, q.Get("creator")) || i.Updated.Before(since) {
			continue
		}
		if q.Get("assignee") != "" && !slices.Contains(i.Assignees, q.Get("assignee")) {
			continue
		}
		if all := q.Get("labels"); all != "" && slices.ContainsFunc(strings.Split(all, ","), func(l string) bool { return !slices.Contains(i.Labels, l) }) {
			continue
		}
		found = append(found, i)
	}
	sortIssues(found, q.Get("sort"), q.Get("direction"))
	return paged(c, found, func(i *Issue) any { return g.issueOf(r, i) })
}

func sortIssues(found []*Issue, by, direction string) {
	slices.SortStableFunc(found, func(a, b *Issue) int {
		order := a.Number - b.Number
		switch by {
		case "updated":
			order = a.Updated.Compare(b.Updated)
		case "comments":
			order = len(a.Comments) - len(b.Comments)
		}
		if direction != "asc" {
			order = -order
		}
		return order
	})
}

type issueInput struct {
	Title       *string  `json:"title"`
	Body        *string  `json:"body"`
	State       string   `json:"state"`
	StateReason string   `json:"state_reason"`
	Labels      []string `json:"labels"`
	Assignees   []string `json:"assignees"`
}

func (g *GitHub) createIssue(c *call) reply {
	r := g.in(c)
	if r == nil {
		return g.notFound()
	}
	var in issueInput
	if err := c.decode(&in); err != nil {
		return g.failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	if in.Title == nil || *in.Title == "" {
		return g.invalid("Issue", "title", "missing_field")
	}
	i := &Issue{Number: r.next(), ID: g.id(), State: "open", Author: c.who, Created: c.now}
	if bad := g.edit(c, r, i, in); bad != nil {
		return *bad
	}
	r.issues = append(r.issues, i)
	g.changed(c, "issue created", r.ref(i), strconv.Itoa(i.Number))
	return created(g.issueOf(r, i))
}

func (g *GitHub) getIssue(c *call) reply {
	r, i := g.at(c)
	if i == nil {
		return g.notFound()
	}
	return ok(g.issueOf(r, i))
}

func (g *GitHub) updateIssue(c *call) reply {
	r, i := g.at(c)
	if i == nil {
		return g.notFound()
	}
	var in issueInput
	if err := c.decode(&in); err != nil {
		return g.failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	was := i.State
	if bad := g.edit(c, r, i, in); bad != nil {
		return *bad
	}
	what := "issue edited"
	if i.State != was {
		what = "issue " + map[string]string{"open": "reopened", "closed": "closed"}[i.State]
	}
	g.changed(c, what, r.ref(i), strconv.Itoa(i.Number))
	return ok(g.issueOf(r, i))
}

// edit changes what the input has. Assignees without access are left out without a word.
//
// Source: https://docs.github.com/en/rest/issues/issues
func (g *GitHub) edit(c *call, r *repository, i *Issue, in issueInput) *reply {
	if in.Title != nil && len([]rune(*in.Title)) > titles {
		return new(g.invalid("Issue", "title", "invalid"))
	}
	if in.Body != nil && len([]rune(*in.Body)) > bodies {
		return new(g.invalid("Issue", "body", "invalid"))
	}
	i.Updated = c.now
	if in.Title != nil {
		i.Title = *in.Title
	}
	if in.Body != nil {
		i.Body = *in.Body
	}
	if in.Labels != nil {
		i.Labels = nil
		r.label(i, in.Labels)
	}
	if in.Assignees != nil {
		i.Assignees = nil
		r.assign(i, in.Assignees)
	}
	switch {
	case in.State == "closed" && i.State != "closed":
		i.State, i.Closed, i.StateReason = "closed", c.now, in.StateReason
		if i.StateReason == "" && !i.Pull {
			i.StateReason = "completed"
		}
	case in.State == "open" && i.State != "open":
		i.State, i.Closed, i.StateReason = "open", time.Time{}, "reopened"
	}
	return nil
}

// label adds labels, and makes those that the repository lacks, as GitHub does.
func (r *repository) label(i *Issue, names []string) {
	for _, name := range names {
		if !slices.Contains(r.labels, name) {
			r.labels = append(r.labels, name)
		}
		if !slices.Contains(i.Labels, name) {
			i.Labels = append(i.Labels, name)
		}
	}
}

func (r *repository) assign(i *Issue, logins []string) {
	for _, login := range logins {
		if r.writes(login) && !slices.Contains(i.Assignees, login) && len(i.Assignees) < 10 {
			i.Assignees = append(i.Assignees, login)
		}
	}
}

// paged is a page of a list with the Link header that leads to the others.
//
// Source: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
func paged[T any](c *call, all []T, shape func(T) any) reply {
	from, to, header := page(c, len(all))
	out := []any{}
	for _, one := range all[from:to] {
		out = append(out, shape(one))
	}
	return reply{status: http.StatusOK, header: header, body: out}
}

func page(c *call, total int) (from, to int, header http.Header) {
	q := c.URL.Query()
	size, err := strconv.Atoi(q.Get("per_page"))
	if err != nil || size < 1 {
		size = 30
	}
	size = min(size, 100)
	n, err := strconv.Atoi(q.Get("page"))
	if err != nil || n < 1 {
		n = 1
	}
	from = min((n-1)*size, total)
	to = min(from+size, total)
	last := max((total+size-1)/size, 1)
	var links []string
	link := func(rel string, number int) {
		q.Set("page", strconv.Itoa(number))
		links = append(links, fmt.Sprintf(`<http://%s%s?%s>; rel="%s"`, c.Host, c.URL.Path, q.Encode(), rel))
	}
	if n > 1 {
		link("prev", n-1)
		link("first", 1)
	}
	if n < last {
		link("next", n+1)
		link("last", last)
	}
	if links != nil {
		header = http.Header{"Link": {strings.Join(links, ", ")}}
	}
	return from, to, header
}

package provider

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (j *Jira) listLinks(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	wanted := c.URL.Query().Get("globalId")
	out := []object{}
	for _, l := range i.Links {
		one := object{
			"id": l.ID, "self": j.self("/issue/" + i.Key + "/remotelink/" + strconv.Itoa(l.ID)), "globalId": l.GlobalID, "relationship": l.Relation,
			"application": object{}, "object": object{"url": l.URL, "title": l.Title},
		}
		if wanted != "" && l.GlobalID == wanted {
			return ok(one)
		}
		out = append(out, one)
	}
	if wanted != "" {
		return j.failure(http.StatusNotFound, "A remote issue link with the given global ID '"+wanted+"' cannot be found.")
	}
	return ok(out)
}

// setLink changes the link with that globalId, or makes one.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-remote-links/
func (j *Jira) setLink(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	var in struct {
		GlobalID     string `json:"globalId"`
		Relationship string `json:"relationship"`
		Object       struct{ URL, Title string }
	}
	if err := c.decode(&in); err != nil {
		return j.failure(http.StatusBadRequest, "Unexpected character in the request's body")
	}
	if in.Object.URL == "" {
		return j.invalid("url", "'url' is required.")
	}
	if in.Object.Title == "" {
		return j.invalid("title", "'title' is required.")
	}
	link := RemoteLink{GlobalID: in.GlobalID, URL: in.Object.URL, Title: in.Object.Title, Relation: in.Relationship}
	n := slices.IndexFunc(i.Links, func(l RemoteLink) bool { return in.GlobalID != "" && l.GlobalID == in.GlobalID })
	status, what := http.StatusOK, "link edited"
	if n < 0 {
		link.ID, _ = strconv.Atoi(j.id())
		i.Links = append(i.Links, link)
		status, what = http.StatusCreated, "link created"
	} else {
		link.ID = i.Links[n].ID
		i.Links[n] = link
	}
	j.changed(c, what, "jira:issue:"+i.Key, strconv.Itoa(link.ID))
	return reply{status: status, body: object{"id": link.ID, "self": j.self("/issue/" + i.Key + "/remotelink/" + strconv.Itoa(link.ID))}}
}

// Lag keeps what is younger than d out of searches: Jira's index is behind.
func (j *Jira) Lag(d time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lag = d
}

// search knows conditions on project, labels, status, key and reporter, joined by AND.
func (j *Jira) search(c *call) reply {
	var in struct {
		JQL                string
		Fields, Properties []string
		MaxResults         int
	}
	q := c.URL.Query()
	in.JQL, in.Fields, in.Properties = q.Get("jql"), strings.Split(q.Get("fields"), ","), q["properties"]
	in.MaxResults, _ = strconv.Atoi(q.Get("maxResults"))
	if c.Method == http.MethodPost {
		if err := c.decode(&in); err != nil {
			return j.failure(http.StatusBadRequest, "Unexpected character in the request's body")
		}
	}
	conditions, _, _ := strings.Cut(in.JQL, " ORDER BY ")
	if strings.TrimSpace(conditions) == "" {
		return j.failure(http.StatusBadRequest, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
	}
	found := []any{}
	for _, p := range j.project {
		for _, i := range slices.Backward(p.issues) {
			good, known := i.meets(j, p, conditions)
			if !known {
				return j.failure(http.StatusBadRequest, "Error in the JQL Query: this fake does not know all of: "+conditions)
			}
			if good && c.now.Sub(i.Created) >= j.lag && (in.MaxResults < 1 || len(found) < in.MaxResults) {
				found = append(found, j.issueOf(i, strings.Join(in.Fields, ","), strings.Join(in.Properties, ",")))
			}
		}
	}
	if j.o.DataCenter {
		return ok(object{"startAt": 0, "maxResults": in.MaxResults, "total": len(found), "issues": found})
	}
	return ok(object{"issues": found, "isLast": true})
}

func (i *JiraIssue) meets(j *Jira, p *project, conditions string) (good, known bool) {
	good = true
	for one := range strings.SplitSeq(conditions, " AND ") {
		field, value, found := strings.Cut(one, "=")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		if !found {
			return false, false
		}
		switch strings.ToLower(strings.TrimSpace(field)) {
		case "project":
			good = good && (p.key == value || p.id == value)
		case "labels":
			good = good && slices.Contains(i.Labels, value)
		case "status":
			good = good && i.Status == value
		case "key", "issuekey":
			good = good && i.Key == value
		case "reporter", "creator":
			good = good && (i.Reporter == value || value == "currentUser()" && i.Reporter == j.me())
		default:
			return false, false
		}
	}
	return good, true
}

package provider

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Jira fakes Jira Cloud's REST API v3, or Data Center's v2, for issues, their
// workflow, comments with properties, and remote links. It has the project ACME
// with ACME-7, which is in review.
type Jira struct {
	server
	o       Options
	base    string // "/rest/api/3"
	users   []User
	project []*project
	nextID  int
	lag     time.Duration // of searches
}

// JiraBot is the account that the token belongs to, and its name on Data Center.
const (
	JiraBot     = "712020:00000000-0000-4000-8000-000000000009"
	JiraBotName = "switchyard-bot"
)

// NewJira makes a Jira.
func NewJira(o Options) *Jira {
	j := &Jira{o: o, base: "/rest/api/3", nextID: 20000}
	if o.DataCenter {
		j.base = "/rest/api/2"
	}
	j.now = o.clock()
	// There is no description of Data Center's API; v3's is Cloud's alone.
	if !o.DataCenter {
		j.check = o.Check
	}
	j.inspect, j.authorize, j.fail = j.headers, j.admit, j.failure
	j.seed()
	j.serve(j.operations())
	return j
}

func (j *Jira) operations() []operation {
	issue := j.base + "/issue/{key}"
	property := j.base + "/comment/{comment}/properties"
	search := "/search/jql"
	if j.o.DataCenter {
		search = "/search"
	}
	return []operation{
		{pattern: "GET " + j.base + "/myself", query: []string{"expand"}, act: j.getMyself},
		{pattern: "GET " + j.base + "/user/search", query: []string{"query", "username", "accountId", "startAt", "maxResults", "property"}, act: j.findUsers},
		{pattern: "POST " + j.base + "/issue", query: []string{"updateHistory"}, act: j.createIssue},
		{pattern: "GET " + issue, query: []string{"fields", "fieldsByKeys", "expand", "properties", "updateHistory", "failFast"}, act: j.getIssue},
		{pattern: "PUT " + issue, query: []string{"notifyUsers", "overrideScreenSecurity", "overrideEditableFlag", "returnIssue", "expand"}, act: j.updateIssue},
		{pattern: "PUT " + issue + "/assignee", act: j.assign},
		{pattern: "GET " + issue + "/comment", query: []string{"startAt", "maxResults", "orderBy", "expand"}, act: j.listComments},
		{pattern: "POST " + issue + "/comment", query: []string{"expand"}, act: j.createComment},
		{pattern: "PUT " + issue + "/comment/{comment}", query: []string{"notifyUsers", "overrideEditableFlag", "expand"}, act: j.updateComment},
		{pattern: "GET " + property, act: j.listProperties},
		{pattern: "GET " + property + "/{name}", act: j.getProperty},
		{pattern: "PUT " + property + "/{name}", act: j.setProperty},
		{pattern: "GET " + issue + "/transitions", query: []string{"expand", "transitionId", "skipRemoteOnlyCondition", "includeUnavailableTransitions", "sortByOpsBarAndStatus"}, act: j.listTransitions},
		{pattern: "POST " + issue + "/transitions", act: j.transition},
		{pattern: "GET " + issue + "/remotelink", query: []string{"globalId"}, act: j.listLinks},
		{pattern: "POST " + issue + "/remotelink", act: j.setLink},
		{pattern: "GET " + j.base + search, query: []string{"jql", "nextPageToken", "startAt", "maxResults", "fields", "expand", "properties", "fieldsByKeys", "failFast", "reconcileIssues"}, act: j.search},
		{pattern: "POST " + j.base + search, act: j.search},
	}
}

// ServeHTTP serves the API, also behind the prefix that OAuth's tokens want, and
// leads people from an issue's address to where the fake is shown.
func (j *Jira) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, found := strings.CutPrefix(r.URL.Path, "/ex/jira/"); found {
		_, path, _ := strings.Cut(rest, "/")
		moved := r.Clone(r.Context())
		moved.URL = &url.URL{Path: "/" + path, RawQuery: r.URL.RawQuery}
		r = moved
	}
	if key, found := strings.CutPrefix(r.URL.Path, "/browse/"); found && j.o.Site != "" {
		http.Redirect(w, r, j.o.Site+"/browse/"+url.PathEscape(key)+"#"+url.PathEscape(key), http.StatusFound)
		return
	}
	j.server.ServeHTTP(w, r)
}

func (j *Jira) headers(r *http.Request) string {
	if accept := r.Header.Get("Accept"); !strings.HasPrefix(accept, "application/json") {
		return "Accept: " + accept + ", want application/json"
	}
	return contentType(r)
}

// admit wants an API token with its owner's address, or a bearer's token.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
func (j *Jira) admit(c *call) *reply {
	good := j.o.Token != "" && c.bearer() == j.o.Token
	if j.o.Email != "" {
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte(j.o.Email+":"+j.o.Token))
		good = j.o.Token != "" && c.Header.Get("Authorization") == want
	}
	if !good {
		answer := j.failure(http.StatusUnauthorized, "Client must be authenticated to access this resource.")
		answer.header = http.Header{"Www-Authenticate": {"Basic realm=\"protected-area\""}}
		return &answer
	}
	c.who = j.me()
	return nil
}

// failure is Jira's ErrorCollection.
func (j *Jira) failure(status int, message string) reply {
	return reply{status: status, body: object{"errorMessages": []string{message}, "errors": object{}}}
}

// invalid is a 400 about one field.
func (j *Jira) invalid(field, message string) reply {
	return reply{status: http.StatusBadRequest, body: object{"errorMessages": []string{}, "errors": object{field: message}}}
}

func (j *Jira) noIssue() reply {
	return j.failure(http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
}

func (j *Jira) id() string {
	j.nextID++
	return strconv.Itoa(j.nextID)
}

// user finds one by account or name.
func (j *Jira) user(id string) *User {
	n := slices.IndexFunc(j.users, func(u User) bool { return u.AccountID == id && !j.o.DataCenter || u.Name == id && j.o.DataCenter })
	if n < 0 {
		return nil
	}
	return &j.users[n]
}

// at finds the issue of a path, by key or id.
func (j *Jira) at(c *call) *JiraIssue { return j.find(c.PathValue("key")) }

func (j *Jira) find(key string) *JiraIssue {
	for _, p := range j.project {
		for _, i := range p.issues {
			if strings.EqualFold(i.Key, key) || i.ID == key {
				return i
			}
		}
	}
	return nil
}

package provider

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func (j *Jira) getMyself(*call) reply {
	id := JiraBot
	if j.o.DataCenter {
		id = JiraBotName
	}
	return ok(j.userOf(id))
}

func (j *Jira) findUsers(c *call) reply {
	q := c.URL.Query()
	out := []any{}
	for _, u := range j.users {
		if all := q.Get("query") + q.Get("username"); q.Get("accountId") == u.AccountID || all != "" && strings.Contains(u.Display, all) {
			out = append(out, j.userOf(j.key(u)))
		}
	}
	return ok(out)
}

// key is what this Jira knows a user by.
func (j *Jira) key(u User) string {
	if j.o.DataCenter {
		return u.Name
	}
	return u.AccountID
}

func (j *Jira) userOf(id string) any {
	u := j.user(id)
	if u == nil {
		return nil
	}
	out := object{"displayName": u.Display, "active": true, "timeZone": "Etc/UTC", "self": j.self("/user?accountId=" + u.AccountID)}
	if j.o.DataCenter {
		out["name"], out["key"], out["self"] = u.Name, u.Name, j.self("/user?username="+u.Name)
		return out
	}
	out["accountId"], out["accountType"] = u.AccountID, "atlassian"
	return out
}

func (j *Jira) self(path string) string {
	return "https://acme.atlassian.net" + j.base + path
}

type jiraFields struct {
	Project   *struct{ ID, Key string }  `json:"project"`
	IssueType *struct{ ID, Name string } `json:"issuetype"`
	Summary   *string                    `json:"summary"`
	// Description is an ADF document, on Data Center a string.
	Description json.RawMessage                       `json:"description"`
	Labels      []string                              `json:"labels"`
	Assignee    *struct{ AccountID, ID, Name string } `json:"assignee"`
}

type jiraInput struct {
	Fields     jiraFields `json:"fields"`
	Properties []property `json:"properties"`
}

type property struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

func (j *Jira) createIssue(c *call) reply {
	var in jiraInput
	if err := c.decode(&in); err != nil {
		return j.failure(http.StatusBadRequest, "Unexpected character in the request's body")
	}
	var p *project
	for _, one := range j.project {
		if in.Fields.Project != nil && (one.key == in.Fields.Project.Key || one.id == in.Fields.Project.ID) {
			p = one
		}
	}
	switch {
	case p == nil:
		return j.invalid("project", "valid project is required")
	case in.Fields.IssueType == nil || !slices.Contains(p.types, in.Fields.IssueType.Name):
		return j.invalid("issuetype", "Specify a valid issue type")
	case in.Fields.Summary == nil || *in.Fields.Summary == "":
		return j.invalid("summary", "You must specify a summary of the issue.")
	}
	p.last++
	i := &JiraIssue{
		ID: j.id(), Key: fmt.Sprintf("%s-%d", p.key, p.last), Type: in.Fields.IssueType.Name, Status: p.workflow[0].from,
		Reporter: c.who, Created: c.now, Properties: map[string]json.RawMessage{},
	}
	if bad := j.edit(c, i, in); bad != nil {
		p.last--
		return *bad
	}
	p.issues = append(p.issues, i)
	j.changed(c, "issue created", "jira:issue:"+i.Key, i.Key)
	return created(object{"id": i.ID, "key": i.Key, "self": j.self("/issue/" + i.ID)})
}

func (j *Jira) updateIssue(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	var in jiraInput
	if err := c.decode(&in); err != nil {
		return j.failure(http.StatusBadRequest, "Unexpected character in the request's body")
	}
	if bad := j.edit(c, i, in); bad != nil {
		return *bad
	}
	j.changed(c, "issue edited", "jira:issue:"+i.Key, i.Key)
	return reply{status: http.StatusNoContent}
}

// edit checks all before it changes anything, as Jira does.
func (j *Jira) edit(c *call, i *JiraIssue, in jiraInput) *reply {
	f := in.Fields
	who := ""
	if f.Assignee != nil {
		who = f.Assignee.AccountID + f.Assignee.ID
		if j.o.DataCenter {
			who = f.Assignee.Name
		}
		if j.user(who) == nil {
			return new(j.invalid("assignee", "User '"+who+"' does not exist."))
		}
	}
	if f.Summary != nil && (len([]rune(*f.Summary)) > 255 || strings.ContainsAny(*f.Summary, "\r\n")) {
		return new(j.invalid("summary", "The summary is invalid because it contains newline characters or is longer than 255."))
	}
	if f.Description != nil && !j.readable(f.Description) {
		return new(j.invalid("description", "Operation value must be an Atlassian Document (see the Atlassian Document Format)"))
	}
	for _, label := range f.Labels {
		if strings.Contains(label, " ") {
			return new(j.invalid("labels", "The label '"+label+"' contains spaces which is invalid."))
		}
	}
	set(&i.Summary, f.Summary)
	if f.Description != nil {
		i.Description = f.Description
	}
	if f.Labels != nil {
		i.Labels = f.Labels
	}
	if f.Assignee != nil {
		i.Assignee = who
	}
	for _, p := range in.Properties {
		i.Properties[p.Key] = p.Value
	}
	i.Updated = c.now
	return nil
}

// readable says whether a text has the form that this Jira takes.
func (j *Jira) readable(text json.RawMessage) bool {
	var plain string
	var doc struct {
		Type    string
		Version int
		Content []any
	}
	if j.o.DataCenter {
		return json.Unmarshal(text, &plain) == nil
	}
	return json.Unmarshal(text, &doc) == nil && doc.Type == "doc" && doc.Version == 1 && doc.Content != nil
}

func (j *Jira) getIssue(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	return ok(j.issueOf(i, c.URL.Query().Get("fields"), c.URL.Query().Get("properties")))
}

// issueOf has all fields where none are named.
func (j *Jira) issueOf(i *JiraIssue, named, properties string) object {
	fields := object{
		"summary": i.Summary, "description": i.Description, "labels": i.Labels, "status": j.statusOf(i.Status),
		"issuetype": object{"id": "10001", "name": i.Type, "subtask": false, "self": j.self("/issuetype/10001")},
		"project":   object{"id": "10000", "key": strings.Split(i.Key, "-")[0], "self": j.self("/project/10000")},
		"assignee":  j.userOf(i.Assignee), "reporter": j.userOf(i.Reporter), "creator": j.userOf(i.Reporter),
		"created": jiraTime(i.Created), "updated": jiraTime(i.Updated),
	}
	if i.Labels == nil {
		fields["labels"] = []string{}
	}
	if i.Description == nil {
		fields["description"] = nil
	}
	if named != "" && named != "*all" && named != "*navigable" {
		wanted := strings.Split(named, ",")
		for name := range fields {
			if !slices.Contains(wanted, name) {
				delete(fields, name)
			}
		}
	}
	out := object{"id": i.ID, "key": i.Key, "self": j.self("/issue/" + i.ID), "fields": fields}
	if properties != "" {
		shown := object{}
		for name, value := range i.Properties {
			if properties == "*all" || slices.Contains(strings.Split(properties, ","), name) {
				shown[name] = value
			}
		}
		out["properties"] = shown
	}
	return out
}

// assign takes null for nobody.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
func (j *Jira) assign(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	var in struct{ AccountID, Name *string }
	if err := c.decode(&in); err != nil {
		return j.failure(http.StatusBadRequest, "Unexpected character in the request's body")
	}
	who := in.AccountID
	if j.o.DataCenter {
		who = in.Name
	}
	if who != nil && *who != "" && j.user(*who) == nil {
		return j.invalid("assignee", "User '"+*who+"' cannot be assigned issues.")
	}
	i.Assignee, i.Updated = "", c.now
	set(&i.Assignee, who)
	j.changed(c, "issue assigned", "jira:issue:"+i.Key, i.Key)
	return reply{status: http.StatusNoContent}
}

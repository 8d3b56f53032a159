package provider

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (j *Jira) listComments(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	q := c.URL.Query()
	all := slices.Clone(i.Comments)
	if strings.HasPrefix(q.Get("orderBy"), "-") {
		slices.Reverse(all)
	}
	start, _ := strconv.Atoi(q.Get("startAt"))
	size, err := strconv.Atoi(q.Get("maxResults"))
	if err != nil || size < 0 {
		size = 100
	}
	size = min(size, 100)
	from := min(max(start, 0), len(all))
	out := []any{}
	for _, one := range all[from:min(from+size, len(all))] {
		out = append(out, j.commentOf(i, one, q.Get("expand")))
	}
	return ok(object{"startAt": from, "maxResults": size, "total": len(all), "comments": out})
}

// commentOf has the comment's properties where they are asked for with
// expand=properties, as Jira does.
func (j *Jira) commentOf(i *JiraIssue, one JiraComment, expand string) object {
	out := object{
		"id": one.ID, "self": j.self("/issue/" + i.ID + "/comment/" + one.ID), "body": one.Body, "author": j.userOf(one.Author), "updateAuthor": j.userOf(one.Author),
		"created": jiraTime(one.Created), "updated": jiraTime(one.Updated), "jsdPublic": true,
	}
	if j.o.DataCenter {
		delete(out, "jsdPublic")
	}
	if strings.Contains(expand, "properties") {
		shown := []object{}
		for key, value := range one.Properties {
			shown = append(shown, object{"key": key, "value": value})
		}
		out["properties"] = shown
	}
	return out
}

type commentInput struct {
	Body       json.RawMessage `json:"body"`
	Properties []property      `json:"properties"`
}

func (j *Jira) createComment(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	in, bad := j.commentInput(c)
	if bad != nil {
		return *bad
	}
	one := JiraComment{ID: j.id(), Author: j.me(), Body: in.Body, Text: plain(in.Body), Properties: map[string]json.RawMessage{}, Created: c.now, Updated: c.now}
	for _, p := range in.Properties {
		one.Properties[p.Key] = p.Value
	}
	i.Comments, i.Updated = append(i.Comments, one), c.now
	j.changed(c, "comment created", "jira:issue:"+i.Key, one.ID)
	return created(j.commentOf(i, one, c.URL.Query().Get("expand")))
}

func (j *Jira) me() string {
	if j.o.DataCenter {
		return JiraBotName
	}
	return JiraBot
}

func (j *Jira) updateComment(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	n := slices.IndexFunc(i.Comments, func(one JiraComment) bool { return one.ID == c.PathValue("comment") })
	if n < 0 {
		return j.failure(http.StatusNotFound, "Can not find a comment for the id: "+c.PathValue("comment")+".")
	}
	in, bad := j.commentInput(c)
	if bad != nil {
		return *bad
	}
	one := &i.Comments[n]
	if one.Author != j.me() {
		return j.failure(http.StatusBadRequest, "You do not have the permission to edit this comment.")
	}
	one.Body, one.Text, one.Updated = in.Body, plain(in.Body), c.now
	for _, p := range in.Properties {
		one.Properties[p.Key] = p.Value
	}
	j.changed(c, "comment edited", "jira:issue:"+i.Key, one.ID)
	return ok(j.commentOf(i, *one, c.URL.Query().Get("expand")))
}

func (j *Jira) commentInput(c *call) (commentInput, *reply) {
	var in commentInput
	if err := c.decode(&in); err != nil {
		return in, new(j.failure(http.StatusBadRequest, "Unexpected character in the request's body"))
	}
	switch {
	case in.Body == nil || string(in.Body) == `""`:
		return in, new(j.invalid("comment", "Comment body can not be empty!"))
	case !j.readable(in.Body):
		return in, new(j.invalid("comment", "Comment body is not valid!"))
	case len(plain(in.Body)) > 32767:
		return in, new(j.invalid("comment", "The entered text is too long. It exceeds the allowed limit of 32,767 characters."))
	}
	return in, nil
}

// comment finds one wherever it is.
func (j *Jira) comment(id string) (*JiraIssue, *JiraComment) {
	for _, p := range j.project {
		for _, i := range p.issues {
			for n := range i.Comments {
				if i.Comments[n].ID == id {
					return i, &i.Comments[n]
				}
			}
		}
	}
	return nil, nil
}

func (j *Jira) listProperties(c *call) reply {
	_, one := j.comment(c.PathValue("comment"))
	if one == nil {
		return j.failure(http.StatusNotFound, "Can not find a comment for the id: "+c.PathValue("comment")+".")
	}
	keys := []object{}
	for key := range one.Properties {
		keys = append(keys, object{"key": key, "self": j.self("/comment/" + one.ID + "/properties/" + key)})
	}
	return ok(object{"keys": keys})
}

func (j *Jira) getProperty(c *call) reply {
	_, one := j.comment(c.PathValue("comment"))
	if one == nil {
		return j.failure(http.StatusNotFound, "Can not find a comment for the id: "+c.PathValue("comment")+".")
	}
	value, found := one.Properties[c.PathValue("name")]
	if !found {
		return j.failure(http.StatusNotFound, "The property with key '"+c.PathValue("name")+"' does not exist.")
	}
	return ok(object{"key": c.PathValue("name"), "value": value})
}

func (j *Jira) setProperty(c *call) reply {
	i, one := j.comment(c.PathValue("comment"))
	if one == nil {
		return j.failure(http.StatusNotFound, "Can not find a comment for the id: "+c.PathValue("comment")+".")
	}
	if !json.Valid(c.body) || len(c.body) > 32768 {
		return j.failure(http.StatusBadRequest, "The value of the property has to be valid JSON of at most 32768 bytes.")
	}
	_, had := one.Properties[c.PathValue("name")]
	if one.Properties == nil {
		one.Properties = map[string]json.RawMessage{}
	}
	one.Properties[c.PathValue("name")] = json.RawMessage(c.body)
	j.changed(c, "comment's property set", "jira:issue:"+i.Key, one.ID)
	if had {
		return ok(object{})
	}
	return created(object{})
}

// plain is what people read of a text: of an ADF document a line for each block.
func plain(text json.RawMessage) string {
	var word string
	if json.Unmarshal(text, &word) == nil {
		return word
	}
	type node struct {
		Type    string
		Text    string
		Content []node
	}
	var doc node
	if json.Unmarshal(text, &doc) != nil {
		return ""
	}
	var b strings.Builder
	var read func(node)
	read = func(n node) {
		b.WriteString(n.Text)
		if n.Type == "hardBreak" {
			b.WriteString("\n")
		}
		for _, one := range n.Content {
			read(one)
		}
		if n.Type == "paragraph" || n.Type == "heading" || n.Type == "codeBlock" {
			b.WriteString("\n")
		}
	}
	read(doc)
	return strings.TrimSpace(b.String())
}

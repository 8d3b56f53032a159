package provider

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// User is somebody at Jira: an account on Cloud, a name on Data Center.
type User struct{ AccountID, Name, Display string }

type project struct {
	key, id, name string
	types         []string
	workflow      []step
	issues        []*JiraIssue
	last          int
}

// step is a transition that is there for issues in from; "" is any status.
type step struct{ id, name, from, to string }

// JiraIssue is an issue.
type JiraIssue struct {
	ID, Key, Type    string
	Summary          string
	Description      json.RawMessage // an ADF document, on Data Center a string
	Status           string
	Assignee         string // an account's id, on Data Center a name
	Reporter         string
	Labels           []string
	Comments         []JiraComment
	Links            []RemoteLink
	Properties       map[string]json.RawMessage
	Transitions      int // how often it was moved
	Created, Updated time.Time
}

// JiraComment is a comment with the properties that people don't see.
type JiraComment struct {
	ID, Author       string
	Body             json.RawMessage // an ADF document, on Data Center a string
	Text             string          // what people read of it
	Properties       map[string]json.RawMessage
	Created, Updated time.Time
}

// RemoteLink is a link from an issue to something elsewhere.
type RemoteLink struct {
	ID                             int
	GlobalID, URL, Title, Relation string
}

func (j *Jira) seed() {
	j.users = []User{
		{"712020:00000000-0000-4000-8000-000000000001", "dev-one", "dev-one"},
		{"712020:00000000-0000-4000-8000-000000000002", "dev-two", "dev-two"},
		{JiraBot, JiraBotName, "Switchyard"},
	}
	p := &project{key: "ACME", id: "10000", name: "Acme", types: []string{"Story", "Bug", "Task", "Incident"}, last: 100, workflow: usual()}
	at := seeded()
	issue := &JiraIssue{
		ID: "10007", Key: "ACME-7", Type: "Story", Summary: "Retry refused payments", Status: "In Review", Reporter: j.users[1].AccountID,
		Assignee: j.users[0].AccountID, Labels: []string{"payments"}, Created: at, Updated: at,
		Description: j.text("Try a refused payment again once."),
	}
	if j.o.DataCenter {
		issue.Reporter, issue.Assignee = "dev-two", "dev-one"
	}
	p.issues = []*JiraIssue{issue}
	j.project = []*project{p}
}

// usual is a workflow in which an issue in review can be done, and one that is
// not started can't.
func usual() []step {
	return []step{
		{"11", "Start", "To Do", "In Progress"}, {"21", "Ask for review", "In Progress", "In Review"}, {"31", "Back to work", "In Review", "In Progress"},
		{"41", "Done", "In Review", "Done"}, {"51", "Reopen", "Done", "In Progress"},
	}
}

// text is plain text as this Jira has it.
func (j *Jira) text(plain string) json.RawMessage {
	var value any = plain
	if !j.o.DataCenter {
		value = object{"type": "doc", "version": 1, "content": []object{{"type": "paragraph", "content": []object{{"type": "text", "text": plain}}}}}
	}
	out, _ := json.Marshal(value) // strings and maps of them always can be
	return out
}

// AddProject adds a project with the usual workflow.
func (j *Jira) AddProject(key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.project = append(j.project, &project{key: key, id: j.id(), name: key, types: []string{"Story", "Bug", "Task"}, workflow: usual()})
}

// AddIssue adds an issue to a project by its key, in a status.
func (j *Jira) AddIssue(key, status string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	name, _, _ := strings.Cut(key, "-")
	for _, p := range j.project {
		if p.key == name {
			now := j.now()
			p.issues = append(p.issues, &JiraIssue{ID: j.id(), Key: key, Type: "Task", Summary: key, Status: status, Created: now, Updated: now})
		}
	}
}

// AddUser adds somebody to whom issues can be assigned.
func (j *Jira) AddUser(u User) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.users = append(j.users, u)
}

// AddComment adds somebody's comment with properties, and returns its id.
func (j *Jira) AddComment(key, author, text string, properties map[string]json.RawMessage) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := j.find(key)
	id := j.id()
	i.Comments = append(i.Comments, JiraComment{ID: id, Author: author, Body: j.text(text), Text: text, Properties: properties, Created: j.now(), Updated: j.now()})
	return id
}

// Move puts an issue into a status, as somebody else would.
func (j *Jira) Move(key, status string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := j.find(key)
	i.Status, i.Updated = status, j.now()
}

// Issue is an issue as it is now; nil for none.
func (j *Jira) Issue(key string) *JiraIssue {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := j.find(key)
	if i == nil {
		return nil
	}
	return i.copy()
}

func (i *JiraIssue) copy() *JiraIssue {
	out := *i
	out.Labels, out.Comments, out.Links = slices.Clone(i.Labels), slices.Clone(i.Comments), slices.Clone(i.Links)
	out.Properties = maps.Clone(i.Properties)
	for n := range out.Comments {
		out.Comments[n].Properties = maps.Clone(i.Comments[n].Properties)
	}
	return &out
}

// Issues are all of a project, in the order in which they were made.
func (j *Jira) Issues(key string) []JiraIssue {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []JiraIssue
	for _, p := range j.project {
		if p.key != key {
			continue
		}
		for _, i := range p.issues {
			out = append(out, *i.copy())
		}
	}
	return out
}

// Comments are those of an issue that have a text, in their body or in a property.
func (j *Jira) Comments(key, having string) []JiraComment {
	i := j.Issue(key)
	if i == nil {
		return nil
	}
	return slices.DeleteFunc(i.Comments, func(c JiraComment) bool {
		for _, value := range c.Properties {
			if strings.Contains(string(value), having) {
				return false
			}
		}
		return !strings.Contains(string(c.Body), having)
	})
}

// Objects are what Jira has, for people.
func (j *Jira) Objects() []Object {
	j.mu.Lock()
	keys := make([]string, 0, len(j.project))
	for _, p := range j.project {
		keys = append(keys, p.key)
	}
	j.mu.Unlock()
	var out []Object
	for _, key := range keys {
		for _, i := range j.Issues(key) {
			out = append(out, j.show(i))
		}
	}
	return out
}

func (j *Jira) show(i JiraIssue) Object {
	out := Object{
		Ref: "jira:issue:" + i.Key, Kind: strings.ToLower(i.Type), Title: i.Summary, State: i.Status, Text: plain(i.Description), Anchor: i.Key,
		Facts: facts("assigned to", j.display(i.Assignee), "labels", strings.Join(i.Labels, ", ")),
	}
	for _, l := range i.Links {
		out.Parts = append(out.Parts, Object{Kind: "link", Title: l.Title, Facts: facts("to", l.URL, "global id", l.GlobalID)})
	}
	for _, c := range i.Comments {
		part := Object{Kind: "comment", Facts: facts("by", j.display(c.Author), "at", stamp(c.Updated)), Text: c.Text, Anchor: "comment-" + c.ID}
		for _, name := range slices.Sorted(maps.Keys(c.Properties)) {
			part.Facts = append(part.Facts, Fact{"property " + name, string(c.Properties[name])})
		}
		out.Parts = append(out.Parts, part)
	}
	return out
}

func (j *Jira) display(id string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if u := j.user(id); u != nil {
		return u.Display
	}
	return id
}

package provider

import (
	"net/http"
	"strings"
	"time"
)

// jiraTime is how Jira writes times.
func jiraTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }

func (j *Jira) workflow(i *JiraIssue) []step {
	name, _, _ := strings.Cut(i.Key, "-")
	for _, p := range j.project {
		if p.key == name {
			return p.workflow
		}
	}
	return nil
}

func (j *Jira) statusOf(name string) object {
	key, color, id := "indeterminate", "yellow", 4
	switch name {
	case "To Do":
		key, color, id = "new", "blue-gray", 2
	case "Done":
		key, color, id = "done", "green", 3
	}
	return object{
		"id": "1000" + string(rune('0'+id)), "name": name, "self": j.self("/status/" + name), "description": "",
		"statusCategory": object{"id": id, "key": key, "colorName": color, "name": name, "self": j.self("/statuscategory")},
	}
}

// listTransitions has those that lead on from where the issue is.
func (j *Jira) listTransitions(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	out := []any{}
	for _, s := range j.workflow(i) {
		if s.from != "" && s.from != i.Status || c.URL.Query().Get("transitionId") != "" && c.URL.Query().Get("transitionId") != s.id {
			continue
		}
		out = append(out, object{
			"id": s.id, "name": s.name, "to": j.statusOf(s.to), "hasScreen": false, "isAvailable": true, "isConditional": false, "isGlobal": s.from == "", "isInitial": false,
		})
	}
	return ok(object{"expand": "transitions", "transitions": out})
}

func (j *Jira) transition(c *call) reply {
	i := j.at(c)
	if i == nil {
		return j.noIssue()
	}
	var in struct {
		Transition struct{ ID string } `json:"transition"`
	}
	if err := c.decode(&in); err != nil {
		return j.failure(http.StatusBadRequest, "Unexpected character in the request's body")
	}
	for _, s := range j.workflow(i) {
		if s.id == in.Transition.ID && (s.from == "" || s.from == i.Status) {
			i.Status, i.Updated = s.to, c.now
			i.Transitions++
			j.changed(c, "issue moved to "+s.to, "jira:issue:"+i.Key, i.Key)
			return reply{status: http.StatusNoContent}
		}
	}
	return j.failure(http.StatusBadRequest, "It seems that you have tried to perform a workflow operation ("+in.Transition.ID+") that is not valid for the current state of this issue ("+i.Key+"). The likely cause is that somebody has changed the issue recently, please look at the issue history for details.")
}

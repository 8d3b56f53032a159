package example

import (
	"embed"
	"fmt"
	"strings"
)

// Example is a webhook's body with what names it.
type Example struct {
	Source string
	// Name is unique within the source: "pull_request.merged".
	Name string
	// Event is what GitHub sends beside the body; the others name it in the body.
	Event string
	// About says in a few words what happened.
	About string
	// Remembered: no built-in rule acts on it, so that the answer's status is ignored.
	Remembered bool
	// Body is the same bytes each time: sent again, it is the same delivery.
	Body []byte
}

//go:embed github/*.json jira/*.json notion/*.json
var bodies embed.FS

// All returns every example, in the order in which `send --all` sends them.
func All() []Example {
	all := []Example{
		{Source: "github", Name: "pull_request.merged", Event: "pull_request", About: "acme/api#42, whose title names ACME-7, was merged"},
		{Source: "jira", Name: "issue.status_changed", About: "ACME-7, whose description links acme/api#42, went to In Review"},
		{Source: "notion", Name: "page.updated", About: "properties of a page were edited"},
		{Source: "github", Name: "push", Event: "push", About: "main moved to the merge of acme/api#42", Remembered: true},
		{Source: "github", Name: "deployment.succeeded", Event: "deployment_status", About: "that commit was deployed to production", Remembered: true},
		{Source: "jira", Name: "incident.created", About: "ACME-8 says what that broke, half an hour later", Remembered: true},
		{Source: "jira", Name: "incident.closed", About: "ACME-8 was closed", Remembered: true},
	}
	for i, e := range all {
		body, err := bodies.ReadFile(e.Source + "/" + e.Name + ".json")
		if err != nil {
			panic(fmt.Sprintf("example %s %s has no body: %v", e.Source, e.Name, err))
		}
		all[i].Body = body
	}
	return all
}

// Find returns the example of a source with a name; an error lists what there is.
func Find(source, name string) (Example, error) {
	var known []string
	for _, e := range All() {
		if e.Source == source && e.Name == name {
			return e, nil
		}
		known = append(known, "  "+e.Source+" "+e.Name)
	}
	return Example{}, fmt.Errorf("no example %s %s; there are\n%s", source, name, strings.Join(known, "\n"))
}

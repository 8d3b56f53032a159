package jira

import (
	"net/url"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// The structs name only what an event is made of.
// Source of the shapes: developer.atlassian.com, Jira Cloud platform, "Webhooks":
// an entity has the shape that the REST API gives it.

type payload struct {
	Timestamp     source.Millis `json:"timestamp"`
	WebhookEvent  string        `json:"webhookEvent"`
	TypeName      string        `json:"issue_event_type_name"`
	User          *user         `json:"user"`
	Issue         *issue        `json:"issue"`
	Comment       *comment      `json:"comment"`
	Changelog     changelog     `json:"changelog"`
	Project       *project      `json:"project"`
	Worklog       *worklog      `json:"worklog"`
	Attachment    *object       `json:"attachment"`
	IssueLink     *issueLink    `json:"issueLink"`
	Version       *version      `json:"version"`
	Sprint        *sprint       `json:"sprint"`
	Board         *object       `json:"board"`
	Configuration *object       `json:"configuration"`
	Filter        *object       `json:"filter"`
	Property      struct {
		Key string `json:"key"`
	} `json:"property"`
}

// host is the site's, from the link that the first entity of the body has to
// itself; "" if none has one.
func (p *payload) host() string {
	for _, self := range p.links() {
		if u, err := url.Parse(self); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}

func (p *payload) links() []string {
	var all []string
	if p.Issue != nil {
		all = append(all, p.Issue.Self)
	}
	if p.Comment != nil {
		all = append(all, p.Comment.Self)
	}
	if p.Worklog != nil {
		all = append(all, p.Worklog.Self)
	}
	if p.Project != nil {
		all = append(all, p.Project.Self)
	}
	if p.Version != nil {
		all = append(all, p.Version.Self)
	}
	if p.Sprint != nil {
		all = append(all, p.Sprint.Self)
	}
	for _, o := range []*object{p.Attachment, p.Board, p.Configuration, p.Filter} {
		if o != nil {
			all = append(all, o.Self)
		}
	}
	if p.User != nil {
		all = append(all, p.User.Self)
	}
	return all
}

// object is what the entities of the REST API have in common.
type object struct {
	ID   source.NativeID `json:"id"`
	Self string          `json:"self"`
}

// user is an account of Cloud (accountId, accountType) or Data Center (key, name).
type user struct {
	Self        string `json:"self"`
	AccountID   string `json:"accountId"`
	AccountType string `json:"accountType"`
	Key         string `json:"key"`
	Name        string `json:"name"`
}

type issue struct {
	object
	Key    string      `json:"key"`
	Fields issueFields `json:"fields"`
}

type issueFields struct {
	Summary     string      `json:"summary"`
	Description document    `json:"description"`
	Status      status      `json:"status"`
	IssueType   named       `json:"issuetype"`
	Priority    named       `json:"priority"`
	Resolution  named       `json:"resolution"`
	Labels      []string    `json:"labels"`
	Assignee    *user       `json:"assignee"`
	Reporter    *user       `json:"reporter"`
	Creator     *user       `json:"creator"`
	Created     source.Time `json:"created"`
	// The issue's comments, where the body has the whole issue.
	Comments *struct{} `json:"comment"`
}

type named struct {
	Name string `json:"name"`
}

type status struct {
	Name     string `json:"name"`
	Category struct {
		Key string `json:"key"`
	} `json:"statusCategory"`
}

type project struct {
	object
	Key string `json:"key"`
}

type comment struct {
	object
	Body         document    `json:"body"`
	Author       *user       `json:"author"`
	UpdateAuthor *user       `json:"updateAuthor"`
	Created      source.Time `json:"created"`
	Updated      source.Time `json:"updated"`
}

type worklog struct {
	object
	IssueID      source.NativeID `json:"issueId"`
	Comment      document        `json:"comment"`
	Author       *user           `json:"author"`
	UpdateAuthor *user           `json:"updateAuthor"`
	Seconds      int64           `json:"timeSpentSeconds"`
}

type issueLink struct {
	object
	SourceID source.NativeID `json:"sourceIssueId"`
	TargetID source.NativeID `json:"destinationIssueId"`
	Type     named           `json:"issueLinkType"`
}

type version struct {
	object
	Name        string          `json:"name"`
	Description document        `json:"description"`
	Released    bool            `json:"released"`
	Archived    bool            `json:"archived"`
	ProjectID   source.NativeID `json:"projectId"`
}

type sprint struct {
	object
	Name     string          `json:"name"`
	Goal     string          `json:"goal"`
	State    string          `json:"state"`
	BoardID  source.NativeID `json:"originBoardId"`
	Start    source.Time     `json:"startDate"`
	End      source.Time     `json:"endDate"`
	Complete source.Time     `json:"completeDate"`
}

type changelog struct {
	ID    source.NativeID `json:"id"`
	Items []change        `json:"items"`
}

type change struct {
	Field      string `json:"field"`
	FieldID    string `json:"fieldId"`
	FieldType  string `json:"fieldtype"`
	From       string `json:"from"`
	FromString string `json:"fromString"`
	To         string `json:"to"`
	ToString   string `json:"toString"`
}

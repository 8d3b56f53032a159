package jira

import "github.com/switchyard-dev/switchyard/services/ingress/internal/source"

// The structs name only what an event is made of.
// Source of the shapes: developer.atlassian.com, Jira Cloud platform, "Webhooks".

type payload struct {
	Timestamp    source.Millis `json:"timestamp"`
	WebhookEvent string        `json:"webhookEvent"`
	TypeName     string        `json:"issue_event_type_name"`
	User         *user         `json:"user"`
	Issue        *issue        `json:"issue"`
	Comment      *comment      `json:"comment"`
	Changelog    changelog     `json:"changelog"`
	Project      *project      `json:"project"`
}

// user is an account of Cloud (accountId, accountType) or Data Center (key, name).
type user struct {
	AccountID   string `json:"accountId"`
	AccountType string `json:"accountType"`
	Key         string `json:"key"`
	Name        string `json:"name"`
}

type issue struct {
	ID     source.NativeID `json:"id"`
	Key    string          `json:"key"`
	Self   string          `json:"self"`
	Fields issueFields     `json:"fields"`
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
	Project     *project    `json:"project"`
	Created     source.Time `json:"created"`
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
	Key string `json:"key"`
}

type comment struct {
	ID           source.NativeID `json:"id"`
	Body         document        `json:"body"`
	Author       *user           `json:"author"`
	UpdateAuthor *user           `json:"updateAuthor"`
	Created      source.Time     `json:"created"`
	Updated      source.Time     `json:"updated"`
}

type changelog struct {
	ID    source.NativeID `json:"id"`
	Items []change        `json:"items"`
}

type change struct {
	Field      string `json:"field"`
	FieldID    string `json:"fieldId"`
	From       string `json:"from"`
	FromString string `json:"fromString"`
	To         string `json:"to"`
	ToString   string `json:"toString"`
}

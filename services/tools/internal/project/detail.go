package project

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// The observations that an event of a kind adds to the one that its kind names.
// Their names are API: docs/memory.md lists them.
const (
	DeploymentEnvironment = "deployment.environment"
	DeploymentSHA         = "deployment.head_sha"
	DeploymentRef         = "deployment.ref"
	ChangeBase            = "change.base"
	ChangeOpenedAt        = "change.opened_at"
	CommitBefore          = "commit.before"
	CommitForced          = "commit.forced"
	IssueState            = "issue.state"
)

// detail is one further observation, with the subject, the occurrence and the
// time of the first; there is none where its value is "".
type detail struct {
	name  string
	value func(*eventv1.WebhookEvent) string
}

// details are few: each is a row that the commit of every such event writes.
func details(kind string) []detail {
	of := func(name string) func(*eventv1.WebhookEvent) string {
		return func(e *eventv1.WebhookEvent) string { return field(e, name) }
	}
	switch kind {
	case "deployment.finished":
		return []detail{{DeploymentEnvironment, of("environment")}, {DeploymentSHA, of("head_sha")}, {DeploymentRef, of("ref")}}
	case "change.merged":
		return []detail{{ChangeBase, of("base")}, {ChangeOpenedAt, of("created_at")}}
	case "commit.pushed":
		return []detail{{CommitBefore, of("before")}, {CommitForced, forced}}
	case "issue.created", "issue.transitioned", "issue.closed":
		return []detail{{IssueState, issueState}}
	}
	return nil
}

// forced is told of pushes only that took commits away.
func forced(e *eventv1.WebhookEvent) string {
	if field(e, "forced") == "true" {
		return "true"
	}
	return ""
}

// issueState is open or closed for all providers: Jira's statuses are the
// site's own words, their categories are Jira's.
func issueState(e *eventv1.WebhookEvent) string {
	switch category, status := field(e, "status_category"), field(e, "status"); {
	case category == "done", category == "" && status == "closed":
		return "closed"
	case category != "" && category != "undefined", status == "open":
		return "open"
	}
	return ""
}

package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// propertyKey is the entity property that holds the effect_key: part of what it
// marks from the moment that is made, and shown to nobody.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/jira-entity-properties/
const propertyKey = "switchyard"

// CreateIssue is jira.create_issue: a new issue, marked by a property.
//
// Jira has no consistent list of issues: its search is behind by a moment, and
// takes only issues that are known already to be read afresh. So a look that
// finds the marked issue is sure, and one that doesn't find it is not. On Data
// Center a search returns no properties, and nothing is looked for.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/
type CreateIssue struct{ *Site }

var _ action.Action = CreateIssue{}

// Input returns an empty JiraCreateIssueInput.
func (CreateIssue) Input() proto.Message { return &toolsv1.JiraCreateIssueInput{} }

// Run creates the issue.
func (c CreateIssue) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.JiraCreateIssueInput)
	if !ok {
		return nil, fmt.Errorf("jira.create_issue: input is %T", input)
	}
	post := c.request(in, cmd.GetEffectKey())
	effect := action.Effect{
		Before:   []action.Read{c.whoActs("")},
		Request:  &post,
		LookOnly: true,
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			return c.create(ctx, client, in.GetProject(), post)
		},
	}
	if !c.dataCenter {
		effect.Look = func(ctx context.Context, client *http.Client) (*action.Found, error) {
			return c.find(ctx, client, in.GetProject(), cmd.GetEffectKey())
		}
	}
	return c.provider.Perform(ctx, cmd, effect)
}

func (c CreateIssue) request(in *toolsv1.JiraCreateIssueInput, effectKey string) action.Request {
	fields := map[string]any{
		"project":   map[string]any{"key": in.GetProject()},
		"issuetype": map[string]any{"name": in.GetIssueType()},
		"summary":   line(in.GetSummary()),
	}
	if in.GetDescription() != "" {
		fields["description"] = c.text(in.GetDescription())
	}
	return action.Request{
		Method: http.MethodPost,
		URL:    c.api("") + "/issue",
		Header: header(),
		Body:   map[string]any{"fields": fields, "properties": []any{property(effectKey)}},
	}
}

func property(effectKey string) map[string]any {
	return map[string]any{"key": propertyKey, "value": map[string]any{"effect_key": effectKey}}
}

// marker is the value of our property.
type marker struct {
	EffectKey string `json:"effect_key"`
}

func (c CreateIssue) create(ctx context.Context, client *http.Client, project string, post action.Request) (*action.Found, error) {
	account, err := c.account(ctx, client)
	if err != nil {
		return nil, err
	}
	var made struct {
		Key string `json:"key"`
	}
	if err := send(ctx, client, post, &made); err != nil {
		return nil, err
	}
	if made.Key == "" {
		return nil, action.Unsure("Jira doesn't say which issue it made in %s", project)
	}
	found := c.made(made.Key)
	found.Account = account
	return found, nil
}

func (c CreateIssue) made(key string) *action.Found {
	ref := "jira:issue:" + key
	return &action.Found{Ref: ref, URL: c.pages.of(ref)}
}

// find looks at the issues that this account made last in the project.
func (c CreateIssue) find(ctx context.Context, client *http.Client, project, effectKey string) (*action.Found, error) {
	query := url.Values{
		"jql":        {fmt.Sprintf("project = %q AND creator = currentUser() ORDER BY created DESC", project)},
		"fields":     {"created"},
		"properties": {propertyKey},
		"maxResults": {"50"},
	}
	var list struct {
		Issues []struct {
			Key        string `json:"key"`
			Properties struct {
				Switchyard marker `json:"switchyard"`
			} `json:"properties"`
		} `json:"issues"`
	}
	if err := get(ctx, client, c.api("")+"/search/jql?"+query.Encode(), &list); err != nil {
		return nil, err
	}
	for _, is := range list.Issues {
		if is.Properties.Switchyard.EffectKey == effectKey && is.Key != "" {
			return c.made(is.Key), nil
		}
	}
	return nil, action.Unsure("Jira's search has no such issue among the last 50 of this account in %s; it may be behind", project)
}

package jira

import (
	"context"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// Assign is jira.assign: it makes somebody an issue's assignee.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
type Assign struct{ *Site }

var _ action.Action = Assign{}

// Input returns an empty JiraAssignInput.
func (Assign) Input() proto.Message { return &toolsv1.JiraAssignInput{} }

// Run assigns the issue, by accountId on Cloud and by name on Data Center.
func (a Assign) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.JiraAssignInput)
	if !ok {
		return nil, fmt.Errorf("jira.assign: input is %T", input)
	}
	is, err := a.issue(in.GetTarget())
	if err != nil {
		return nil, err
	}
	field := "accountId"
	if a.dataCenter {
		field = "name"
	}
	put := action.Request{
		Method: http.MethodPut,
		URL:    is.url + "/assignee",
		Header: header(),
		Body:   map[string]any{field: in.GetAssignee()},
	}
	return a.provider.Perform(ctx, cmd, action.Effect{
		Instance: is.instance,
		Before:   []action.Read{{URL: is.url + "?fields=assignee", Why: is.key + " assigned so already is done"}, a.whoActs(is.instance)},
		Request:  &put,
		Look: func(ctx context.Context, client *http.Client) (*action.Found, error) {
			return a.assignedTo(ctx, client, is, in.GetAssignee())
		},
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			account, err := a.account(ctx, client)
			if err != nil {
				return nil, err
			}
			if err := send(ctx, client, put, nil); err != nil {
				return nil, err
			}
			return &action.Found{Ref: is.ref, URL: is.page, Account: account}, nil
		},
	})
}

// assignedTo finds the issue if it is assigned to that account.
func (a Assign) assignedTo(ctx context.Context, client *http.Client, is issue, assignee string) (*action.Found, error) {
	var now struct {
		Fields *struct {
			Assignee *person `json:"assignee"`
		} `json:"fields"`
	}
	if err := get(ctx, client, is.url+"?fields=assignee", &now); err != nil {
		return nil, err
	}
	if now.Fields == nil {
		return nil, action.Unsure("Jira doesn't say who %s is assigned to", is.key)
	}
	who := now.Fields.Assignee
	if who == nil || who.AccountID != assignee && (!a.dataCenter || who.Name != assignee) {
		return nil, nil
	}
	return &action.Found{Ref: is.ref, URL: is.page}, nil
}

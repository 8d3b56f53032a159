package jira

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// Transition is jira.transition: it moves an issue to a status, by the
// transition that leads there from where the issue is.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
type Transition struct{ *Site }

var _ action.Action = Transition{}

// Input returns an empty JiraTransitionInput.
func (Transition) Input() proto.Message { return &toolsv1.JiraTransitionInput{} }

// Run moves the issue. Of two transitions to one status neither is taken.
func (t Transition) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.JiraTransitionInput)
	if !ok {
		return nil, fmt.Errorf("jira.transition: input is %T", input)
	}
	is, err := t.issue(in.GetTarget())
	if err != nil {
		return nil, err
	}
	post := action.Request{
		Method: http.MethodPost,
		URL:    is.url + "/transitions",
		Header: header(),
		Body:   transitionTo(fmt.Sprintf("{id of the transition to %s}", in.GetStatus())),
	}
	return t.provider.Perform(ctx, cmd, action.Effect{
		Instance: is.instance,
		Before: []action.Read{
			{URL: is.url + "?fields=status", Why: fmt.Sprintf("%s already in %s is done", is.key, in.GetStatus())},
			{URL: is.url + "/transitions", Why: "ids belong to the issue's workflow: the one whose to.name is the status"},
			t.whoActs(is.instance),
		},
		Request: &post,
		Look: func(ctx context.Context, client *http.Client) (*action.Found, error) {
			return t.inStatus(ctx, client, is, in.GetStatus())
		},
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			return t.move(ctx, client, is, in.GetStatus(), post)
		},
	})
}

func transitionTo(id string) map[string]any {
	return map[string]any{"transition": map[string]any{"id": id}}
}

// inStatus finds the issue if it is in the status.
func (t Transition) inStatus(ctx context.Context, client *http.Client, is issue, status string) (*action.Found, error) {
	var now struct {
		Fields struct {
			Status struct {
				Name string `json:"name"`
			} `json:"status"`
		} `json:"fields"`
	}
	if err := get(ctx, client, is.url+"?fields=status", &now); err != nil {
		return nil, err
	}
	if now.Fields.Status.Name == "" {
		return nil, action.Unsure("Jira doesn't say in which status %s is", is.key)
	}
	if !strings.EqualFold(now.Fields.Status.Name, status) {
		return nil, nil
	}
	return &action.Found{Ref: is.ref, URL: is.page}, nil
}

func (t Transition) move(ctx context.Context, client *http.Client, is issue, status string, post action.Request) (*action.Found, error) {
	var list struct {
		Transitions []transition `json:"transitions"`
	}
	if err := get(ctx, client, is.url+"/transitions", &list); err != nil {
		return nil, err
	}
	way, err := leadingTo(status, list.Transitions)
	if err != nil {
		return nil, action.Refuse("%s: %v", is.key, err)
	}
	account, err := t.account(ctx, client)
	if err != nil {
		return nil, err
	}
	post.Body = transitionTo(way.ID)
	if err := send(ctx, client, post, nil); err != nil {
		return nil, err
	}
	return &action.Found{Ref: is.ref, URL: is.page, Account: account}, nil
}

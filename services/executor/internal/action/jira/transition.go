package jira

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// Transition is jira.transition: it moves an issue to a status, by the
// transition that leads there from where the issue is.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
type Transition struct{}

var _ action.Action = Transition{}

// Input returns an empty JiraTransitionInput.
func (Transition) Input() proto.Message { return &toolsv1.JiraTransitionInput{} }

// Run answers dry_run with the request: this executor has no Jira token.
func (Transition) Run(_ context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.JiraTransitionInput)
	if !ok {
		return nil, fmt.Errorf("jira.transition: input is %T", input)
	}
	issue, key, err := issueURL(in.GetTarget())
	if err != nil {
		return nil, err
	}
	return action.WithoutToken(cmd, action.Request{
		Method: "POST",
		URL:    issue + "/transitions",
		Header: header(),
		Body: map[string]any{
			"transition": map[string]any{"id": fmt.Sprintf("{id of the transition to %s}", in.GetStatus())},
		},
		Before: []action.Read{
			{URL: issue + "?fields=status", Why: fmt.Sprintf("%s already in %s is done", key, in.GetStatus())},
			{URL: issue + "/transitions", Why: "ids belong to the issue's workflow: the one whose to.name is the status"},
		},
	})
}
